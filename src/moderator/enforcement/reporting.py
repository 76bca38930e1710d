"""Reports for a SIEM: what happened, to whom, by which rule; never a text or a value."""

from collections.abc import Mapping
from typing import Any

from moderator.enforcement.results import Result, accepted, cancelled, failed
from moderator.ledger.records import ClaimedAction, HitRecord, ViolationRecord
from moderator.wecom.siem import Siem

RECORDED = "violation.recorded"


class Reporting:
    """Posts one signed report for each action; the same id at every try."""

    def __init__(self, siem: Siem | None) -> None:
        self._siem = siem

    async def report(self, action: ClaimedAction) -> Result:
        """Raises `WeComUnreachable` where the receiver does not take it now."""
        if self._siem is None:
            return cancelled("siem.url is not set")
        event = action.detail or RECORDED
        if event not in self._siem.events:
            return cancelled(f"{event} is not among siem.events")
        status = await self._siem.post(
            f"{action.violation.corp}-{action.id}", event, facts(action.violation)
        )
        if status == GONE:
            return failed("the receiver is gone for good (HTTP 410)")
        return accepted(f"the receiver took the report (HTTP {status})")


GONE = 410


def facts(violation: ViolationRecord) -> Mapping[str, Any]:
    """What a report says: ids, times, rules and keyed fingerprints, nothing that was written."""
    return {
        "violation": violation.id,
        "corp": violation.corp,
        "app": violation.app,
        "source": violation.source.value,
        "sender": violation.sender,
        "sender_department": violation.sender_department,
        "message": violation.message_id,
        "message_kind": violation.kind,
        "chat": violation.chat,
        "sent_at": violation.sent_at.isoformat(),
        "recorded_at": violation.recorded_at.isoformat(),
        "category": violation.category,
        "severity": violation.severity.label,
        "offence": violation.offence,
        "step": violation.step,
        "status": violation.status.value,
        "rulebook": violation.rulebook,
        "clauses": [clause.id for clause in violation.clauses],
        "hits": [_hit(hit) for hit in violation.hits],
        "hits_omitted": violation.hits_omitted,
        "actions": [
            {"id": action.id, "kind": action.kind.value, "state": action.state.value}
            for action in violation.actions
        ],
    }


def _hit(hit: HitRecord) -> Mapping[str, Any]:
    return {
        "rule": hit.rule,
        "version": hit.version,
        "category": hit.category,
        "severity": hit.severity.label,
        "verified": hit.verified,
        "fingerprint": hit.fingerprint,
    }
