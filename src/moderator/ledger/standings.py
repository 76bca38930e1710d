"""People's standing: what counts against each, kept beside the lock that guards it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import Integer

from moderator.domain.decision import Standing, Strike
from moderator.domain.rule import Severity
from moderator.ledger.engine import Engine, Row, Transaction, prepare
from moderator.ledger.records import Json, Status
from moderator.ledger.tables import standings, violations

# Bounds what one flooding account can make every later decision about it cost; no ladder has a
# five-hundredth rung.
KEPT = 500

_PERSON = (standings.c.corp == bindparam("corp_"), standings.c.sender == bindparam("sender_"))
_LOCK = prepare(select(standings.c.strikes).where(*_PERSON).with_for_update())
_MAKE = prepare(
    insert(standings)
    .values(corp=bindparam("corp_"), sender=bindparam("sender_"))
    .on_conflict_do_nothing()
)
_WRITE = prepare(
    update(standings)
    .where(*_PERSON)
    .values(strikes=bindparam("strikes"), updated_at=bindparam("updated_at"))
)
_COUNTED = prepare(
    select(violations.c.id, violations.c.category, violations.c.severity, violations.c.sent_at)
    .where(
        violations.c.corp == bindparam("corp_"),
        violations.c.sender == bindparam("sender_"),
        violations.c.status != Status.DISMISSED.value,
    )
    .order_by(violations.c.sent_at.desc(), violations.c.id.desc())
    .limit(bindparam("most", type_=Integer))
)


async def lock(transaction: Transaction, corp: str, sender: str) -> Standing:
    """The person's standing; nobody else can read it this way before the transaction ends."""
    row = await transaction.row(_LOCK, corp_=corp, sender_=sender)
    if row is None:
        await transaction.rows(_MAKE, corp_=corp, sender_=sender)
        row = await transaction.row(_LOCK, corp_=corp, sender_=sender)
    return Standing(tuple(_strike(kept) for kept in row["strikes"]) if row else ())


async def write(
    transaction: Transaction, corp: str, sender: str, strikes: Iterable[Strike], *, now: datetime
) -> None:
    """Keep the newest strikes of a person whose standing is locked."""
    kept = sorted(strikes, key=_age)[-KEPT:]
    await transaction.rows(
        _WRITE,
        corp_=corp,
        sender_=sender,
        strikes=[_as_json(strike) for strike in kept],
        updated_at=now,
    )


async def recompute(transaction: Transaction, corp: str, sender: str) -> Standing:
    """The standing that follows from the person's violations, whatever is stored."""
    rows = await transaction.rows(_COUNTED, corp_=corp, sender_=sender, most=KEPT)
    return Standing(tuple(_strike_of(row) for row in reversed(rows)))


async def restore(transaction: Transaction, corp: str, sender: str, *, now: datetime) -> None:
    """Write the recomputed standing of a person whose standing is locked."""
    standing = await recompute(transaction, corp, sender)
    await write(transaction, corp, sender, standing.strikes, now=now)


async def deviations(engine: Engine) -> list[tuple[str, str]]:
    """The people (corp, sender) whose stored standing is not the recomputed one; none is right."""
    async with engine.begin() as transaction:
        people = await transaction.rows(select(standings.c.corp, standings.c.sender))
    wrong = [(row["corp"], row["sender"]) for row in people if await _deviates(engine, row)]
    return sorted(wrong)


async def _deviates(engine: Engine, person: Row) -> bool:
    async with engine.begin() as transaction:
        stored = await lock(transaction, person["corp"], person["sender"])
        return stored != await recompute(transaction, person["corp"], person["sender"])


def _age(strike: Strike) -> tuple[datetime, int]:
    return strike.at, int(strike.violation)


def _strike_of(row: Row) -> Strike:
    return Strike(
        violation=str(row["id"]),
        category=row["category"],
        severity=Severity(row["severity"]),
        at=row["sent_at"],
    )


def _strike(kept: Json) -> Strike:
    return Strike(
        violation=kept["violation"],
        category=kept["category"],
        severity=Severity(kept["severity"]),
        at=datetime.fromisoformat(kept["at"]),
    )


def _as_json(strike: Strike) -> Json:
    return {
        "violation": strike.violation,
        "category": strike.category,
        "severity": int(strike.severity),
        "at": strike.at.isoformat(),
    }
