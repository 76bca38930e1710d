"""What the pages beside the cases make of addresses, deeds and conditions before drawing them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from moderator.domain.access import Actor, Role
from moderator.domain.decision import ActionState
from moderator.domain.rule import Severity
from moderator.ledger.actions.requeueing import BURIED
from moderator.ledger.audit import AuditRow, Deed
from moderator.ledger.counting.counted import Period
from moderator.ledger.records import Status
from moderator.web.console import health
from moderator.web.console.addresses import Chip, address, chips
from moderator.web.console.audit import AuditAsked
from moderator.web.console.catalogue import catalogues
from moderator.web.console.deeds import facts, place_of, subject_of, told
from moderator.web.console.outbox import GROUPS, ActionsAsked, group_of
from moderator.web.console.statistics import StatisticsAsked
from moderator.web.health import Condition, Part

CHINESE = catalogues()["zh"]
SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 3, 2)
ACTOR = Actor(name="li", roles=frozenset({Role.VIEWER}), departments=frozenset({7}))


def test_address() -> None:
    """What is empty is left out of an address, and one filter can be changed."""
    asked = {"text": "发票 a&b", "category": "", "ids": [1, 2]}

    assert address("/x", asked, ids=None) == "/x?text=%E5%8F%91%E7%A5%A8+a%26b"
    assert address("/x", asked, text=None) == "/x?ids=1&ids=2"
    assert address("/x", {}) == "/x"


def test_chips() -> None:
    """A chip leads to the page without its filter and with all others."""
    asked = {"text": "a", "category": "b"}

    assert chips("/x", asked, [("text", "A")]) == [Chip("A", "/x?category=b")]


@pytest.mark.parametrize(
    ("asked", "period"),
    [
        ({}, Period(date(2026, 2, 3), date(2026, 3, 3))),
        ({"since": "2026-02-01"}, Period(date(2026, 2, 1), date(2026, 3, 3))),
        ({"until": "2026-01-28"}, Period(date(2026, 1, 1), date(2026, 1, 29))),
        (
            {"since": "2026-01-05", "until": "2026-01-05"},
            Period(date(2026, 1, 5), date(2026, 1, 6)),
        ),
        # From the future until today is today, and nobody counts for ever.
        ({"since": "2027-01-01"}, Period(date(2026, 3, 2), date(2026, 3, 3))),
        ({"since": "2001-01-01"}, Period(date(2023, 2, 27), date(2026, 3, 3))),
    ],
)
def test_period(asked: dict[str, str], period: Period) -> None:
    """A period is four weeks until today unless days are named; the last day belongs to it."""
    assert StatisticsAsked.model_validate(asked).period(TODAY) == period


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-02-02", "until": "2026-02-01"},
        {"since": "2001-01-01", "until": "2026-02-01"},
        {"since": "1999-01-01"},
        {"colour": "blue"},
        {"unit": "hour"},
    ],
)
def test_statistics_that_mean_nothing(asked: dict[str, str]) -> None:
    """What means nothing is refused."""
    with pytest.raises(ValidationError):
        StatisticsAsked.model_validate(asked)


def test_statistics_filter() -> None:
    """Empty fields of the form fit any; the bound of whoever asks is always set."""
    asked = StatisticsAsked.model_validate(
        {"severity": "high", "status": "open", "department": "", "category": ""}
    )

    wanted = asked.as_filter(ACTOR)

    assert (wanted.severity, wanted.statuses) == (Severity.HIGH, (Status.OPEN,))
    assert (wanted.department, wanted.category, wanted.bound) == (None, None, frozenset({7}))


def test_audit_days() -> None:
    """Days are those of the reader's zone, and the last one is meant as a whole."""
    asked = AuditAsked.model_validate({"since": "2026-03-01", "until": "2026-03-01"})

    wanted = asked.as_filter(SHANGHAI)

    assert wanted.since == datetime(2026, 2, 28, 16, tzinfo=UTC)
    assert wanted.until
    assert wanted.until - wanted.since == timedelta(days=1)


@pytest.mark.parametrize(
    ("subject", "place"),
    [
        ("violation/17", "/console/cases/17"),
        ("person/wang/../x", "/console/people/wang%2F..%2Fx"),
        ("job/3", "/console/jobs/3"),
        ("person/", ""),
        ("pause/3", ""),
        ("", ""),
    ],
)
def test_place_of_a_subject(subject: str, place: str) -> None:
    """A subject leads to its page, if it has one, and nowhere else."""
    assert place_of(subject) == place


def test_deed_in_words() -> None:
    """A deed is told in the reader's language; one that nobody wrote words for as it is."""

    def words(action: str) -> str:
        deed = Deed(actor="li", action=action)
        row = AuditRow(number=1, at=datetime.now(UTC), deed=deed, previous=b"", hash=b"")
        return told(row, CHINESE)

    assert words("violation.dismissed") == "判为误报或撤销"
    assert words("something.new") == "something.new"


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("violation/17", "案件 #17"),
        ("audit", "审计日志"),
        ("rulebook/" + "3f" * 32, "规则集 3f3f3f3f3f3f"),
        ("thing/9", "thing/9"),
        ("", ""),
    ],
)
def test_subject_in_words(subject: str, told: str) -> None:
    """What a deed was done to is called as the pages call it."""
    assert subject_of(subject, CHINESE) == told


def test_facts_of_a_deed() -> None:
    """What a deed says besides has names in words; what is empty is left out."""
    detail: dict[str, Any] = {
        "reason": "错判",
        "filter": {"states": ["failed"]},
        "errcode": None,
        "unmasked": False,
        "roles": ["auditor", "odd"],
        "version": 3,
        "odd": [1, 2],
    }

    assert facts(detail, CHINESE) == [
        ("理由", "错判"),
        ("条件", "states: failed"),
        ("角色", "审计员, odd"),
        ("odd", "1, 2"),
    ]


def test_worst_part_first() -> None:
    """What fails comes first, and only what is wrong says what to do."""
    parts = {
        "database": Part(Condition.OK, facts={"revision": "0012"}),
        "outbox": Part(Condition.DEGRADED, "paused", {"pauses": ["desk"], "oldest": None}),
        "spool": Part(Condition.FAILING, "full"),
        "new_part": Part(Condition.DISABLED),
    }

    told = health.described(parts, CHINESE)

    assert [one.name for one in told] == ["spool", "outbox", "database", "new_part"]
    assert [bool(one.todo) for one in told] == [True, True, False, False]
    assert told[1].facts == (("暂停", "desk"),)
    assert told[2].facts == (("结构版本", "0012"),)
    assert told[3].title == "new_part"


def test_every_state_has_its_group() -> None:
    """What waits and what was given up is in one group each; what is done is in none."""
    groups = {state: group_of(state) for state in ActionState}

    assert groups[ActionState.SENDING] == "waiting"
    assert {groups[state] for state in BURIED} == {"failed", "expired", "unsupported"}
    assert groups[ActionState.ACCEPTED] == groups[ActionState.CANCELLED] == ""
    assert set(GROUPS) >= set(groups.values()) - {""}


def test_actions_without_a_group() -> None:
    """Without a group all that is not done is meant."""
    states = ActionsAsked.model_validate({"group": "", "kind": ""}).as_filter().states

    assert ActionState.PROPOSED in states
    assert ActionState.FAILED in states
    assert ActionState.ACCEPTED not in states
