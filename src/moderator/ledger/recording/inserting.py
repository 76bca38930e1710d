"""Violations and actions as rows, many with one statement."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy.dialects.postgresql import dialect

from moderator.domain.decision import Decision
from moderator.ledger.database.engine import Prepared, Transaction
from moderator.ledger.recording.deciding import Decided
from moderator.ledger.rows import change_as_json, clause_as_json
from moderator.ledger.schema.tables import violations

CHANNEL: Final = "moderator_outbox"

_WRITTEN: Final = (
    *("id", "message_key", "corp", "app", "source", "sender", "message_id", "kind", "chat"),
    *("sender_name", "sender_department", "sender_departments", "sender_superiors"),
    *("sent_at", "recorded_at", "category", "severity", "rule", "rules", "fingerprints"),
    *("hits", "hits_omitted", "rulebook", "policy", "offence", "step", "units", "clauses"),
    *("exemption", "exemption_note", "evidence_key", "evidence_expires_at"),
)
_NAMES: Final = ", ".join(_WRITTEN)
_TYPED: Final = ", ".join(
    f"{name} {violations.c[name].type.compile(dialect())}"  # type: ignore[no-untyped-call]
    for name in _WRITTEN
)
_VIOLATIONS: Final = Prepared(
    f"""
    INSERT INTO violations ({_NAMES}, evidence) OVERRIDING SYSTEM VALUE
    SELECT * FROM ROWS FROM (jsonb_to_recordset($1) AS ({_TYPED}), unnest($2::bytea[])) AS given
    ON CONFLICT (message_key) DO NOTHING RETURNING id
    """,  # noqa: S608 - names and types of our own table
    ("rows", "evidence"),
    {},
)
# In the order of the decisions: identities are handed out as the rows come.
_ACTIONS: Final = Prepared(
    """
    WITH written AS (
    INSERT INTO actions (violation_id, corp, sender, kind, state, reason, detail, created_at,
                         queued_at, not_before, due_at, updated_at)
    SELECT violation, corp, sender, kind, state, reason, detail, at,
           CASE state WHEN 'queued' THEN at END, not_before, coalesce(not_before, at), at
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                  $7::text[], $8::timestamptz[], $9::timestamptz[]) WITH ORDINALITY
           AS planned(violation, corp, sender, kind, state, reason, detail, not_before, at, place)
     ORDER BY place)
    SELECT pg_notify($10, '') WHERE 'queued' = ANY($5)
    """,
    (
        *("violations", "corps", "senders", "kinds", "states", "reasons", "details"),
        *("not_befores", "ats", "channel"),
    ),
    {"channel": CHANNEL},
)


async def write_violations(
    transaction: Transaction, decided: Sequence[Decided], *, policy: str
) -> set[int]:
    """Write violations; the ids of those that were not in the ledger.

    `policy` is the digest under which the one that decided is kept.
    """
    rows = [{**_row(one), "policy": policy} for one in decided]
    evidence = [row.pop("evidence") for row in rows]
    return {row["id"] for row in await transaction.rows(_VIOLATIONS, rows=rows, evidence=evidence)}


async def write_actions(transaction: Transaction, decided: Iterable[Decided]) -> None:
    """Write the actions of violations that are there, and wake whoever carries them out."""
    planned = [(one, action) for one in decided for action in one.decision.actions]
    await transaction.rows(
        _ACTIONS,
        violations=[one.id for one, _ in planned],
        corps=[one.case.message.corp for one, _ in planned],
        senders=[one.sender for one, _ in planned],
        kinds=[action.kind.value for _, action in planned],
        states=[action.state.value for _, action in planned],
        reasons=[action.reason for _, action in planned],
        details=[action.detail for _, action in planned],
        not_befores=[action.not_before for _, action in planned],
        ats=[one.case.now for one, _ in planned],
    )


def _row(decided: Decided) -> dict[str, Any]:
    """The sender as known now; `IDENTIFY_SENDER` completes it."""
    entry, decision = decided.entry, decided.decision
    return {
        **decided.case.values,
        "id": decided.id,
        "sender": decided.sender,
        "sender_name": entry.name,
        "sender_department": entry.department,
        "sender_departments": entry.departments,
        "sender_superiors": entry.superiors,
        "category": decision.category,
        "severity": int(decision.severity),
        "offence": decision.offence,
        "step": decision.step,
        "clauses": [clause_as_json(clause) for clause in decision.clauses],
        "units": change_as_json(decision.units),
        **_exemption(decision),
    }


def _exemption(decision: Decision) -> dict[str, str]:
    if decision.exempted:
        return {"exemption": decision.exempted.id, "exemption_note": decision.exempted.reason}
    note = f"the sender's departments are not known: {', '.join(decision.undecided)}"
    return {"exemption": "", "exemption_note": note if decision.undecided else ""}
