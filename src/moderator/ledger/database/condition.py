"""How the database is: whether it can be written, and what time it has."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from moderator.ledger.database.engine import Engine, Prepared

_TIME: Final = Prepared("SELECT clock_timestamp() AS now, version() AS version", (), {})
_WRITE: Final = Prepared(
    "INSERT INTO standings (corp, sender) VALUES ('moderator doctor', 'moderator doctor')"
    " ON CONFLICT DO NOTHING",
    (),
    {},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`ahead` is by how much the server's clock is ahead of ours."""

    version: str
    ahead: timedelta


async def condition(engine: Engine) -> Condition:
    """Ask the server for its clock; raises `LedgerError`."""
    async with engine.begin() as transaction:
        before = datetime.now(UTC)
        row = await transaction.row(_TIME)
        after = datetime.now(UTC)
    told = row["now"] if row else before
    ahead = told - after if told > after else min(told - before, timedelta())
    return Condition(version=row["version"].split(",")[0] if row else "", ahead=ahead)


async def try_to_write(engine: Engine) -> None:
    """Write a row and take it back; raises `LedgerError` where nothing can be written."""
    async with engine.begin() as transaction:
        await transaction.script("SAVEPOINT trial")
        await transaction.rows(_WRITE)
        await transaction.script("ROLLBACK TO SAVEPOINT trial")
