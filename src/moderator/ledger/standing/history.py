"""What was recorded of people, person by person, in the order in which it was decided."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, select, tuple_
from sqlalchemy.types import BigInteger, Integer, Text

from moderator.domain.decision import Circumstances, Merit
from moderator.domain.finding import Hit
from moderator.domain.rule import Severity
from moderator.ledger.database.engine import Row, Transaction, prepare
from moderator.ledger.records import Status
from moderator.ledger.rows import change_of
from moderator.ledger.schema.tables import merits, violations
from moderator.policy.policy import Policy
from moderator.policy.replay import Past, PastMerit
from moderator.policy.weighing import Weighed, weighed_before

Person = tuple[str, str]  # corp and sender

_PAGE = 5000
_PERSON = itemgetter("corp", "sender")
_COLUMNS = tuple(
    violations.c[name]
    for name in (
        *("id", "corp", "sender", "chat", "sent_at", "recorded_at", "category", "severity"),
        *("rule", "status", "policy", "offence", "step", "units", "exemption", "recomputed"),
        "sender_departments",
    )
)
_ONE = (
    violations.c.corp == bindparam("corp_", type_=Text),
    violations.c.sender == bindparam("sender_", type_=Text),
)
_OF_ONE = prepare(select(*_COLUMNS).where(*_ONE).order_by(violations.c.id))
_AFTER = tuple_(
    bindparam("corp_", type_=Text),
    bindparam("sender_", type_=Text),
    bindparam("id_", type_=BigInteger),
)
_NEXT_PAGE = prepare(
    select(*_COLUMNS)
    .where(tuple_(violations.c.corp, violations.c.sender, violations.c.id) > _AFTER)
    .order_by(violations.c.corp, violations.c.sender, violations.c.id)
    .limit(bindparam("most", type_=Integer))
)


_STANDING_MERITS = select(merits).where(merits.c.withdrawn_at.is_(None)).order_by(merits.c.id)
_MERITS_OF_ONE = prepare(
    _STANDING_MERITS.where(
        merits.c.corp == bindparam("corp_", type_=Text),
        merits.c.sender == bindparam("sender_", type_=Text),
    )
)


@dataclass(frozen=True, slots=True)
class Violation:
    """A violation of the past with all that a policy may ask about it."""

    past: Past
    row: Row

    @property
    def policy(self) -> str:
        """The digest of the policy that decided; empty where none was kept."""
        return str(self.row["policy"])

    @property
    def dismissed(self) -> bool:
        return bool(self.row["status"] == Status.DISMISSED)

    @property
    def hit(self) -> Hit:
        return Hit(
            rule=self.row["rule"],
            version="",
            category=self.past.category,
            severity=self.past.severity,
            start=0,
            end=0,
        )

    @property
    def known(self) -> Circumstances:
        departments = frozenset(self.row["sender_departments"])
        return Circumstances(
            sender=self.row["sender"],
            chat=self.row["chat"],
            sent_at=self.past.sent_at,
            departments=departments or None,
        )

    def as_decided(self, policy: Policy) -> Weighed:
        """What was decided then."""
        return _weighed(policy, self.row)

    def as_kept(self, policy: Policy) -> Weighed:
        """What is kept of it now: as decided, unless something before it was dismissed since."""
        return _weighed(policy, self.row["recomputed"] or self.row)


@dataclass(frozen=True, slots=True)
class History:
    """All violations of a person by id, and the merits that stand."""

    person: Person
    violations: tuple[Violation, ...]
    merits: tuple[PastMerit, ...]


async def history_of(transaction: Transaction, corp: str, sender: str) -> History:
    """The history of one person."""
    person = {"corp_": corp, "sender_": sender}
    rows = await transaction.rows(_OF_ONE, **person)
    credited = await transaction.rows(_MERITS_OF_ONE, **person)
    return _history((corp, sender), rows, credited)


async def histories(transaction: Transaction) -> AsyncIterator[History]:
    """Everybody's, in the order of corp and sender; a few thousand rows are in memory at a time."""
    credited = _by_person(await transaction.rows(_STANDING_MERITS))
    waiting: list[Row] = []
    async for page in _pages(transaction):
        *complete, (_, waiting) = _grouped([*waiting, *page])
        for person, rows in complete:
            yield _history(person, rows, credited.pop(person, []))
    for person, rows in _grouped(waiting):
        yield _history(person, rows, credited.pop(person, []))
    for person in sorted(credited):
        yield _history(person, [], credited[person])


async def _pages(transaction: Transaction) -> AsyncIterator[list[Row]]:
    last: dict[str, Any] = {"corp_": "", "sender_": "", "id_": 0}
    while rows := await transaction.rows(_NEXT_PAGE, **last, most=_PAGE):
        yield rows
        end = rows[-1]
        last = {"corp_": end["corp"], "sender_": end["sender"], "id_": end["id"]}


def _grouped(rows: Iterable[Row]) -> list[tuple[Person, list[Row]]]:
    return [(person, list(of_one)) for person, of_one in groupby(rows, key=_PERSON)]


def _by_person(rows: Iterable[Row]) -> dict[Person, list[Row]]:
    found: dict[Person, list[Row]] = {}
    for row in rows:
        found.setdefault(_PERSON(row), []).append(row)
    return found


def _history(person: Person, rows: Iterable[Row], credited: Iterable[Row]) -> History:
    return History(
        person,
        tuple(Violation(_past(row), row) for row in rows),
        tuple(PastMerit(merit_of(row), row["after_violation"]) for row in credited),
    )


def _past(row: Row) -> Past:
    return Past(
        id=row["id"],
        category=row["category"],
        severity=Severity(row["severity"]),
        sent_at=row["sent_at"],
        recorded_at=row["recorded_at"],
        counts=row["status"] != Status.DISMISSED and not row["exemption"],
    )


def merit_of(row: Row) -> Merit:
    return Merit(id=str(row["id"]), kind=row["kind"], count=row["count"], at=row["recorded_at"])


def _weighed(policy: Policy, kept: Mapping[str, Any]) -> Weighed:
    units = change_of(kept["units"])
    return weighed_before(policy, offence=kept["offence"], step=kept["step"], units=units)
