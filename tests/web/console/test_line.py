"""The line of cases that somebody works through, as an address."""

from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from moderator.domain.access import Actor, Role
from moderator.domain.decision import ActionState
from moderator.domain.rule import Severity
from moderator.ledger.records import Sort, Status
from moderator.web.console.line import Line
from moderator.web.problems import Refusal

ALICE = Actor(name="alice", roles=frozenset({Role.REVIEWER}))
CHINA = ZoneInfo("Asia/Shanghai")
_SEVERAL = "severity=medium&max_severity=high&whose=nobody&since=2026-03-02"


def line(query: str = "", actor: Actor = ALICE) -> Line:
    return Line.of(query, actor, CHINA)


def test_without_conditions_it_is_what_is_open_the_gravest_first() -> None:
    """That is what a reviewer wants first."""
    assert line().filter.statuses == (Status.OPEN,)
    assert line().wanted.sort is Sort.GRAVEST
    assert line().address == "/console/queue"


def test_conditions_stand_in_the_address() -> None:
    """An address can be kept, sent on, and means the same list."""
    found = line("severity=high&category=abuse&text=%E7%8E%8B%E7%A3%8A&proposed=1&status=any")

    assert found.filter.severity is Severity.HIGH
    assert found.filter.category == "abuse"
    assert found.filter.text == "王磊"
    assert found.filter.action_states == (ActionState.PROPOSED,)
    assert found.filter.statuses == ()
    assert line(urlsplit(found.address).query) == found


def test_days_are_those_of_the_person() -> None:
    """The last day is part of the range."""
    found = line("since=2026-03-02&until=2026-03-02").filter

    assert found.sent_from == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert found.sent_until == datetime(2026, 3, 2, 16, tzinfo=UTC)


def test_nobody_sees_beyond_their_departments() -> None:
    """Whatever the address says."""
    bound = Actor(name="bob", roles=ALICE.roles, departments=frozenset({7}))

    assert line("department=3", bound).filter.bound == frozenset({7})


@pytest.mark.parametrize(
    ("whose", "assignee", "escalated"),
    [("mine", "alice", None), ("asked", None, "alice"), ("nobody", "", None), ("", None, None)],
)
def test_cases_can_be_those_of_the_visitor(
    whose: str, assignee: str | None, escalated: str | None
) -> None:
    """Mine, escalated to me, or nobody's."""
    found = line(f"whose={whose}").filter

    assert (found.assignee, found.escalated_to) == (assignee, escalated)


@pytest.mark.parametrize(
    "query",
    [
        "severity=huge",
        "status=lost",
        "department=-1",
        "since=yesterday",
        "since=9999-12-31",
        "sort=random",
        "trail=1.x.",
        "sender=%00",
        "severty=high",
        "&".join(f"severity=high{n}" for n in range(60)),
    ],
)
def test_what_means_nothing_is_refused(query: str) -> None:
    """A misspelt condition must not silently list everything."""
    with pytest.raises(Refusal) as refused:
        line(query)

    assert refused.value.status_code == 422


def test_the_way_back_is_remembered_case_by_case() -> None:
    """`K` leads back through the cases that somebody came by."""
    found = line("severity=high").past(11).past(12)

    assert found.previous == "/console/cases/12?severity=high&trail=11."
    assert line(urlsplit(found.previous).query).previous == "/console/cases/11?severity=high"
    assert line().previous == ""


def test_the_way_back_is_short() -> None:
    """An address has an end."""
    found = line()
    for number in range(100):
        found = found.past(number)

    assert len(found.wanted.trail) < 100
    assert found.previous.startswith("/console/cases/99?")


def test_the_list_forgets_the_way_back() -> None:
    """The cases one came by are no condition."""
    assert line().past(11).address == "/console/queue"
    assert line().past(11).narrowed == ()


def test_an_export_has_the_same_conditions() -> None:
    """What you see is what you export."""
    address = urlsplit(line(_SEVERAL).export("csv"))

    assert address.path == "/api/v1/exports/violations.csv"
    assert parse_qs(address.query, keep_blank_values=True) == {
        "status": ["open"],
        "severity": ["medium"],
        "max_severity": ["high"],
        "assignee": [""],
        "sent_after": ["2026-03-02T00:00:00+08:00"],
        "time_zone": ["Asia/Shanghai"],
    }


def test_what_the_page_says_beside_it_is_no_condition() -> None:
    """A message, a job and the place in the list change nothing about which cases are meant."""
    assert line("severity=high&done=confirmed&of=3&version=2&job=7&cursor=x") == line(
        "severity=high"
    )
