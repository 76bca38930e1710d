"""How long what people wrote is kept, and how it is erased; a legal hold wins over all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.database.windows import windows
from moderator.ledger.evidence.legal_holds import HELD, shut_out
from moderator.ledger.schema.tables import violations
from moderator.settings import EvidenceSettings

BY: Final = "moderator"  # what the service does of itself

_ERASE: Final = Prepared(
    f"""
    WITH due AS (
      SELECT v.id FROM violations AS v
       WHERE v.evidence IS NOT NULL AND v.evidence_expires_at <= $1 AND NOT {HELD}
       ORDER BY v.evidence_expires_at LIMIT $2 FOR UPDATE OF v SKIP LOCKED
    )
    UPDATE violations SET evidence = NULL FROM due WHERE violations.id = due.id
    RETURNING violations.id
    """,  # noqa: S608 (ours)
    ("now", "most"),
    {},
)
# Everybody of whom there is a violation, by one look into the index for each.
_SENDERS: Final = """
    RECURSIVE senders AS (
      (SELECT corp, sender FROM violations ORDER BY corp, sender LIMIT 1)
      UNION ALL
      SELECT next.corp, next.sender FROM senders AS s CROSS JOIN LATERAL (
        SELECT corp, sender FROM violations AS v WHERE (v.corp, v.sender) > (s.corp, s.sender)
         ORDER BY corp, sender LIMIT 1) AS next
    )
"""
# Of a row `p` of `people` whose time is over: nobody needs it.
FORGETTABLE: Final = """
    NOT EXISTS (SELECT FROM senders AS s WHERE s.corp = p.corp AND lower(s.sender) = p.userid)
    AND NOT EXISTS (SELECT FROM merits AS m WHERE m.corp = p.corp AND lower(m.sender) = p.userid)
    AND NOT EXISTS (
      SELECT FROM legal_holds AS h
       WHERE h.released_at IS NULL AND h.scope = 'person' AND h.corp = p.corp
         AND lower(h.sender) IN (p.userid, lower(p.renamed_to)))
"""
_GONE: Final = Prepared("SELECT FROM people WHERE gone_at <= $1 LIMIT 1", ("before",), {})
_FORGET: Final = Prepared(
    f"""
    WITH {_SENDERS}, due AS (
      SELECT corp, userid FROM people AS p WHERE p.gone_at <= $1 AND {FORGETTABLE} LIMIT $2
    )
    DELETE FROM people AS p USING due WHERE (p.corp, p.userid) = (due.corp, due.userid)
    RETURNING p.userid
    """,  # noqa: S608 (ours)
    ("before", "most"),
    {},
)
OVERDUE_PEOPLE: Final = Prepared(
    f"WITH {_SENDERS} SELECT count(*) AS number FROM people AS p"  # noqa: S608 (ours)
    f" WHERE p.gone_at <= $1 AND {FORGETTABLE}",
    ("before",),
    {},
)
_NEW_TERM: Final = """
    v.sent_at + coalesce((SELECT t.days FROM unnest($3::text[], $4::interval[]) AS t(category, days)
                           WHERE t.category = v.category), $5)
"""
_OF_THE_WINDOW: Final = (
    f"v.id > $1 AND v.id <= $2 AND v.evidence IS NOT NULL AND v.evidence_expires_at <> {_NEW_TERM}"
)
_WINDOW: Final = ("after", "until", "categories", "terms", "otherwise")
_COUNT_OTHERS: Final = Prepared(
    f"SELECT count(*) AS number FROM violations AS v WHERE {_OF_THE_WINDOW}",  # noqa: S608 (ours)
    _WINDOW,
    {},
)
_SET_TERM: Final = Prepared(
    f"""
    WITH changed AS (
      UPDATE violations AS v SET evidence_expires_at = {_NEW_TERM} WHERE {_OF_THE_WINDOW}
      RETURNING v.id
    )
    SELECT count(*) AS number FROM changed
    """,  # noqa: S608 (ours)
    _WINDOW,
    {},
)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long after it was sent the text of a message is kept, by the violation's category."""

    otherwise: timedelta
    by_category: Mapping[str, timedelta] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: EvidenceSettings) -> "Terms":
        by_category = settings.keep_days_by_category.items()
        return cls(
            timedelta(days=settings.keep_days),
            {category: timedelta(days=days) for category, days in by_category},
        )

    def term(self, category: str) -> timedelta:
        return self.by_category.get(category, self.otherwise)


class Erasure:
    """Erases the text of violations whose time is over; the rest of the record stays."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def erase_expired(self, now: datetime, limit: int = 1000) -> int:
        """Erase at most `limit`, but nothing that is held; how many.  The audit log names them."""
        async with self._engine.begin() as transaction:
            await shut_out(transaction)
            rows = await transaction.rows(_ERASE, now=now, most=limit)
            if rows:
                detail = {"violations": sorted(row["id"] for row in rows)}
                deed = Deed(actor=BY, action="evidence.erased", detail=detail)
                await audit.write(transaction, deed, at=now)
        return len(rows)


class Departures:
    """Forgets people who left long ago, but nobody with a violation, a merit or a hold."""

    def __init__(self, engine: Engine, *, after: timedelta) -> None:
        self._engine = engine
        self._after = after

    async def erase_expired(self, now: datetime, limit: int = 1000) -> int:
        """Erase at most `limit` rows of the directory; how many."""
        before = now - self._after
        async with self._engine.begin() as transaction:
            if await transaction.row(_GONE, before=before) is None:
                return 0
            await shut_out(transaction)
            rows = await transaction.rows(_FORGET, before=before, most=limit)
            if rows:  # who they were is not written down again
                detail = {"number": len(rows)}
                await audit.write(
                    transaction, Deed(actor=BY, action="people.erased", detail=detail), at=now
                )
        return len(rows)


async def apply_terms(engine: Engine, terms: Terms, *, by: str, dry_run: bool) -> int:
    """Give what was recorded under other terms the time to live of these; how many it concerns."""
    categories = sorted(terms.by_category)
    given = {
        "categories": categories,
        "terms": [terms.by_category[category] for category in categories],
        "otherwise": terms.otherwise,
    }
    changed = 0
    async for window in windows(engine, violations):
        async with engine.begin() as transaction:
            statement = _COUNT_OTHERS if dry_run else _SET_TERM
            row = await transaction.row(statement, after=window.after, until=window.until, **given)
        changed += int(row["number"]) if row else 0
    if changed and not dry_run:
        days = {category: terms.by_category[category].days for category in categories}
        detail = {"days": days, "otherwise": terms.otherwise.days, "number": changed}
        deed = Deed(actor=by, action="evidence.terms_applied", detail=detail)
        await audit.Audit(engine).write(deed)
    return changed
