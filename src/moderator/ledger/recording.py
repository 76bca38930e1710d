"""One transaction from a finding to a violation, its actions and the sender's new standing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import BigInteger, DateTime, Text

from moderator.domain.decision import (
    ActionKind,
    ActionState,
    Decision,
    PlannedAction,
    Standing,
    Strike,
)
from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.ledger import standings
from moderator.ledger.engine import ANSWER_DUE, Engine, Transaction, prepare
from moderator.ledger.evidence import EvidenceCipher, Fingerprinter, redact
from moderator.ledger.rows import clause_as_json, evidence_as_json, hit_as_json
from moderator.ledger.tables import actions, violations
from moderator.policy.ladder import decide
from moderator.policy.policy import Policy

CHANNEL = "moderator_outbox"
_CAPS = 0x6D6F6463  # the advisory lock under which daily caps are counted

_WRITTEN = (
    *("message_key", "corp", "app", "source", "sender", "message_id", "kind", "chat", "sent_at"),
    *(
        "recorded_at",
        "category",
        "severity",
        "rule",
        "rules",
        "fingerprints",
        "hits",
        "hits_omitted",
    ),
    *("rulebook", "offence", "step", "clauses", "evidence", "evidence_key", "evidence_expires_at"),
)
_INSERT_VIOLATION = prepare(
    insert(violations)
    .values({name: bindparam(name) for name in _WRITTEN})
    .on_conflict_do_nothing(index_elements=[violations.c.message_key])
    .returning(violations.c.id)
)
_NOW = bindparam("now", type_=DateTime(timezone=True))
_planned = (
    func.unnest(
        *(bindparam(name, type_=ARRAY(Text)) for name in ("kinds", "states", "reasons", "details"))
    )
    .table_valued("kind", "state", "reason", "detail", with_ordinality="position", name="planned")
    .render_derived()
)
# In the order of the decision: identities are handed out as the rows come.
_INSERT_ACTIONS = prepare(
    insert(actions)
    .from_select(
        [
            *("violation_id", "corp", "sender", "kind", "state", "reason", "detail"),
            *("created_at", "queued_at", "due_at", "updated_at"),
        ],
        select(
            bindparam("violation", type_=BigInteger),
            bindparam("corp", type_=Text),
            bindparam("sender", type_=Text),
            _planned.c.kind,
            _planned.c.state,
            _planned.c.reason,
            _planned.c.detail,
            _NOW,
            case((_planned.c.state == literal_column(f"'{ActionState.QUEUED}'"), _NOW)),
            _NOW,
            _NOW,
        ).order_by(_planned.c.position),
    )
    .inline()
)
NOTIFY = prepare(select(func.pg_notify(CHANNEL, "")))
_LOCK_CAPS = prepare(select(func.pg_advisory_xact_lock(_CAPS)))
_USED_TODAY = prepare(
    select(actions.c.kind, func.count().label("used"))
    .where(
        actions.c.kind == func.any(bindparam("kinds", type_=ARRAY(Text))),
        actions.c.queued_at >= bindparam("since"),
        actions.c.decided_by == "",
    )
    .group_by(actions.c.kind)
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A violation that is now in the ledger."""

    violation_id: int
    decision: Decision


