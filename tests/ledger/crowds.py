"""Many small violations of every kind, and what a filter should make of them, in plain Python."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.rule import Severity
from moderator.ledger.database.engine import Engine
from moderator.ledger.records import Sort, Status, ViolationFilter
from moderator.ledger.schema.desk import decisions
from moderator.ledger.schema.tables import actions, departments, people, standings, violations

CORP = "corp"
# Two divisions below the company, each with two teams.
PARENTS = {1: 0, 2: 1, 3: 1, 21: 2, 22: 2, 31: 3, 32: 3}
NAMES = {"zhao": "赵一", "Qian": "钱二", "sun": "孙三", "li": "李赵", "zhou": "周五"}
CATEGORIES = ("abuse", "gambling", "fraud")
RULES = ("rule-a", "rule-b", "rule-c", "rule-d")
NOTES = ("误报：引用原话", "Agreed with HR", "再犯")


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """A violation as the test knows it."""

    id: int
    key: str
    sender: str
    departments: tuple[int, ...]
    chat: str
    app: str
    sent_at: datetime
    recorded_at: datetime
    category: str
    severity: int
    rules: tuple[str, ...]
    fingerprints: tuple[str, ...]
    clauses: tuple[str, ...]
    status: Status
    judged_at: datetime | None
    assignee: str
    escalated_to: str
    acts: tuple[tuple[ActionKind, ActionState], ...]
    note: str

    @property
    def version(self) -> int:
        return 2 if self.note else 1

    def row(self) -> dict[str, Any]:
        return {
            "message_key": self.key,
            "corp": CORP,
            "app": self.app,
            "source": "callback",
            "sender": self.sender,
            "sender_departments": list(self.departments),
            "message_id": f"m{self.key}",
            "kind": "text",
            "chat": self.chat,
            "sent_at": self.sent_at,
            "recorded_at": self.recorded_at,
            "category": self.category,
            "severity": self.severity,
            "rule": self.rules[0],
            "rules": list(self.rules),
            "fingerprints": list(self.fingerprints),
            "hits": [],
            "offence": 1,
            "clauses": [
                {"id": id_, "document": "d", "version": "1", "number": "1", "text": "t"}
                for id_ in self.clauses
            ],
            "evidence_expires_at": self.sent_at,
            "status": self.status.value,
            "version": self.version,
            "judged_at": self.judged_at,
            "assignee": self.assignee,
            "escalated_to": self.escalated_to,
        }


def drawn(number: int, dice: random.Random, *, since: datetime, span: timedelta) -> list[One]:
    """That many violations, sent at any time within `span`, in no order; without ids."""
    return [_drawn(dice, since, span) for _ in range(number)]


def _drawn(dice: random.Random, since: datetime, span: timedelta) -> One:
    # Whole minutes, so that many are sent at the same time.
    sent = since + timedelta(minutes=dice.randrange(int(span.total_seconds() / 60)))
    recorded = sent + timedelta(seconds=dice.choice((1, 1, 2, 7200)))
    status = dice.choice(tuple(Status))
    judged = status is not Status.OPEN
    teams = dice.sample((21, 22, 31, 32), dice.choice((1, 1, 1, 2)))
    return One(
        id=0,
        key=f"{dice.random()}",
        sender=dice.choice(tuple(NAMES)),
        departments=tuple(sorted({up for team in teams for up in (team, PARENTS[team], 1)})),
        chat=dice.choice(("", "group-1", "group-2")),
        app=dice.choice(("chat", "desk")),
        sent_at=sent,
        recorded_at=recorded,
        category=dice.choice(CATEGORIES),
        severity=dice.choice((1, 1, 2, 3, 4)),
        rules=tuple(dice.sample(RULES, dice.choice((1, 1, 2)))),
        fingerprints=dice.choice(((), (), ("f1",), ("f2", "f3"))),
        clauses=dice.choice((("s1",), ("s2",), ("s1", "s3"))),
        status=status,
        judged_at=recorded + timedelta(minutes=dice.randrange(600)) if judged else None,
        assignee=dice.choice(("", "", "wang", "chen")),
        escalated_to=dice.choice(("", "", "", "head")),
        acts=tuple(
            (dice.choice((ActionKind.WARN_SENDER, ActionKind.REMOVE_FROM_GROUP)), state)
            for state in dice.choices(tuple(ActionState)[:4], k=dice.choice((0, 1, 2)))
        ),
        note=dice.choice(NOTES) if judged else "",
    )


async def keep(database: Engine, many: Sequence[One]) -> list[One]:
    """Write them, with their actions and notes; the same with the ids that they got."""
    return [await _kept(database, one) for one in many]


async def keep_directory(database: Engine) -> None:
    """Everybody's name and standing, and the tree of departments."""
    async with database.begin() as transaction:
        for userid, name in NAMES.items():
            known = {"corp": CORP, "userid": userid.lower(), "name": name}
            await transaction.rows(insert(people).values(known))
            await transaction.rows(insert(standings).values(corp=CORP, sender=userid))
        for id_, parent in PARENTS.items():
            named = {"corp": CORP, "id": id_, "parent": parent, "name": f"部门{id_}"}
            await transaction.rows(insert(departments).values(named))


