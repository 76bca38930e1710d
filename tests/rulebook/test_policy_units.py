"""Units, offsets, exemptions, approval and quiet hours out of policy.yaml."""

from datetime import date, time, timedelta

import pytest

from moderator.domain.decision import ActionKind
from moderator.domain.rule import Severity
from moderator.policy.policy import (
    NOTICES,
    Conversion,
    Exemption,
    Hours,
    Measure,
    Offset,
    Policy,
    QuietHours,
    Unit,
)
from moderator.rulebook.documents import parse
from moderator.rulebook.policies import read_policy

POLICY = """\
documents:
  - {id: s3, title: 群管理制度, version: "2021"}
clauses:
  - {id: s3-1, document: s3, number: 第八条, text: 警告一次}
timezone: Europe/Berlin
approval: {propose_to_hr: true}
quiet_hours:
  hours: {start: "22:00", end: "07:30", days: [fri, sat]}
  urgent: [critical]
units:
  - {id: warning, title: 警告, lapses: 365d}
  - {id: demerit, title: 记过}
conversions:
  - {id: three, of: warning, count: 3, into: demerit}
  - {id: out, of: demerit, count: 3, actions: [{do: propose_to_hr, detail: 辞退}], clauses: [s3-1]}
offsets:
  - {merit: praise, title: 嘉奖, of: warning, count: 2, waits: 30d}
exemptions:
  - {id: drill, reason: 演练, until: "2026-12-31", people: [zhangsan], departments: [12]}
  - {id: night, reason: 值班, since: "2026-01-01", until: "2026-12-31", hours: {start: "20:00",
     end: "06:00"}}
ladders:
  - id: all
    rungs:
      - at: 1
        actions: [warn_sender, {do: remove_from_group, approval: false}]
        units: {warning: 1}
"""


def read(text: str) -> tuple[Policy | None, list[tuple[int, str]]]:
    document, _ = parse(text, file="policy.yaml")
    policy, faults = read_policy(document)
    return policy, [(fault.line, fault.message) for fault in faults]


@pytest.fixture
def policy() -> Policy:
    policy, faults = read(POLICY)
    assert faults == []
    assert policy is not None
    return policy


def test_units_conversions_and_offsets_are_read(policy: Policy) -> None:
    """Spans of time, counts and what is called for, by their ids."""
    assert policy.units == {
        "warning": Unit(id="warning", title="警告", lapses=timedelta(days=365)),
        "demerit": Unit(id="demerit", title="记过"),
    }
    assert policy.conversions == (
        Conversion(id="three", of="warning", count=3, into="demerit"),
        Conversion(
            id="out",
            of="demerit",
            count=3,
            actions=(Measure(ActionKind.PROPOSE_TO_HR, "辞退"),),
            clauses=("s3-1",),
        ),
    )
    assert policy.offsets == {
        "praise": Offset(
            merit="praise", title="嘉奖", of="warning", count=2, waits=timedelta(days=30)
        )
    }


def test_a_rung_gives_units_and_names_actions_with_particulars(policy: Policy) -> None:
    """A plain name stays a kind; one with particulars is a measure."""
    (rung,) = policy.ladders[0].rungs

    assert rung.units == {"warning": 1}
    assert rung.actions == (
        ActionKind.WARN_SENDER,
        Measure(ActionKind.REMOVE_FROM_GROUP, approval=False),
    )
    assert policy.approval == {ActionKind.PROPOSE_TO_HR: True}


def test_exemptions_are_read_with_reason_and_end(policy: Policy) -> None:
    """Dates and hours are those of the policy's time zone."""
    assert policy.exemptions == (
        Exemption(
            id="drill",
            reason="演练",
            until=date(2026, 12, 31),
            timezone="Europe/Berlin",
            people=frozenset({"zhangsan"}),
            departments=frozenset({12}),
        ),
        Exemption(
            id="night",
            reason="值班",
            since=date(2026, 1, 1),
            until=date(2026, 12, 31),
            timezone="Europe/Berlin",
            hours=Hours(start=time(20), end=time(6), timezone="Europe/Berlin"),
        ),
    )


