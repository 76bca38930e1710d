"""How actions are carried out and reported."""

from datetime import timedelta
from typing import Literal, get_args

from pydantic import Field

from moderator.domain.decision import ActionKind
from moderator.settings.values import ApiAddress, Group, WebhookSecret


def _slow_kinds() -> dict[ActionKind, timedelta]:
    """What still helps when it is late, and what helps only at once."""
    return {
        ActionKind.NOTIFY_GROUP: timedelta(hours=2),
        ActionKind.IDENTIFY_SENDER: timedelta(days=7),
        ActionKind.NOTIFY_COMPLIANCE: timedelta(days=7),
        ActionKind.NOTIFY_CONFIDENTIALITY: timedelta(days=7),
        ActionKind.PROPOSE_TO_HR: timedelta(days=7),
        ActionKind.REPORT_TO_SIEM: timedelta(days=7),
        ActionKind.ENABLE_ACCOUNT: timedelta(days=30),
    }


class EnforcementSettings(Group):
    """How actions are carried out."""

    enabled: bool = Field(True, description="Run the worker in this process.")
    poll: timedelta = Field(
        timedelta(seconds=5), description="Longest wait for work where no NOTIFY came."
    )
    attempts: int = Field(8, ge=1, le=50, description="Tries before an action is buried as failed.")
    lease: timedelta = Field(
        timedelta(seconds=90),
        ge=timedelta(seconds=1),
        description="Time after which an action whose worker vanished is begun again.",
    )
    expire_after: timedelta = Field(
        timedelta(hours=24), description="Age at which an action is no longer worth carrying out."
    )
    expire_kinds: dict[ActionKind, timedelta] = Field(
        default_factory=_slow_kinds,
        description="Kinds of action for which that is another age.",
    )
    recall_within: timedelta = Field(
        timedelta(minutes=10),
        ge=timedelta(minutes=1),
        description="Time that a sender has to take a message back before others are told.",
    )
    never_disable: tuple[str, ...] = Field(
        (), description="userids whose accounts are never disabled, such as the administrators."
    )


ReportedEvent = Literal[
    "violation.recorded", "violation.confirmed", "violation.dismissed", "violation.reopened"
]


class SiemSettings(Group):
    """A receiver of signed reports (Standard Webhooks), such as a SIEM."""

    url: ApiAddress | None = Field(None, description="Address that reports are posted to.")
    secrets: tuple[WebhookSecret, ...] = Field(
        (), description="`whsec_…`; reports are signed with each, so that one can be replaced."
    )
    events: tuple[ReportedEvent, ...] = Field(
        get_args(ReportedEvent), description="What is reported; everything if unset."
    )
    timeout: timedelta = Field(timedelta(seconds=10), description="Longest wait for its answer.")