async def _kept(database: Engine, one: One) -> One:
    async with database.begin() as transaction:
        row = await transaction.row(
            insert(violations).values(**one.row()).returning(violations.c.id)
        )
        assert row is not None
        for kind, state in one.acts:
            await transaction.rows(insert(actions).values(**_action(row["id"], one, kind, state)))
        if one.note:
            decided = {"violation_id": row["id"], "version": 2, "kind": one.status.value}
            told = {"at": one.judged_at, "actor": "wang", "reason": one.note}
            await transaction.rows(insert(decisions).values(decided | told))
    return replace(one, id=row["id"])


def _action(violation: int, one: One, kind: ActionKind, state: ActionState) -> dict[str, Any]:
    return {
        "violation_id": violation,
        "corp": CORP,
        "sender": one.sender,
        "kind": kind.value,
        "state": state.value,
        "created_at": one.recorded_at,
        "due_at": one.recorded_at,
        "updated_at": one.recorded_at,
    }


def fits(one: One, wanted: ViolationFilter) -> bool:
    """What the filter means."""
    acted = any(
        (not wanted.action_states or state in wanted.action_states)
        and wanted.action_kind in (None, kind)
        for kind, state in one.acts
    )
    return all(
        (
            wanted.sent_from is None or one.sent_at >= wanted.sent_from,
            wanted.sent_until is None or one.sent_at < wanted.sent_until,
            wanted.recorded_from is None or one.recorded_at >= wanted.recorded_from,
            wanted.recorded_until is None or one.recorded_at < wanted.recorded_until,
            *(
                getattr(wanted, name) in (None, getattr(one, name))
                for name in ("sender", "chat", "app", "category", "assignee", "escalated_to")
            ),
            wanted.department is None or wanted.department in one.departments,
            wanted.bound is None or wanted.bound & set(one.departments),
            wanted.severity is None or one.severity >= wanted.severity,
            wanted.max_severity is None or one.severity <= wanted.max_severity,
            wanted.rule is None or wanted.rule in one.rules,
            wanted.clause is None or wanted.clause in one.clauses,
            wanted.fingerprint is None or wanted.fingerprint in one.fingerprints,
            not wanted.statuses or one.status in wanted.statuses,
            acted or not (wanted.action_states or wanted.action_kind),
            wanted.text is None or _mentions(one, wanted.text),
        )
    )


def _mentions(one: One, text: str) -> bool:
    named = f"{NAMES[one.sender]} {one.sender}".lower()
    return (
        text.lower() in named
        or text in (str(one.id), f"m{one.key}", one.chat)
        or any(text in f"部门{id_}" for id_ in one.departments)
        or text.lower() in one.note.lower()
    )


def in_order(many: Sequence[One], wanted: ViolationFilter, sort: Sort) -> list[int]:
    """The ids of those that fit, as a list has them."""
    recorded = wanted.recorded_from is not None or wanted.recorded_until is not None
    sent = wanted.sent_from is not None or wanted.sent_until is not None
    time = "recorded_at" if recorded and not sent and sort is not Sort.GRAVEST else "sent_at"
    found = sorted(
        (one for one in many if fits(one, wanted)), key=lambda one: (getattr(one, time), one.id)
    )
    if sort is Sort.GRAVEST:
        found.sort(key=lambda one: -one.severity)
    return [one.id for one in (found[::-1] if sort is Sort.NEWEST else found)]


def any_filter(dice: random.Random, since: datetime) -> ViolationFilter:
    """One to four conditions, of any kind."""
    later = since + timedelta(hours=dice.randrange(1, 40))
    every: dict[str, Any] = {
        "sent_from": later,
        "sent_until": later + timedelta(hours=4),
        "recorded_from": later,
        "recorded_until": later + timedelta(hours=8),
        "sender": dice.choice(tuple(NAMES)),
        "department": dice.choice(tuple(PARENTS)),
        "bound": frozenset(dice.sample(tuple(PARENTS), dice.choice((0, 1, 2)))),
        "chat": dice.choice(("group-1", "group-9")),
        "app": "desk",
        "category": dice.choice(CATEGORIES),
        "severity": dice.choice(tuple(Severity)),
        "max_severity": dice.choice(tuple(Severity)),
        "rule": dice.choice(RULES),
        "clause": dice.choice(("s1", "s2", "s3", "s4")),
        "statuses": tuple(dice.sample(tuple(Status), dice.choice((1, 2)))),
        "assignee": dice.choice(("", "wang")),
        "escalated_to": "head",
        "fingerprint": dice.choice(("f1", "f3")),
        "action_states": tuple(dice.sample(tuple(ActionState)[:4], 2)),
        "action_kind": ActionKind.WARN_SENDER,
        "text": dice.choice(("赵", "QIAN", "部门3", "再犯", "agreed", "group-2", "17", "没有")),
    }
    names = dice.sample(tuple(every), dice.choice((0, 1, 1, 2, 2, 3, 4)))
    return ViolationFilter(**{name: every[name] for name in names})
