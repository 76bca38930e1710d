"""What is known of violations, and what people make of it."""

from datetime import UTC, datetime

from sqlalchemy import update

from moderator.domain.people import Entry
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.finding import count, find
from moderator.ledger.reading.visible import violation_in, violations_in
from moderator.ledger.records import (
    Count,
    Cursor,
    Page,
    Sort,
    ViolationFilter,
    ViolationRecord,
)
from moderator.ledger.schema.tables import violations

ANY = ViolationFilter()


class Violations:
    """Reads violations and keeps what people judge of them."""

    def __init__(self, engine: Engine, cipher: EvidenceCipher) -> None:
        self._engine = engine
        self._cipher = cipher

    async def page(
        self,
        wanted: ViolationFilter = ANY,
        after: Cursor | None = None,
        limit: int = 50,
        *,
        sort: Sort = Sort.NEWEST,
    ) -> Page:
        """Violations without their evidence, behind `after`, which a page of this `sort` gave."""
        async with self._engine.begin() as transaction:
            found = await find(transaction, wanted, sort, after, limit)
            items = await violations_in(transaction, found.ids)
        return Page(items, found.next)

    async def count(self, wanted: ViolationFilter = ANY, *, most: int = 1000) -> Count:
        """How many there are, exactly up to `most`."""
        async with self._engine.begin() as transaction:
            return await count(transaction, wanted, most)

    async def one(
        self, violation_id: int, *, bound: frozenset[int] | None = None, unmasked: bool = False
    ) -> ViolationRecord:
        """The violation; what its sender wrote only if `unmasked` (`Unmaskings` says who may).

        Raises `NotFound`, also where the sender belongs to no department within `bound`.
        """
        async with self._engine.begin() as transaction:
            cipher = self._cipher if unmasked else None
            return await violation_in(transaction, violation_id, bound=bound, cipher=cipher)

    async def identify(
        self, violation_id: int, entry: Entry, *, now: datetime | None = None
    ) -> bool:
        """Keep who the sender was when it happened; the first answer stands, later ones do not.

        What it does not tell stays as it was known when the violation was recorded.
        """
        statement = (
            update(violations)
            .where(violations.c.id == violation_id, violations.c.identified_at.is_(None))
            .values(**_told(entry), identified_at=now or _now())
            .returning(violations.c.id)
        )
        async with self._engine.begin() as transaction:
            return bool(await transaction.rows(statement))


def _told(entry: Entry) -> dict[str, object]:
    values: dict[str, object] = {
        "sender_name": entry.name,
        "sender_department": entry.department,
        "sender_departments": list(entry.departments),
        "sender_superiors": list(entry.superiors),
    }
    return {name: value for name, value in values.items() if value} | {"sender_gaps": entry.gaps}


def _now() -> datetime:
    return datetime.now(UTC)
