"""policy.yaml to a policy."""

from datetime import timedelta

import pytest

from moderator.domain.decision import ActionKind, Clause
from moderator.domain.rule import Severity
from moderator.policy.policy import Ladder, Policy, Rung
from moderator.rulebook.documents import parse
from moderator.rulebook.policies import read_policy

POLICY = """\
documents:
  - {id: s3, title: 群管理制度, version: "2021"}
clauses:
  - {id: s3-1, document: s3, number: 第八条, text: 警告一次}
record_only: true
caps: {remove_from_group: 20}
ladders:
  - id: advertising
    categories: [advertising]
    severities: [low, high]
    window: 12h
    rungs:
      - {at: 1, actions: [warn_sender], clauses: [s3-1]}
      - {at: 2, actions: [warn_sender, remove_from_group], approval: false}
  - id: others
    rungs:
      - {at: 1, actions: []}
"""


def read(text: str) -> tuple[Policy | None, list[tuple[int, str]]]:
    document, _ = parse(text, file="policy.yaml")
    policy, faults = read_policy(document)
    return policy, [(fault.line, fault.message) for fault in faults]


def test_everything_the_file_says_is_in_the_policy() -> None:
    """Clauses carry their document's title and version, as they are quoted later."""
    policy, faults = read(POLICY)

    assert faults == []
    assert policy == Policy(
        ladders=(
            Ladder(
                id="advertising",
                categories=frozenset({"advertising"}),
                severities=frozenset({Severity.LOW, Severity.HIGH}),
                window=timedelta(hours=12),
                rungs=(
                    Rung(at=1, actions=(ActionKind.WARN_SENDER,), clauses=("s3-1",)),
                    Rung(
                        at=2,
                        actions=(ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP),
                        approval=False,
                    ),
                ),
            ),
            Ladder(id="others", window=timedelta(days=180), rungs=(Rung(at=1, actions=()),)),
        ),
        clauses={
            "s3-1": Clause(
                id="s3-1", document="群管理制度", version="2021", number="第八条", text="警告一次"
            )
        },
        caps={ActionKind.REMOVE_FROM_GROUP: 20},
        record_only=True,
    )


@pytest.mark.parametrize(
    ("window", "meant"),
    [
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("180d", timedelta(days=180)),
        ("4w", timedelta(weeks=4)),
    ],
)
def test_durations_have_a_unit(window: str, meant: timedelta) -> None:
    """Minutes, hours, days and weeks are written as people write them."""
    policy, _ = read(POLICY.replace("12h", window))

    assert policy is not None
    assert policy.ladders[0].window == meant


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("12h", "12", 11, "`ladders.window` must be text"),
        ("12h", "0d", 11, "`ladders.window`"),
        ("12h", "a year", 11, "`ladders.window`"),
        ("actions: [warn_sender],", "actions: [flog_sender],", 13, "must be 'identify_sender'"),
        ("actions: [warn_sender],", "actions: [recall_notice],", 13, "follows from a dismissal"),
        ("{remove_from_group: 20}", "{recall_notice: 20}", 6, "follows from a dismissal"),
        ("clauses: [s3-1]", "clauses: [s9-9]", 13, "there is no clause `s9-9`"),
        ("at: 2", "at: 1", 14, "rungs must rise: 1 stands after 1"),
        ("at: 1, actions: [warn", "at: 0, actions: [warn", 13, "`ladders.rungs.at`"),
        ("[warn_sender, remove", "[remove_from_group, remove", 14, "names an action twice"),
        ("document: s3", "document: s4", 4, "there is no document `s4`"),
        ("id: others", "id: advertising", 15, "the id `advertising` stands twice"),
        ("[low, high]", "[low, huge]", 10, "`ladders.severities` must be 'low'"),
        ("{remove_from_group: 20}", "{remove: 20}", 6, "`caps.remove"),
        ("{remove_from_group: 20}", "{remove_from_group: -1}", 6, "`caps.remove_from_group"),
        ("record_only", "recordonly", 5, "unknown key `recordonly`; did you mean `record_only`?"),
        ("approval: false", "approval: maybe", 14, "`ladders.rungs.approval` must be true or"),
        ("    categories: [advertising]\n    severities: [low, high]\n", "", 13, "never applies"),
        ("      - {at: 1, actions: []}\n", "", 16, "`ladders.rungs` must be a list"),
    ],
)
def test_every_fault_is_named_with_its_line(old: str, new: str, line: int, message: str) -> None:
    """A policy with a fault is no policy: half of one would decide wrongly."""
    assert POLICY.count(old) >= 1
    policy, faults = read(POLICY.replace(old, new, 1))

    assert policy is None
    assert [found for found, _ in faults] == [line]
    assert message in faults[0][1]


def test_a_file_that_says_nothing_is_no_policy() -> None:
    """An emptied file must not turn into a policy that lets everything pass."""
    assert read("")[0] is None
    assert read("ladders: []\n")[0] is None
