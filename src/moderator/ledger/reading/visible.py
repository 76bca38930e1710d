"""Reading violations inside a transaction, for whoever may see them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    any_,
    bindparam,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Integer

from moderator.errors import NotFound
from moderator.ledger.database.engine import Transaction, prepare
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.records import ActionRecord, ViolationRecord
from moderator.ledger.rows import action_of, violation_of
from moderator.ledger.schema.tables import actions, departments, violations

_ONE = prepare(select(violations).where(violations.c.id == bindparam("id", type_=BigInteger)))
_ONE_WITHIN = prepare(
    select(violations).where(
        violations.c.id == bindparam("id", type_=BigInteger),
        violations.c.sender_departments.overlap(bindparam("bound", type_=ARRAY(Integer))),
    )
)
_ACTIONS = prepare(
    select(actions)
    .where(actions.c.violation_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .order_by(actions.c.id)
)


def within(bound: frozenset[int] | None) -> Iterator[ColumnElement[bool]]:
    """What a violation has to be for somebody bound to these departments; nothing for None."""
    if bound is not None:
        # In the statement itself: of departments that it is told later PostgreSQL expects next to
        # no violations, and puts all of a person's in order to find the newest.
        roots = f"'{{{','.join(str(int(root)) for root in sorted(bound))}}}'::integer[]"
        yield violations.c.sender_departments.overlap(literal_column(roots))


def among(column: ColumnElement[Any], values: Iterable[object]) -> ColumnElement[bool]:
    """The column is one of the values."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def written(number: int) -> ColumnElement[int]:
    """A number in the statement itself.

    For a limit given as a parameter PostgreSQL plans to read a tenth of the table.
    """
    return literal_column(str(number))


def below(roots: frozenset[int]) -> Select[Any]:
    """The departments and all below them, as the directory has them now."""
    asked = func.unnest(literal(sorted(roots), ARRAY(Integer))).column_valued("id")
    below = select(asked.label("id")).cte(recursive=True)
    children = select(departments.c.id).join(below, departments.c.parent == below.c.id)
    return select(below.union(children).c.id)


async def violation_in(
    transaction: Transaction,
    violation_id: int,
    *,
    bound: frozenset[int] | None = None,
    cipher: EvidenceCipher | None = None,
) -> ViolationRecord:
    """The violation, with its evidence where a `cipher` is given.

    Raises `NotFound`, also where the sender belongs to no department within `bound`.
    """
    if bound is None:
        row = await transaction.row(_ONE, id=violation_id)
    else:
        row = await transaction.row(_ONE_WITHIN, id=violation_id, bound=sorted(bound))
    if row is None:
        raise NotFound(f"violation {violation_id}")
    told = await actions_of(transaction, [violation_id])
    return violation_of(row, cipher=cipher, actions=told.get(violation_id, ()))


async def violations_in(
    transaction: Transaction, violation_ids: Sequence[int]
) -> tuple[ViolationRecord, ...]:
    """These violations without their evidence, in this order."""
    ids = list(violation_ids)
    wanted = select(violations).where(violations.c.id == any_(literal(ids, ARRAY(BigInteger))))
    rows = {row["id"]: row for row in await transaction.rows(wanted)} if ids else {}
    told = await actions_of(transaction, ids)
    return tuple(violation_of(rows[id_], actions=told.get(id_, ())) for id_ in ids if id_ in rows)


async def actions_of(
    transaction: Transaction, violation_ids: list[int]
) -> dict[int, tuple[ActionRecord, ...]]:
    """The actions of each violation, in the order in which they were written."""
    found: dict[int, tuple[ActionRecord, ...]] = {}
    for row in await transaction.rows(_ACTIONS, ids=violation_ids) if violation_ids else ():
        found[row["violation_id"]] = (*found.get(row["violation_id"], ()), action_of(row))
    return found
