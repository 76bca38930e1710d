"""One log line for each message, with everything about it but what it says."""

from typing import Any

import structlog

from moderator.domain.cards import CardAnswer
from moderator.domain.message import Ignored, Message
from moderator.domain.people import ContactChange
from moderator.intake.reception import Report
from moderator.pipeline import Outcome
from moderator.wecom.cards import EVENT


class MessageLog:
    """Writes the wide event; `clean` says whether clean messages get one."""

    def __init__(self, *, clean: bool) -> None:
        self._clean = clean
        self._log = structlog.get_logger("moderator.message")

    def __call__(self, report: Report) -> None:
        if report.outcome is Outcome.CLEAN and not self._clean:
            return
        alarming = report.outcome in {Outcome.FAILED, Outcome.UNKEPT}
        write = self._log.error if alarming else self._log.info
        write("message", **wide_event(report))


def wide_event(report: Report) -> dict[str, Any]:
    """The event's fields, flat; none of them holds any of the message's text."""
    event: dict[str, Any] = {
        "app": report.app,
        "outcome": report.outcome.value,
        "milliseconds": round(report.seconds * 1000, 3),
    }
    match report.content:
        case Message() as message:
            event |= _of_message(message)
        case Ignored() as ignored:
            event |= {"reason": ignored.reason.value, "wecom_event": ignored.event}
        case ContactChange() as change:
            event |= {"wecom_event": f"change_contact/{change.change}", "member": change.userid}
        case CardAnswer() as answer:
            event |= {"wecom_event": EVENT, "member": answer.sender, "pressed": answer.pressed}
        case None:
            pass
    if report.failure:
        event["failure"] = report.failure
    return event | _of_verdict(report)


def _of_message(message: Message) -> dict[str, Any]:
    return {
        "sender": message.sender,
        "message_id": message.message_id,
        "kind": message.kind,
        "source": message.source.value,
        "characters": sum(len(field.text) for field in message.fields),
    }


def _of_verdict(report: Report) -> dict[str, Any]:
    if report.moderated is None or report.moderated.finding is None:
        return {}
    verdict: dict[str, Any] = {"rules": sorted({h.rule for h in report.moderated.finding.hits})}
    if recorded := report.moderated.recorded:
        decision = recorded.decision
        verdict |= {
            "violation": recorded.violation_id,
            "category": decision.category,
            "severity": decision.severity.label,
            "offence": decision.offence,
            "actions": [f"{action.kind}:{action.state}" for action in decision.actions],
        }
    return verdict
