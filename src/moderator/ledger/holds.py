"""Which rules an open alarm holds up."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from moderator.ledger.engine import Prepared, Transaction

_OPEN: Final = Prepared("SELECT rule, raised_at FROM alarms WHERE cleared_at IS NULL", (), {})


async def held_rules(transaction: Transaction) -> Mapping[str, datetime]:
    """The rules with an open alarm, and since when it is open (UTC)."""
    rows = await transaction.rows(_OPEN)
    return {row["rule"]: row["raised_at"] for row in rows}
