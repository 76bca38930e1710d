"""People's standing: what counts against each, kept beside the lock that guards it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import JSONB

from moderator.domain.decision import Merit, Standing, Strike
from moderator.domain.rule import Severity
from moderator.ledger.database.engine import Engine, Prepared, Row, Transaction, prepare
from moderator.ledger.records import Json
from moderator.ledger.rows import change_as_json
from moderator.ledger.schema.tables import standings, violations
from moderator.ledger.standing.history import History, histories, history_of
from moderator.ledger.standing.policies import all_policies
from moderator.ledger.standing.reweighing import Reweighed, reweigh, reweighed
from moderator.policy.policy import Policy
from moderator.policy.replay import age

# Bounds what one flooding account can make every later decision about it cost; no ladder has a
# five-hundredth rung.
KEPT = 500

_PERSON = (standings.c.corp == bindparam("corp_"), standings.c.sender == bindparam("sender_"))
_OF_PERSON = select(standings.c.strikes, standings.c.merits).where(*_PERSON)
_READ = prepare(_OF_PERSON)
# In one order everywhere: two that lock the same people never wait for each other in a circle.
# Whoever has none gets an empty one, whoever has one changes nothing: both are locked by it.
_LOCK: Final = Prepared(
    """
    INSERT INTO standings AS theirs (corp, sender) SELECT $1, unnest($2::text[])
    ON CONFLICT (corp, sender) DO UPDATE SET sender = theirs.sender
    RETURNING sender, strikes, merits
    """,
    ("corp", "senders"),
    {},
)
_WRITE: Final = Prepared(
    """
    UPDATE standings SET strikes = given.strikes, updated_at = $3
      FROM jsonb_to_recordset($2) AS given(sender text, strikes jsonb)
     WHERE standings.corp = $1 AND standings.sender = given.sender
    """,
    ("corp", "given", "at"),
    {},
)
_WRITE_MERITS = prepare(update(standings).where(*_PERSON).values(merits=bindparam("merits")))
_RECOMPUTED = prepare(
    update(violations)
    .where(violations.c.id == bindparam("violation"))
    .values(recomputed=bindparam("outcome", type_=JSONB(none_as_null=True)))
)


async def lock(transaction: Transaction, corp: str, sender: str) -> Standing:
    """The person's standing; nobody else can read it this way before the transaction ends."""
    return (await lock_all(transaction, corp, [sender]))[sender]


async def lock_all(
    transaction: Transaction, corp: str, senders: Iterable[str]
) -> dict[str, Standing]:
    """The standings of several people, locked in an order that is the same everywhere."""
    rows = await transaction.rows(_LOCK, corp=corp, senders=sorted(set(senders)))
    return {row["sender"]: standing_of(row) for row in rows}


async def read(transaction: Transaction, corp: str, sender: str) -> Standing:
    """The person's standing as it is now, unlocked."""
    row = await transaction.row(_READ, corp_=corp, sender_=sender)
    return standing_of(row) if row else Standing()


def newest(strikes: Iterable[Strike]) -> list[Strike]:
    """The strikes that are kept, in the order in which they count."""
    return sorted(strikes, key=age)[-KEPT:]


async def write(
    transaction: Transaction,
    corp: str,
    strikes: Mapping[str, Iterable[Strike]],
    *,
    now: datetime,
) -> None:
    """Keep the newest strikes of people whose standing is locked."""
    await transaction.rows(_WRITE, corp=corp, given=_as_json(strikes), at=now)


def _as_json(strikes: Mapping[str, Iterable[Strike]]) -> list[Json]:
    return [
        {"sender": sender, "strikes": [_strike_as_json(strike) for strike in newest(theirs)]}
        for sender, theirs in strikes.items()
    ]


def strikes_as_json(strikes: Iterable[Strike]) -> str:
    """The newest of them, as they are kept."""
    return json.dumps([_strike_as_json(strike) for strike in newest(strikes)])


