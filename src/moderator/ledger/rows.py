"""Rows and JSON of the database as values, and back."""

from datetime import datetime
from typing import Any

from moderator.domain.decision import ActionKind, ActionState, Clause, UnitChange
from moderator.domain.message import Source, TextField
from moderator.domain.rule import Layer, Severity
from moderator.errors import EvidenceUnreadable
from moderator.ledger.database.engine import Row
from moderator.ledger.evidence.sealing import (
    EvidenceCipher,
    Fingerprinter,
    PlacedHit,
    Redacted,
    Sealed,
)
from moderator.ledger.records import (
    ActionRecord,
    Attempt,
    EvidenceState,
    FailedMessage,
    HitRecord,
    Json,
    Recomputed,
    Status,
    ViolationRecord,
)
from moderator.matching.masking import mask


def hit_as_json(placed: PlacedHit, fingerprinter: Fingerprinter) -> Json:
    """A hit without anything that a person wrote."""
    hit = placed.hit
    kept: Json = {
        "rule": hit.rule,
        "version": hit.version,
        "category": hit.category,
        "severity": int(hit.severity),
        "field": hit.field,
        "start": placed.start,
        "end": placed.end,
        "layers": list(hit.layers),
        "verified": hit.verified,
        "masked": hit.masked,
    }
    if hit.masked:
        kept["fingerprint"] = fingerprinter.fingerprint(placed.value)
        kept["shown"] = mask(placed.value)
    return kept


def evidence_as_json(redacted: Redacted) -> Json:
    """What is kept encrypted: the texts, and for each hit the word found and the notes on it."""
    return {
        "fields": [[field.name, field.text] for field in redacted.fields],
        "hits": [
            {"word": "" if placed.hit.masked else placed.hit.word, "notes": list(placed.hit.notes)}
            for placed in redacted.hits
        ],
    }


def clause_as_json(clause: Clause) -> Json:
    return {
        "id": clause.id,
        "document": clause.document,
        "version": clause.version,
        "number": clause.number,
        "text": clause.text,
    }


def change_as_json(change: UnitChange) -> Json:
    """What a violation does to a person's units; `{}` for nothing."""
    kept = {
        "given": dict(change.given),
        "before": dict(change.before),
        "after": dict(change.after),
        "converted": change.converted,
    }
    return kept if any(kept.values()) else {}


def change_of(kept: Json) -> UnitChange:
    return UnitChange(**kept | {"converted": tuple(kept["converted"])}) if kept else UnitChange()


def attempt_as_json(
    at: datetime,
    state: ActionState,
    *,
    outcome: str = "",
    errcode: int | None = None,
    by: str = "",
) -> list[Json]:
    """A list of one, ready to be appended to an action's history."""
    return [
        {"at": at.isoformat(), "state": state, "outcome": outcome, "errcode": errcode, "by": by}
    ]


def violation_of(
    row: Row, *, cipher: EvidenceCipher | None = None, actions: tuple[ActionRecord, ...] = ()
) -> ViolationRecord:
    """The record of a row; with its evidence where a `cipher` is given."""
    state, content = _evidence(row, cipher)
    return ViolationRecord(
        id=row["id"],
        message_key=row["message_key"],
        corp=row["corp"],
        app=row["app"],
        source=Source(row["source"]),
        sender=row["sender"],
        sender_name=row["sender_name"],
        sender_department=row["sender_department"],
        sender_departments=tuple(row["sender_departments"]),
        sender_superiors=tuple(row["sender_superiors"]),
        sender_gaps=row["sender_gaps"],
        message_id=row["message_id"],
        kind=row["kind"],
        chat=row["chat"],
        sent_at=row["sent_at"],
        recorded_at=row["recorded_at"],
        category=row["category"],
        severity=Severity(row["severity"]),
        rule=row["rule"],
        rules=tuple(row["rules"]),
        hits=_hits(row["hits"], content),
        hits_omitted=row["hits_omitted"],
        rulebook=row["rulebook"],
        offence=row["offence"],
        step=row["step"],
        units=change_of(row["units"]),
        exemption=row["exemption"],
        exemption_note=row["exemption_note"],
        recomputed=_recomputed(row["recomputed"]),
        policy=row["policy"],
        assignee=row["assignee"],
        escalated_to=row["escalated_to"],
        escalated_by=row["escalated_by"],
        escalated_at=row["escalated_at"],
        escalation=row["escalation"],
        clauses=tuple(Clause(**clause) for clause in row["clauses"]),
        status=Status(row["status"]),
        version=row["version"],
        judged_by=row["judged_by"],
        judged_at=row["judged_at"],
        judgement=row["judgement"],
        evidence=state,
        evidence_expires_at=row["evidence_expires_at"],
        fields=tuple(TextField(*field) for field in content.get("fields", ())),
        actions=actions,
    )


def action_of(row: Row) -> ActionRecord:
    return ActionRecord(
        id=row["id"],
        violation_id=row["violation_id"],
        sender=row["sender"],
        kind=ActionKind(row["kind"]),
        state=ActionState(row["state"]),
        reason=row["reason"],
        detail=row["detail"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        queued_at=row["queued_at"],
        due_at=row["due_at"],
        updated_at=row["updated_at"],
        errcode=row["errcode"],
        outcome=row["outcome"],
        wecom_msgid=row["wecom_msgid"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        decision_reason=row["decision_reason"],
        history=tuple(_attempt(kept) for kept in row["history"]),
        not_before=row["not_before"],
        check_at=row["check_at"],
        held_by=row["held_by"],
    )


def failed_of(row: Row) -> FailedMessage:
    return FailedMessage(
        id=row["id"],
        app=row["app"],
        key=row["key"],
        body=row["body"],
        signature=row["signature"],
        timestamp=row["timestamp"],
        nonce=row["nonce"],
        reason=row["reason"],
        attempts=row["attempts"],
        received_at=row["received_at"],
        settled_at=row["settled_at"],
        expires_at=row["expires_at"],
        erased_at=row["erased_at"],
    )


def _evidence(row: Row, cipher: EvidenceCipher | None) -> tuple[EvidenceState, Json]:
    if row["evidence"] is None:
        return EvidenceState.ERASED, {}
    if cipher is None:
        return EvidenceState.WITHHELD, {}
    try:
        sealed = Sealed(row["evidence_key"], row["evidence"])
        return EvidenceState.READABLE, cipher.open(sealed, bound_to=row["message_key"])
    except EvidenceUnreadable:
        return EvidenceState.UNREADABLE, {}


def _hits(kept: list[Json], content: Json) -> tuple[HitRecord, ...]:
    private = content.get("hits") or [{}] * len(kept)
    return tuple(_hit(hit, more) for hit, more in zip(kept, private, strict=True))


def _hit(kept: Json, private: Json) -> HitRecord:
    told: dict[str, Any] = {
        **kept,
        "severity": Severity(kept["severity"]),
        "layers": tuple(Layer(layer) for layer in kept["layers"]),
        "word": private.get("word", ""),
        "notes": tuple(private.get("notes", ())),
    }
    return HitRecord(**told)


def _recomputed(kept: Json | None) -> Recomputed | None:
    if kept is None:
        return None
    return Recomputed(offence=kept["offence"], step=kept["step"], units=change_of(kept["units"]))


def _attempt(kept: Json) -> Attempt:
    return Attempt(
        at=datetime.fromisoformat(kept["at"]),
        state=ActionState(kept["state"]),
        outcome=kept["outcome"],
        errcode=kept["errcode"],
        by=kept["by"],
    )
