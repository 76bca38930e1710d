"""Cards with buttons: which are out, and what has to be shown on them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, any_, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from moderator.domain.cards import Decided
from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.recording.recorder import NOTIFY
from moderator.ledger.schema.tables import actions, cards, violations


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card that was sent; `response_code` updates it once and is `spent` after that."""

    task: str
    violation_id: int
    app: str
    users: tuple[str, ...]
    response_code: str = ""
    spent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUpdate:
    """What is to be shown on a card; kept as the `detail` of an `UPDATE_CARD`."""

    app: str
    users: tuple[str, ...]
    response_code: str
    decided: Decided
    by: str

    def as_detail(self) -> str:
        told = [self.app, list(self.users), self.response_code, self.decided, self.by]
        return json.dumps(told, ensure_ascii=False)

    @classmethod
    def of_detail(cls, detail: str) -> "CardUpdate":
        app, users, response_code, decided, by = json.loads(detail)
        return cls(
            app=app,
            users=tuple(users),
            response_code=response_code,
            decided=Decided(decided),
            by=by,
        )


class Cards:
    """Keeps cards."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def prepare(self, card: Card, *, now: datetime) -> None:
        """Keep a card before it is sent: whoever is quick may press before WeCom has answered."""
        values = {
            "task": card.task,
            "violation_id": card.violation_id,
            "app": card.app,
            "users": list(card.users),
            "sent_at": now,
        }
        async with self._engine.begin() as transaction:
            await transaction.rows(upsert(cards).values(values).on_conflict_do_nothing())

    async def sent(self, card: Card) -> None:
        """Keep who got the card, and what updates it."""
        statement = (
            update(cards)
            .where(cards.c.task == card.task)
            .values(users=list(card.users), response_code=card.response_code)
            .returning(cards.c.task)
        )
        async with self._engine.begin() as transaction:
            await transaction.rows(statement)

    async def one(self, task: str) -> Card | None:
        async with self._engine.begin() as transaction:
            row = await transaction.row(select(cards).where(cards.c.task == task))
        return _card(row) if row else None

    async def answer(self, shown: CardUpdate, card: Card, *, now: datetime) -> None:
        """Queue what a press made of the card, once for each press."""
        code = shown.response_code
        async with self._engine.begin() as transaction:
            marked = await transaction.row(
                update(cards)
                .where(cards.c.task == card.task, ~(literal(code) == any_(cards.c.answers)))
                .values(answers=_with(code))
                .returning(cards.c.task)
            )
            if marked:
                await _show(transaction, card.violation_id, shown, at=now)

    async def ask_again(self, violation_id: int, *, due: datetime, now: datetime) -> None:
        """Queue another card for `due`, unless one is queued already."""
        async with self._engine.begin() as transaction:
            queued = await transaction.row(
                select(actions.c.id).where(
                    actions.c.violation_id == violation_id,
                    actions.c.kind == ActionKind.ASK_REVIEWERS.value,
                    actions.c.state == ActionState.QUEUED.value,
                )
            )
            if queued is None:
                await _queue(
                    transaction, violation_id, ActionKind.ASK_REVIEWERS, "again", now, due=due
                )


async def show_decision(
    transaction: Transaction, violation_id: int, decided: Decided, by: str, *, at: datetime
) -> None:
    """Queue that every card of the violation that shows no decision yet shows this one."""
    open_cards = (
        select(cards)
        .where(
            cards.c.violation_id == violation_id,
            cards.c.response_code != "",
            ~(cards.c.response_code == any_(cards.c.answers)),
        )
        .with_for_update()
    )
    for row in await transaction.rows(open_cards):
        card = _card(row)
        shown = CardUpdate(
            app=card.app, users=card.users, response_code=card.response_code, decided=decided, by=by
        )
        await _show(transaction, violation_id, shown, at=at)
        await transaction.rows(
            update(cards)
            .where(cards.c.task == card.task)
            .values(answers=_with(card.response_code))
            .returning(cards.c.task)
        )


async def _show(
    transaction: Transaction, violation_id: int, shown: CardUpdate, *, at: datetime
) -> None:
    kind = ActionKind.UPDATE_CARD
    await _queue(transaction, violation_id, kind, shown.as_detail(), at)


async def _queue(
    transaction: Transaction,
    violation_id: int,
    kind: ActionKind,
    detail: str,
    at: datetime,
    *,
    due: datetime | None = None,
) -> None:
    values: dict[str, Any] = {
        "kind": kind.value,
        "state": ActionState.QUEUED.value,
        "reason": "approval",
        "detail": detail,
        "created_at": at,
        "queued_at": due or at,
        "not_before": due,
        "due_at": due or at,
        "updated_at": at,
    }
    given = (literal(value, actions.c[name].type) for name, value in values.items())
    person = (violations.c.id, violations.c.corp, violations.c.sender)
    source = select(*person, *given).where(violations.c.id == violation_id)
    added = insert(actions).from_select(["violation_id", "corp", "sender", *values], source)
    await transaction.rows(added.returning(actions.c.id))
    await transaction.rows(NOTIFY)


def _with(code: str) -> ColumnElement[Any]:
    """`answers`, and this response code, which can no longer update anything."""
    return cards.c.answers.op("||")(literal([code], cards.c.answers.type))


def _card(row: Row) -> Card:
    users: Sequence[str] = row["users"]
    return Card(
        task=row["task"],
        violation_id=row["violation_id"],
        app=row["app"],
        users=tuple(users),
        response_code=row["response_code"],
        spent=row["response_code"] in row["answers"],
    )
