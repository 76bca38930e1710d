"""What the outbox holds that is not done, in numbers: by state, kind and app."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.actions.requeueing import BURIED
from moderator.ledger.database.engine import Engine, Prepared, Row

WAITING = (
    ActionState.PROPOSED,
    ActionState.APPROVED,
    ActionState.QUEUED,
    ActionState.SENDING,
)


MOST: Final = 500  # of each state, the oldest ones, are counted

# Said as a range, the state leaves no order to walk in but that of the index on state and id: the
# primary key would lead through everything that was ever done.
_PILES: Final = Prepared(
    """
    SELECT oldest.state, oldest.kind, v.app, count(*) AS number,
           count(*) FILTER (WHERE oldest.held_by <> '') AS held, min(oldest.created_at) AS since
      FROM unnest($1::text[]) AS wanted(state)
     CROSS JOIN LATERAL (
       SELECT id, state, kind, violation_id, held_by, created_at FROM actions
        WHERE (actions.state, id) > (wanted.state, 0) AND actions.state <= wanted.state
        ORDER BY state, id LIMIT $2
     ) AS oldest
      JOIN violations v ON v.id = oldest.violation_id
     WHERE $3::int[] IS NULL OR v.sender_departments && $3
     GROUP BY oldest.state, oldest.kind, v.app
     ORDER BY number DESC, oldest.state, oldest.kind, v.app
    """,
    ("states", "most", "bound"),
    {},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """Actions of one kind in one state over what came by one app; `since` the oldest was decided.

    `held` of them wait for something else: a pause, a limit, the quiet hours.
    """

    state: ActionState
    kind: ActionKind
    app: str
    number: int
    held: int
    since: datetime


class Backlog:
    """Counts what waits and what was given up: of each state the `MOST` that are oldest."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def piles(self, *, bound: frozenset[int] | None = None) -> Sequence[Pile]:
        """The largest first; `bound` as of the person who asks."""
        states = [state.value for state in (*WAITING, *BURIED)]
        roots = None if bound is None else sorted(bound)
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(_PILES, states=states, most=MOST, bound=roots)
        return [_pile(row) for row in rows]


def _pile(row: Row) -> Pile:
    return Pile(
        state=ActionState(row["state"]),
        kind=ActionKind(row["kind"]),
        app=row["app"],
        number=row["number"],
        held=row["held"],
        since=row["since"],
    )
