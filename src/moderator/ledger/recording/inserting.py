"""Violations, actions and standings as rows, all of a group with one statement."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.dialects.postgresql import dialect

from moderator.domain.decision import Decision, Strike
from moderator.ledger.database.engine import Prepared, Transaction
from moderator.ledger.recording.deciding import Decided
from moderator.ledger.rows import change_as_json, clause_as_json
from moderator.ledger.schema.tables import violations
from moderator.ledger.standing import standings

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
# One statement, for one round trip.  Actions in the order of the decisions: identities are handed
# out as the rows come.
_WRITE: Final = Prepared(
    f"""
    WITH written AS (
      INSERT INTO violations ({_NAMES}, evidence) OVERRIDING SYSTEM VALUE
      SELECT * FROM ROWS FROM (jsonb_to_recordset($1) AS ({_TYPED}), unnest($2::bytea[])) AS given
      ON CONFLICT (message_key) DO NOTHING RETURNING id
    ), acting AS (
      INSERT INTO actions (violation_id, corp, sender, kind, state, reason, detail, created_at,
                           queued_at, not_before, due_at, updated_at)
      SELECT violation, corp, sender, kind, state, reason, detail, at,
             CASE state WHEN 'queued' THEN at END, not_before, coalesce(not_before, at), at
        FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                    $9::text[], $10::timestamptz[], $11::timestamptz[]) WITH ORDINALITY
             AS planned(violation, corp, sender, kind, state, reason, detail, not_before, at, place)
       WHERE violation IN (SELECT id FROM written)
       ORDER BY place
    ), striking AS (
      UPDATE standings SET strikes = struck.strikes, updated_at = $14
        FROM jsonb_to_recordset($13) AS struck(sender text, strikes jsonb)
       WHERE standings.corp = $12 AND standings.sender = struck.sender
    )
    SELECT (SELECT count(*) FROM written) AS written,
           (SELECT pg_notify($15, '') WHERE 'queued' = ANY($7)) AS told
    """,  # noqa: S608 - names and types of our own table
    (
        *("rows", "evidence"),
        *("violations", "corps", "senders", "kinds", "states", "reasons", "details"),
        *("not_befores", "ats"),
        *("corp", "struck", "now", "channel"),
    ),
    {"channel": CHANNEL},
)


async def write(
    transaction: Transaction,
    decided: Sequence[Decided],
    struck: Mapping[str, Iterable[Strike]],
    *,
    policy: str,
    now: datetime,
) -> int:
    """Write violations, their actions and the strikes of people whose standing is locked.

    Returns how many violations were not in the ledger; where some were, roll back.  `policy` is
    the digest under which the one that decided is kept.  Wakes whoever carries actions out.
    """
    rows = [{**_row(one), "policy": policy} for one in decided]
    evidence = [row.pop("evidence") for row in rows]
    planned = [(one, action) for one in decided for action in one.decision.actions]
    (done,) = await transaction.rows(
        _WRITE,
        rows=rows,
        evidence=evidence,
        violations=[one.id for one, _ in planned],
        corps=[one.case.message.corp for one, _ in planned],
        senders=[one.sender for one, _ in planned],
        kinds=[action.kind.value for _, action in planned],
        states=[action.state.value for _, action in planned],
        reasons=[action.reason for _, action in planned],
        details=[action.detail for _, action in planned],
        not_befores=[action.not_before for _, action in planned],
        ats=[one.case.now for one, _ in planned],
        corp=decided[0].case.message.corp,
        struck=standings.as_json(struck),
        now=now,
    )
    return int(done["written"])


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
