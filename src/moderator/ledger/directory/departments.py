"""The company's departments as last seen, in the order in which a tree of them is read."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from moderator.ledger.database.engine import Engine
from moderator.ledger.schema.tables import departments

_Children = Mapping[int, Sequence[tuple[int, str]]]


@dataclass(frozen=True, slots=True)
class ListedDepartment:
    """A department under `depth` others (0: at the top); `path` holds their names and its own."""

    id: int
    name: str
    path: str
    depth: int


class Departments:
    """Lists departments; those that are gone are left out."""

    def __init__(self, engine: Engine, *, corp: str) -> None:
        self._engine = engine
        self._corp = corp

    async def tree(self, *, bound: frozenset[int] | None = None) -> Sequence[ListedDepartment]:
        """Each followed by all below it; with `bound` only these departments and what is below."""
        statement = select(departments.c.id, departments.c.name, departments.c.parent).where(
            departments.c.corp == self._corp, departments.c.gone_at.is_(None)
        )
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(statement.order_by(departments.c.id))
        known = {row["id"] for row in rows}
        children: dict[int, list[tuple[int, str]]] = {}
        for row in rows:
            parent = row["parent"] if row["parent"] in known else 0
            children.setdefault(parent, []).append((row["id"], row["name"] or f"#{row['id']}"))
        return list(_walked(children, bound))


def _walked(children: _Children, bound: Collection[int] | None) -> Iterator[ListedDepartment]:
    """From the top down; a loop of parents hangs nowhere and so is never entered."""
    waiting = [(id_, name, name, 0, bound is None) for id_, name in reversed(children.get(0, ()))]
    while waiting:
        id_, name, path, depth, seen = waiting.pop()
        shown = seen or (bound is not None and id_ in bound)
        if shown:
            yield ListedDepartment(id_, name, path, depth)
        waiting += [
            (below, called, f"{path}/{called}", depth + shown, shown)
            for below, called in reversed(children.get(id_, ()))
        ]