def test_quiet_hours_put_off_notices_if_nothing_else_is_said(policy: Policy) -> None:
    """Recall requests and removals are named or not put off."""
    hours = Hours(start=time(22), end=time(7, 30), timezone="Europe/Berlin", days=frozenset({4, 5}))
    assert policy.quiet_hours == QuietHours(
        hours=hours, actions=NOTICES, urgent=frozenset({Severity.CRITICAL})
    )
    assert not NOTICES & {ActionKind.ASK_RECALL, ActionKind.NOTIFY_CONFIDENTIALITY}
    assert not any(kind.destructive for kind in NOTICES)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("Europe/Berlin", "Mars/Olympus", 5, "there is no time zone `Mars/Olympus`"),
        ("Europe/Berlin", "../etc/passwd", 5, "there is no time zone"),
        ("{propose_to_hr: true}", "{notify_compliance: true}", 6, "it tells those who would agree"),
        ('"22:00"', '"25:00"', 8, "must be a time of day"),
        ('"22:00"', "22", 8, "must be a time of day"),
        ("[fri, sat]", "[fri, fri]", 8, "names something twice"),
        ("[fri, sat]", "[friday]", 8, "`quiet_hours.hours.days`"),
        (
            'start: "22:00", end: "07:30", days: [fri, sat]',
            'start: "07:00", end: "07:00"',
            8,
            "never",
        ),
        ("lapses: 365d", "lapses: a year", 11, "`units.lapses`"),
        ("id: demerit, title", "id: warning, title", 12, "the id `warning` stands twice"),
        ("into: demerit", "into: fine", 14, "there is no unit `fine`"),
        ("into: demerit", "into: warning", 14, "goes round in a circle back to `warning`"),
        ("actions: [{do: propose_to_hr, detail: 辞退}]", "into: warning", 15, "in a circle"),
        ("id: out, of: demerit", "id: out, into: demerit, of: warning", 15, "never applies"),
        (", into: demerit}", "}", 14, "leads to nothing"),
        ("detail: 辞退", "approval: true", 15, "must say in `detail`"),
        ("clauses: [s3-1]}", "clauses: [s9]}", 15, "there is no clause `s9`"),
        ("of: warning, count: 2", "of: fine, count: 2", 17, "there is no unit `fine`"),
        ("count: 2", "count: 0", 17, "`offsets.count`"),
        ('until: "2026-12-31", people', "until: never, people", 19, "must be a date"),
        ("reason: 演练, ", "", 19, "`exemptions.reason` is missing"),
        ('until: "2026-12-31", people', "people", 19, "`exemptions.until` is missing"),
        (", people: [zhangsan], departments: [12]", "", 19, "exempts everybody from everything"),
        ('since: "2026-01-01"', 'since: "2027-01-01"', 20, "ends before it begins"),
        ("id: night", "id: drill", 20, "the id `drill` stands twice"),
        ("{do: remove_from_group, approval: false}", "{do: enable_account}", 26, "dismissal"),
        (
            "{do: remove_from_group, approval: false}",
            "{do: warn_sender}",
            26,
            "names an action twice",
        ),
        ("{do: remove_from_group, approval: false}", "{remove_from_group: x}", 26, "unknown key"),
        (
            "{do: remove_from_group, approval: false}",
            "{do: notify_compliance, approval: true}",
            26,
            "it tells those who would agree",
        ),
        ("units: {warning: 1}", "units: {fine: 1}", 27, "there is no unit `fine`"),
    ],
)
def test_every_fault_has_its_line(old: str, new: str, line: int, message: str) -> None:
    """What cannot be meant is refused before it can decide about anybody."""
    assert POLICY.count(old) == 1
    policy, faults = read(POLICY.replace(old, new))

    assert policy is None
    told = [(found, said) for found, said in faults if message in said]
    assert [found for found, _ in told] == [line], faults
