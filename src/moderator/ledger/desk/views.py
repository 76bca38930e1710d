"""Saved views: searches that somebody gave a name, each person's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from moderator.errors import NotFound
from moderator.ledger.database.engine import Engine, Prepared, Row
from moderator.ledger.schema.desk import saved_views

MOST: Final = 200  # of one person
_LOCK: Final = Prepared("SELECT pg_advisory_xact_lock(hashtextextended($1, 9))", ("actor",), {})


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A search; `query` is the query string of the list's address, without the question mark."""

    name: str
    query: str
    saved_at: datetime


class Views:
    """Keeps saved views."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def list(self, actor: str) -> Sequence[View]:
        """The person's views, by name."""
        statement = (
            select(saved_views).where(saved_views.c.actor == actor).order_by(saved_views.c.name)
        )
        async with self._engine.begin() as transaction:
            return [_view(row) for row in await transaction.rows(statement)]

    async def save(
        self, actor: str, name: str, query: str, *, now: datetime | None = None
    ) -> View | None:
        """Keep a view, in place of one of the same name; None where the person has too many."""
        at = now or datetime.now(UTC)
        values = {"actor": actor, "name": name, "query": query, "saved_at": at}
        others = select(func.count().label("number")).where(
            saved_views.c.actor == actor, saved_views.c.name != name
        )
        statement = (
            upsert(saved_views)
            .values(values)
            .on_conflict_do_update(
                index_elements=[saved_views.c.actor, saved_views.c.name],
                set_={"query": query, "saved_at": at},
            )
            .returning(saved_views.c.name)
        )
        async with self._engine.begin() as transaction:
            await transaction.rows(_LOCK, actor=actor)
            row = await transaction.row(others)
            if row and row["number"] >= MOST:
                return None
            await transaction.rows(statement)
        return View(name=name, query=query, saved_at=at)

    async def delete(self, actor: str, name: str) -> None:
        """Forget a view.  Raises `NotFound`."""
        statement = (
            delete(saved_views)
            .where(saved_views.c.actor == actor, saved_views.c.name == name)
            .returning(saved_views.c.name)
        )
        async with self._engine.begin() as transaction:
            if await transaction.row(statement) is None:
                raise NotFound(f"view {name}")


def _view(row: Row) -> View:
    return View(name=row["name"], query=row["query"], saved_at=row["saved_at"])
