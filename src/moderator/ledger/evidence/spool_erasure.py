"""What was set aside in the spool and is past its time."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Final

from pydantic import TypeAdapter

from moderator.domain.finding import Finding
from moderator.errors import EvidenceUnreadable
from moderator.ledger.evidence.retention import Terms
from moderator.ledger.evidence.sealing import EvidenceCipher, Sealed
from moderator.ledger.recording.spool import Kept, Kind, Spool

_FINDING: Final = TypeAdapter(Finding)


class SpoolErasure:
    """Erases rows that were set aside when their time is over; those that wait are never erased."""

    def __init__(self, spool: Spool, cipher: EvidenceCipher, terms: Terms) -> None:
        self._spool = spool
        self._cipher = cipher
        self._terms = terms

    async def erase_expired(self, now: datetime) -> int:
        """How many; what cannot be read stays until its key is back."""
        overdue = await self.overdue(now)
        await self._spool.drop(overdue) if overdue else None
        return len(overdue)

    async def overdue(self, now: datetime) -> Sequence[int]:
        """The ids of the rows whose time is over."""
        found = [row async for row in self._refused()]
        return [row.id for row in found if (end := self._end(row)) is not None and end <= now]

    async def _refused(self) -> AsyncIterator[Kept]:
        after = 0
        while rows := await self._spool.refused(after=after):
            for row in rows:
                yield row
            after = rows[-1].id

    def _end(self, row: Kept) -> datetime | None:
        try:
            content = self._cipher.open(Sealed(row.key_id, row.sealed), bound_to=row.key)
        except EvidenceUnreadable:
            return None
        if row.kind is Kind.FAILED:
            return datetime.fromtimestamp(int(content["timestamp"]), UTC) + self._terms.otherwise
        sent = datetime.fromisoformat(content["message"]["sent_at"])
        category = _FINDING.validate_python(content["finding"]).gravest.category
        return sent + self._terms.term(category)
