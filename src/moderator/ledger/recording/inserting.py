"""Violations, actions and standings as rows, all of a group with one statement."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.dialects.postgresql import dialect

from moderator.domain import canary
from moderator.domain.decision import Decision, Standing
from moderator.ledger.database.engine import Prepared, Transaction
from moderator.ledger.database.line import Line
from moderator.ledger.recording.deciding import Decided
from moderator.ledger.records import Status
from moderator.ledger.rows import change_as_json, clause_as_json
from moderator.ledger.schema.tables import violations
from moderator.ledger.standing import standings

CHANNEL: Final = "moderator_outbox"

_WRITTEN: Final = (
    *("id", "message_key", "corp", "app", "source", "sender", "message_id", "kind", "chat"),
    *("sender_name", "sender_department", "sender_departments", "sender_superiors"),
    *("sent_at", "recorded_at", "category", "severity", "rule", "rules", "fingerprints"),
    *("hits", "hits_omitted", "rulebook", "policy", "offence", "step", "units", "clauses"),
    *("exemption", "exemption_note", "evidence_key", "evidence_expires_at", "status"),
)
_NAMES: Final = ", ".join(_WRITTEN)
_TYPED: Final = ", ".join(
    f"{name} {violations.c[name].type.compile(dialect())}"  # type: ignore[no-untyped-call]
    for name in _WRITTEN
)
_GIVEN: Final = (
    *("rows", "evidence"),
    *("violations", "kinds", "states", "reasons", "details", "not_befores", "ats"),
    *("corp", "senders", "strikes", "now", "channel"),
)


def _statement(*, unmoved: str, repeated: str) -> str:
    """One statement, for one round trip: standings first, and what follows only for these.

    Standings in the order of the senders, which is the same everywhere: two that write of the same
    people never wait for each other in a circle.  Actions in the order of the decisions: identities
    are handed out as the rows come.
    """
    return f"""
    WITH standing AS (
      INSERT INTO standings AS theirs (corp, sender, strikes, updated_at)
      SELECT $10, sender, strikes::jsonb, $13
        FROM unnest($11::text[], $12::text[]) AS struck(sender, strikes)
      ON CONFLICT (corp, sender) DO UPDATE
         SET strikes = excluded.strikes, updated_at = excluded.updated_at {unmoved}
      RETURNING sender
    ), written AS (
      INSERT INTO violations ({_NAMES}, evidence) OVERRIDING SYSTEM VALUE
      SELECT * FROM ROWS FROM (jsonb_to_recordset($1) AS ({_TYPED}), unnest($2::bytea[])) AS given
       WHERE sender IN (SELECT sender FROM standing)
      {repeated} RETURNING id, sender
    ), acting AS (
      INSERT INTO actions (violation_id, corp, sender, kind, state, reason, detail, created_at,
                           queued_at, not_before, due_at, updated_at)
      SELECT violation, $10, sender, kind, state, reason, detail, at,
             CASE state WHEN 'queued' THEN at END, not_before, coalesce(not_before, at), at
        FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[],
                    $8::timestamptz[], $9::timestamptz[]) WITH ORDINALITY
             AS planned(violation, kind, state, reason, detail, not_before, at, place)
        JOIN written ON written.id = violation
       ORDER BY place
    )
    SELECT ARRAY(SELECT id FROM written) AS written,
           (SELECT pg_notify($14, '') WHERE 'queued' = ANY($5)) AS told
    """  # noqa: S608 - names and types of our own table


_WRITE: Final = Prepared(
    _statement(unmoved="", repeated="ON CONFLICT (message_key) DO NOTHING"),
    _GIVEN,
    {"channel": CHANNEL},
)
# Every change of a standing, and every lock on one, makes a new version of its row, which names the
# transaction that made it (`xmin`).  A message that is in the ledger after all has moved it, too.
_WRITE_UNMOVED: Final = Prepared(
    _statement(
        unmoved="WHERE theirs.xmin::text = ($15::text[])[array_position($11, theirs.sender)]",
        repeated="",
    ),
    (*_GIVEN, "versions"),
    {"channel": CHANNEL},
)


async def write(
    transaction: Transaction,
    decided: Sequence[Decided],
    after: Mapping[str, Standing],
    *,
    policy: str,
    now: datetime,
) -> int:
    """Write violations, their actions and the standings of their senders, which are locked.

    Returns how many violations were not in the ledger; where some were, roll back.  `policy` is
    the digest under which the one that decided is kept.  Wakes whoever carries actions out.
    """
    (done,) = await transaction.rows(_WRITE, **_given(decided, after, policy=policy, now=now))
    return len(done["written"])


async def write_unmoved(
    line: Line,
    decided: Sequence[Decided],
    after: Mapping[str, Standing],
    versions: Mapping[str, str],
    *,
    policy: str,
    now: datetime,
) -> Collection[int]:
    """The same of senders who are not locked, and commit.

    Nothing is written of a sender whose standing has another version than that of `versions` (none
    for whoever had no standing).  Returns the ids of the violations that were written.
    """
    given = _given(decided, after, policy=policy, now=now)
    known = [versions.get(sender) for sender in given["senders"]]
    (done,) = await line.rows(_WRITE_UNMOVED, **given, versions=known)
    return frozenset(done["written"])


def _given(
    decided: Sequence[Decided], after: Mapping[str, Standing], *, policy: str, now: datetime
) -> dict[str, Any]:
    planned = [(one, action) for one in decided for action in one.decision.actions]
    senders = sorted({one.sender for one in decided})
    return {
        "rows": [_row(one, policy) for one in decided],
        "evidence": [one.case.evidence for one in decided],
        "violations": [one.id for one, _ in planned],
        "kinds": [action.kind for _, action in planned],
        "states": [action.state for _, action in planned],
        "reasons": [action.reason for _, action in planned],
        "details": [action.detail for _, action in planned],
        "not_befores": [action.not_before for _, action in planned],
        "ats": [one.case.now for one, _ in planned],
        "corp": decided[0].case.message.corp,
        "senders": senders,
        "strikes": [standings.strikes_as_json(after[sender].strikes) for sender in senders],
        "now": now,
    }


def _row(decided: Decided, policy: str) -> dict[str, Any]:
    """The sender as known now; `IDENTIFY_SENDER` completes it."""
    entry, decision = decided.entry, decided.decision
    return {
        **decided.case.values,
        "id": decided.id,
        "policy": policy,
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
        "status": _status(decision),
        **_exemption(decision),
    }


def _status(decision: Decision) -> Status:
    """The canary sings every few minutes: nobody has to judge it."""
    return Status.CONFIRMED if decision.category == canary.CATEGORY else Status.OPEN


def _exemption(decision: Decision) -> dict[str, str]:
    if decision.exempted:
        return {"exemption": decision.exempted.id, "exemption_note": decision.exempted.reason}
    note = f"the sender's departments are not known: {', '.join(decision.undecided)}"
    return {"exemption": "", "exemption_note": note if decision.undecided else ""}