async def restore(
    transaction: Transaction, corp: str, sender: str, *, now: datetime
) -> tuple[Reweighed, ...]:
    """Weigh all of a locked person's violations again, and keep what follows from them.

    Each keeps what was decided then; beside it stands what it amounts to now, where that differs.
    Returns those that changed.
    """
    history = await history_of(transaction, corp, sender)
    standing, weighed = await reweigh(transaction, history, most=KEPT)
    await write(transaction, corp, {sender: standing.strikes}, now=now)
    merits = [_merit_as_json(merit) for merit in standing.merits]
    await transaction.rows(_WRITE_MERITS, corp_=corp, sender_=sender, merits=merits)
    changed = tuple(each for each in weighed if each.changed)
    for each in changed:
        await transaction.rows(_RECOMPUTED, violation=each.id, outcome=_outcome(each))
    return changed


@dataclass(frozen=True, slots=True)
class Deviation:
    """A person whose stored standing, or what is kept of a violation, does not follow."""

    corp: str
    sender: str
    what: str


async def deviations(engine: Engine) -> list[Deviation]:
    """Weigh everybody's violations again, as of one moment; what is stored otherwise is told."""
    async with engine.begin() as transaction:
        await transaction.script("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        policies = await all_policies(transaction)
        rows = await transaction.rows(select(standings))
        stored = {(row["corp"], row["sender"]): standing_of(row) for row in rows}
        found: list[Deviation] = []
        async for history in histories(transaction):
            known = stored.pop(history.person, Standing())
            found += _deviations(history, known, policies)
    strays = (person for person, standing in stored.items() if standing != Standing())
    found += [Deviation(*person, "has a standing and no violation") for person in strays]
    return sorted(found, key=lambda each: (each.corp, each.sender))


def _deviations(
    history: History, stored: Standing, policies: Mapping[str, Policy]
) -> Iterator[Deviation]:
    standing, weighed = reweighed(history, policies, most=KEPT)
    if stored.strikes != standing.strikes:
        yield Deviation(*history.person, _differs("strikes", stored.strikes, standing.strikes))
    if stored.merits != standing.merits:
        yield Deviation(*history.person, _differs("merits", stored.merits, standing.merits))
    for each in weighed:
        if each.changed:
            kept, now = (
                f"offence {w.offence}, {w.step or 'no step'}" for w in (each.kept, each.now)
            )
            yield Deviation(*history.person, f"violation {each.id}: kept {kept}; follows {now}")


def _differs(what: str, stored: Sequence[object], follows: Sequence[object]) -> str:
    return f"{what}: {len(stored)} stored, {len(follows)} follow"


def standing_of(row: Row | Json) -> Standing:
    """The standing as it is stored."""
    return Standing(tuple(map(_strike, row["strikes"])), tuple(map(_merit, row["merits"])))


def _outcome(each: Reweighed) -> Json | None:
    if each.now == each.decided:
        return None
    now = each.now
    return {"offence": now.offence, "step": now.step, "units": change_as_json(now.units)}


def _strike(kept: Json) -> Strike:
    return Strike(
        violation=kept["violation"],
        category=kept["category"],
        severity=Severity(kept["severity"]),
        at=datetime.fromisoformat(kept["at"]),
        units=kept.get("units", {}),
    )


def _strike_as_json(strike: Strike) -> Json:
    return {
        "violation": strike.violation,
        "category": strike.category,
        "severity": int(strike.severity),
        "at": strike.at.isoformat(),
        **({"units": dict(strike.units)} if strike.units else {}),
    }


def _merit(kept: Json) -> Merit:
    return Merit(**kept | {"at": datetime.fromisoformat(kept["at"])})


def _merit_as_json(merit: Merit) -> Json:
    return {"id": merit.id, "kind": merit.kind, "count": merit.count, "at": merit.at.isoformat()}
