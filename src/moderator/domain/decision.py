"""What a finding leads to."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from moderator.domain.rule import Severity


class ActionKind(StrEnum):
    """What the service can set in motion.

    What WeCom cannot do for anyone (mute, recall another's message, remove from a foreign group) is
    a task for a person (`wecom.md` §9).
    """

    IDENTIFY_SENDER = "identify_sender"  # look up name and department for the record
    WARN_SENDER = "warn_sender"
    NOTIFY_COMPLIANCE = "notify_compliance"
    REMOVE_FROM_GROUP = "remove_from_group"
    RECALL_NOTICE = "recall_notice"  # takes back a message of the service's own

    @property
    def destructive(self) -> bool:
        return self is ActionKind.REMOVE_FROM_GROUP


class ActionState(StrEnum):
    """Where an action stands.  `accepted` is what WeCom said, never what a person received."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    QUEUED = "queued"
    SENDING = "sending"
    ACCEPTED = "accepted"
    COMPLIED = "complied"
    FAILED = "failed"
    UNSUPPORTED = "unsupported"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """An action as decided, before it has an identity in the ledger."""

    kind: ActionKind
    state: ActionState  # proposed, queued or cancelled (by a cap or the kill switch)
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One counted violation of a person."""

    violation: str
    category: str
    severity: Severity
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's counted violations, oldest first."""

    strikes: tuple[Strike, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause of a company document, as it read when it was loaded."""

    id: str
    document: str
    version: str
    number: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policy says about one finding by one person at one time."""

    category: str
    severity: Severity
    offence: int  # 1 for the first within the window
    step: str  # the rung that applied, in the policy file's words
    clauses: tuple[Clause, ...]
    actions: tuple[PlannedAction, ...]
