"""What people ask of the desk, and what each question costs PostgreSQL and the service."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any, Final

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.rule import Severity
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.counting.counted import Dimension, Period
from moderator.ledger.counting.days import CHINA
from moderator.ledger.counting.rule_health import RuleHealths
from moderator.ledger.counting.statistics import Statistics, Unit
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.chats import Chats
from moderator.ledger.directory.offenders import Registry
from moderator.ledger.records import ActionFilter, Sort, Status, ViolationFilter

LIMIT: Final = 50
OPEN: Final = (Status.OPEN,)

Asked = Callable[[], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Search:
    """A list as somebody would ask for it."""

    told: str
    wanted: ViolationFilter
    sort: Sort = Sort.NEWEST


def searches(until: datetime) -> Sequence[Search]:
    """Every filter, and the combinations that a working day is made of."""
    week, f = until - timedelta(days=7), ViolationFilter
    rare = "rule-297"
    return (
        Search("everything, newest", f()),
        Search("everything, oldest", f(), Sort.OLDEST),
        Search("everything, gravest", f(), Sort.GRAVEST),
        Search("sent in one week", f(sent_from=week, sent_until=until)),
        Search("recorded in one week", f(recorded_from=week, recorded_until=until)),
        Search("a loud person", f(sender="u000001")),
        Search("a quiet person", f(sender="u040000")),
        Search("a loud person, gravest", f(sender="u000001"), Sort.GRAVEST),
        Search("a division (department)", f(department=2)),
        Search("a department", f(department=50)),
        Search("a team (department)", f(department=700)),
        Search("a busy chat", f(chat="wrOgMadeUpChat000001")),
        Search("a quiet chat", f(chat="wrOgMadeUpChat020000")),
        Search("an app", f(app="kf")),
        Search("a category", f(category="gambling")),
        Search("critical", f(severity=Severity.CRITICAL)),
        Search("a rule that hits much", f(rule="rule-001")),
        Search("a rule that hits little", f(rule=rare)),
        Search("a clause", f(clause="s7")),
        Search("open", f(statuses=OPEN)),
        Search("dismissed", f(statuses=(Status.DISMISSED,))),
        Search("an assignee", f(assignee="reviewer-3")),
        Search("nobody's", f(assignee="")),
        Search("a leaked secret (fingerprint)", f(fingerprint=_fingerprint(150_000))),
        Search("with a proposal (action state)", f(action_states=(ActionState.PROPOSED,))),
        Search("with a failed action", f(action_states=(ActionState.FAILED,))),
        Search("with a removal (action kind)", f(action_kind=ActionKind.REMOVE_FROM_GROUP)),
        Search("a name (text)", f(text="赵伟一")),
        Search("a department's name (text)", f(text="小组700")),
        Search("a note (text)", f(text="工单4850000")),
        Search("an id (text)", f(text="4850000")),
        Search("QUEUE: open, gravest", f(statuses=OPEN), Sort.GRAVEST),
        Search("queue of a category", f(statuses=OPEN, category="fraud"), Sort.GRAVEST),
        Search("queue of an app", f(statuses=OPEN, app="kf"), Sort.GRAVEST),
        Search("my queue", f(statuses=OPEN, assignee="reviewer-3"), Sort.GRAVEST),
        Search("nobody's queue", f(statuses=OPEN, assignee=""), Sort.GRAVEST),
        Search("grave queue", f(statuses=OPEN, assignee="", severity=Severity.HIGH), Sort.GRAVEST),
        Search("queue of a division's admin", f(statuses=OPEN, bound=frozenset({3})), Sort.GRAVEST),
        Search(
            "queue of a department's admin", f(statuses=OPEN, bound=frozenset({50})), Sort.GRAVEST
        ),
        Search("queue of a team's admin", f(statuses=OPEN, bound=frozenset({700})), Sort.GRAVEST),
        Search("a person in a chat", f(sender="u000001", chat="wrOgMadeUpChat000001")),
        Search("dismissed of a rule", f(rule="rule-003", statuses=(Status.DISMISSED,))),
        Search(
            "grave, of a category, this week",
            f(category="leak", severity=Severity.HIGH, sent_from=week),
        ),
        Search(
            "a department's proposals",
            f(bound=frozenset({50}), action_states=(ActionState.PROPOSED,)),
        ),
        Search(
            "confirmed and critical of a department",
            f(department=50, statuses=(Status.CONFIRMED,), severity=Severity.CRITICAL),
        ),
    )


def others(engine: Engine) -> Mapping[str, Asked]:
    """Lists that are not of violations."""
    registry, chats, outbox = Registry(engine, "made"), Chats(engine), Outbox(engine)
    return {
        "people": lambda: registry.page(limit=LIMIT),
        "people, from the middle": lambda: registry.page(after="u030000", limit=LIMIT),
        "people of a department's admin": lambda: registry.page(bound=frozenset({50}), limit=LIMIT),
        "people of a division's admin": lambda: registry.page(bound=frozenset({3}), limit=LIMIT),
        "people of a division's admin, from the middle": lambda: registry.page(
            bound=frozenset({3}), after="u030000", limit=LIMIT
        ),
        "people of a department, for a division's admin": lambda: registry.page(
            department=25, bound=frozenset({3}), limit=LIMIT
        ),
        "people by name": lambda: registry.page(text="赵伟", limit=LIMIT),
        "people by a common name": lambda: registry.page(text="赵", limit=LIMIT),
        "people by name, of a division's admin": lambda: registry.page(
            text="赵", bound=frozenset({3}), limit=LIMIT
        ),
        "one person": lambda: registry.one("u000001"),
        "chats": lambda: chats.page(limit=LIMIT),
        "chats, from the middle": lambda: chats.page(after="wrOgMadeUpChat015000", limit=LIMIT),
        "actions": lambda: outbox.list(limit=LIMIT),
        "actions, failed": lambda: outbox.list(
            ActionFilter(states=(ActionState.FAILED,)), limit=LIMIT
        ),
        "actions of a person": lambda: outbox.list(ActionFilter(sender="u000001"), limit=LIMIT),
    }


def statistics(engine: Engine, until: datetime) -> Mapping[str, Asked]:
    """Every statistic, over a month and over a year."""
    told, healths = Statistics(engine), RuleHealths(engine)
    end = until.astimezone(CHINA).date() + timedelta(days=1)
    month, year = (Period(end - timedelta(days=days), end) for days in (30, 365))
    division = ViolationFilter(bound=frozenset({3}))
    casino = ViolationFilter(bound=frozenset({50}), category="gambling")
    return {
        "total, a year": lambda: told.total(year),
        "by day, a month": lambda: told.timeline(month, Unit.DAY),
        "by week, a year": lambda: told.timeline(year, Unit.WEEK),
        "by month, a year": lambda: told.timeline(year, Unit.MONTH),
        "by day, a month, a division": lambda: told.timeline(month, Unit.DAY, division),
        "by month, a year, a division": lambda: told.timeline(year, Unit.MONTH, division),
        "by day, a month, a category of a department": lambda: told.timeline(
            month, Unit.DAY, casino
        ),
        **{
            f"by {by.value}, a month and the one before": _shares(told, month, by)
            for by in Dimension
        },
        **{
            f"by {by.value}, a year and the one before": _shares(told, year, by)
            for by in (Dimension.CATEGORY, Dimension.RULE, Dimension.DEPARTMENT)
        },
        "decision times, a month": lambda: told.decision_times(month),
        "decision times, a year": lambda: told.decision_times(year),
        "health of every rule, a month": lambda: healths.all(until),
    }


def _shares(told: Statistics, period: Period, by: Dimension) -> Asked:
    return lambda: told.shares(period, by)


def _fingerprint(number: int) -> str:
    digest = md5(str(number).encode(), usedforsecurity=False).hexdigest()
    return digest + digest
