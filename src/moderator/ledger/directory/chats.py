"""Chats in which rules were broken."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from moderator.ledger.database.engine import Engine, Prepared, Row
from moderator.ledger.records import Count

_COUNTED: Final = 100  # violations of each, the latest

# From chat to chat along the index, then the latest of each.
_PAGE: Final = Prepared(
    """
    WITH RECURSIVE found(chat, place) AS (
      (SELECT chat, 1 FROM violations WHERE chat > $1 AND chat <> '' ORDER BY chat LIMIT 1)
      UNION ALL
      SELECT (SELECT v.chat FROM violations v WHERE v.chat > found.chat AND v.chat <> ''
               ORDER BY v.chat LIMIT 1), place + 1
        FROM found WHERE place < $2 AND chat IS NOT NULL
    )
    SELECT chat, told.* FROM found CROSS JOIN LATERAL (
      SELECT count(*) AS number, count(*) FILTER (WHERE status = 'open') AS open,
             count(DISTINCT sender) AS people, max(sent_at) AS last_sent_at
        FROM (SELECT sender, status, sent_at, sender_departments FROM violations v
               WHERE v.chat = found.chat AND v.chat <> ''
               ORDER BY sent_at DESC, id DESC LIMIT $3) AS latest
       WHERE $4::int[] IS NULL OR sender_departments && $4
    ) AS told WHERE chat IS NOT NULL ORDER BY place
    """,
    ("after", "most", "counted", "bound"),
    {},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """What the latest hundred violations of a chat tell, as far as they are within the bound."""

    chat: str
    violations: Count
    open: int
    people: int
    last_sent_at: datetime


@dataclass(frozen=True, slots=True)
class ChatPage:
    """Some chats in the order of their ids; the next page follows `next`.

    It may be short, even empty: chats without anything within the bound are left out.
    """

    items: tuple[Chat, ...]
    next: str | None


class Chats:
    """Lists chats."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def page(
        self, *, bound: frozenset[int] | None = None, after: str = "", limit: int = 50
    ) -> ChatPage:
        rows = await self._rows(after, limit + 1, bound)
        items = tuple(_chat(row) for row in rows[:limit] if row["number"])
        return ChatPage(items, rows[limit - 1]["chat"] if len(rows) > limit else None)

    async def _rows(self, after: str, most: int, bound: frozenset[int] | None) -> list[Row]:
        roots = None if bound is None else sorted(bound)
        given = {"after": after, "most": most, "counted": _COUNTED + 1, "bound": roots}
        async with self._engine.begin() as transaction:
            return await transaction.rows(_PAGE, **given)


def _chat(row: Row) -> Chat:
    number = row["number"]
    return Chat(
        chat=row["chat"],
        violations=Count(min(number, _COUNTED), more=number > _COUNTED),
        open=row["open"],
        people=row["people"],
        last_sent_at=row["last_sent_at"],
    )
