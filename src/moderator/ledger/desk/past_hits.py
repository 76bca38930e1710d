"""What a rule hit before: the texts that are still kept, for trying a changed rule on them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import func, select

from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.visible import within
from moderator.ledger.records import EvidenceState, Status, ViolationRecord
from moderator.ledger.rows import violation_of
from moderator.ledger.schema.tables import violations

MOST: Final = 1000  # violations that are read: decrypting and matching them takes under a second


@dataclass(frozen=True, slots=True, kw_only=True)
class PastHit:
    """One hit of the rule, with the text that contains it; `alone`: the violation has no other."""

    violation_id: int
    status: Status
    text: str
    start: int
    end: int
    alone: bool


@dataclass(frozen=True, slots=True)
class Past:
    """The newest hits of a rule; `read` of its `total` violations could be, at most `MOST`."""

    hits: Sequence[PastHit]
    read: int
    total: int


class PastHits:
    """Reads what a rule hit; nothing of it may be shown but numbers."""

    def __init__(self, engine: Engine, cipher: EvidenceCipher) -> None:
        self._engine = engine
        self._cipher = cipher

    async def of(self, rule: str, *, bound: frozenset[int] | None = None) -> Past:
        """The hits of the newest `MOST` violations within `bound` that the rule was part of."""
        fitting = (violations.c.rules.contains([rule]), *within(bound))
        newest = select(violations).where(*fitting).order_by(violations.c.id.desc()).limit(MOST)
        counted: Any = select(func.count().label("number")).select_from(violations).where(*fitting)
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(newest)
            total = await transaction.row(counted)
        records = [violation_of(row, cipher=self._cipher) for row in rows]
        readable = [each for each in records if each.evidence is EvidenceState.READABLE]
        hits = [hit for record in readable for hit in _hits(record, rule)]
        return Past(hits, read=len(readable), total=total["number"] if total else 0)


def _hits(record: ViolationRecord, rule: str) -> Iterator[PastHit]:
    texts = {field.name: field.text for field in record.fields}
    alone = len(record.hits) == 1 and not record.hits_omitted
    for hit in record.hits:
        if hit.rule == rule and not hit.masked:
            yield PastHit(
                violation_id=record.id,
                status=record.status,
                text=texts.get(hit.field, ""),
                start=hit.start,
                end=hit.end,
                alone=alone,
            )