class Recorder:
    """Writes violations."""

    def __init__(
        self,
        engine: Engine,
        cipher: EvidenceCipher,
        fingerprinter: Fingerprinter,
        *,
        keep: timedelta,
        within: timedelta = ANSWER_DUE,
    ) -> None:
        """`keep` is how long after it was sent the text of a message stays readable.

        A record that is not committed `within` that time is given up.
        """
        self._engine = engine
        self._cipher = cipher
        self._fingerprinter = fingerprinter
        self._keep = keep
        self._within = within

    async def record(
        self, message: Message, finding: Finding, *, policy: Policy, rulebook: str, now: datetime
    ) -> Recorded | None:
        """Decide and commit; None when this message is in the ledger already.

        Two messages by one person are decided one after the other, whichever process received
        them.  Raises `LedgerUnavailable`; then nothing was written.
        """
        values = self._values(message, finding, rulebook, now)
        async with self._engine.begin(within=self._within) as transaction:
            standing = await standings.lock(transaction, message.corp, message.sender)
            decision = await _decided(transaction, finding, standing, policy, now)
            violation = await _write_violation(transaction, {**values, **_outcome(decision)})
            if violation is None:
                return None
            await _write_actions(transaction, violation, message, decision, now)
            strikes = (*standing.strikes, _strike(violation, message, decision))
            await standings.write(transaction, message.corp, message.sender, strikes, now=now)
        return Recorded(violation, decision)

    def _values(
        self, message: Message, finding: Finding, rulebook: str, now: datetime
    ) -> dict[str, Any]:
        redacted = redact(message, finding.hits)
        sealed = self._cipher.seal(evidence_as_json(redacted), bound_to=message.key)
        hits = [hit_as_json(placed, self._fingerprinter) for placed in redacted.hits]
        return {
            "message_key": message.key,
            "corp": message.corp,
            "app": message.app,
            "source": message.source.value,
            "sender": message.sender,
            "message_id": message.message_id,
            "kind": message.kind,
            "chat": message.chat,
            "sent_at": message.sent_at,
            "recorded_at": now,
            "rule": finding.gravest.rule,
            "rules": list(dict.fromkeys(hit.rule for hit in finding.hits)),
            "fingerprints": [hit["fingerprint"] for hit in hits if hit["masked"]],
            "hits": hits,
            "hits_omitted": redacted.omitted,
            "rulebook": rulebook,
            "evidence": sealed.blob,
            "evidence_key": sealed.key_id,
            "evidence_expires_at": message.sent_at + self._keep,
        }


async def _decided(
    transaction: Transaction, finding: Finding, standing: Standing, policy: Policy, now: datetime
) -> Decision:
    """Decide; once more with today's counts, under a lock, if a capped action came of it."""
    clauses = policy.rule_clauses.get(finding.gravest.rule, ())

    def decided(used_today: Mapping[ActionKind, int]) -> Decision:
        return decide(
            finding, standing, policy, clauses_of_rule=clauses, now=now, used_today=used_today
        )

    decision = decided({})
    capped = [action.kind for action in _queued(decision) if action.kind in policy.caps]
    return decided(await _used_today(transaction, capped, now)) if capped else decision


async def _used_today(
    transaction: Transaction, kinds: list[ActionKind], now: datetime
) -> dict[ActionKind, int]:
    await transaction.rows(_LOCK_CAPS)
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = await transaction.rows(_USED_TODAY, kinds=kinds, since=today)
    return {ActionKind(row["kind"]): row["used"] for row in rows}


def _outcome(decision: Decision) -> dict[str, Any]:
    return {
        "category": decision.category,
        "severity": int(decision.severity),
        "offence": decision.offence,
        "step": decision.step,
        "clauses": [clause_as_json(clause) for clause in decision.clauses],
    }


async def _write_violation(transaction: Transaction, values: dict[str, Any]) -> int | None:
    row = await transaction.row(_INSERT_VIOLATION, **values)
    return row["id"] if row else None


async def _write_actions(
    transaction: Transaction, violation: int, message: Message, decision: Decision, now: datetime
) -> None:
    await transaction.rows(
        _INSERT_ACTIONS,
        violation=violation,
        corp=message.corp,
        sender=message.sender,
        now=now,
        kinds=[action.kind.value for action in decision.actions],
        states=[action.state.value for action in decision.actions],
        reasons=[action.reason for action in decision.actions],
        details=[action.detail for action in decision.actions],
    )
    if _queued(decision):
        await transaction.rows(NOTIFY)


def _queued(decision: Decision) -> list[PlannedAction]:
    return [action for action in decision.actions if action.state is ActionState.QUEUED]


def _strike(violation: int, message: Message, decision: Decision) -> Strike:
    return Strike(
        violation=str(violation),
        category=decision.category,
        severity=decision.severity,
        at=message.sent_at,
    )
