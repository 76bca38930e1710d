"""What the ledger tells: violations, actions and failed messages as values."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from moderator.domain.decision import ActionKind, ActionState, Clause, PlannedAction, UnitChange
from moderator.domain.message import Source, TextField
from moderator.domain.rule import Layer, Severity


class Status(StrEnum):
    """What people think of a violation."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"  # a false alarm, or excused; no longer counts against the sender


class EvidenceState(StrEnum):
    """Why a record has evidence with it, or has not."""

    READABLE = "readable"
    WITHHELD = "withheld"  # not asked for
    ERASED = "erased"  # its time was over
    UNREADABLE = "unreadable"  # its key is not in the keyring, or it was altered


@dataclass(frozen=True, slots=True, kw_only=True)
class HitRecord:
    """One hit as it is kept.

    `start` and `end` are code points of the redacted text of `field`, end exclusive.  `word` and
    `notes` are kept with the evidence and are empty without it.  Masked hits have the value's
    `fingerprint` (HMAC-SHA256, hex) and what may be `shown` of it; others have neither.
    """

    rule: str
    version: str
    category: str
    severity: Severity
    field: str
    start: int
    end: int
    layers: tuple[Layer, ...]
    verified: bool | None
    masked: bool
    fingerprint: str = ""
    shown: str = ""
    word: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One thing that happened to an action: a try, or what a person did to it."""

    at: datetime
    state: ActionState
    outcome: str = ""
    errcode: int | None = None
    by: str = ""  # empty: the machine


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """An action in the outbox.  `due_at` is its next try, or the end of the lease on it.

    It is not begun before `not_before`, waits for what `held_by` names, and is looked at again at
    `check_at` where WeCom accepted it but a person has yet to do something.
    """

    id: int
    violation_id: int
    sender: str
    kind: ActionKind
    state: ActionState
    reason: str
    attempts: int
    created_at: datetime
    queued_at: datetime | None
    due_at: datetime
    updated_at: datetime
    errcode: int | None
    outcome: str
    wecom_msgid: str
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    history: tuple[Attempt, ...]
    detail: str = ""
    not_before: datetime | None = None
    check_at: datetime | None = None
    held_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """What a violation amounts to now that something before it was dismissed or withdrawn."""

    offence: int
    step: str
    units: UnitChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationRecord:
    """A violation as it was recorded, with what became of it.

    `hits` and `fields` are complete only where `evidence` is `readable`; `hits_omitted` were found
    too, but are not kept.  Names, departments and clauses read as they did then.
    `sender_departments` are ids, those above the sender's own included; `sender_gaps` says what
    could not be found out about the sender, and why.
    """

    id: int
    message_key: str
    corp: str
    app: str
    source: Source
    sender: str
    sender_name: str
    sender_department: str
    sender_departments: tuple[int, ...]
    sender_superiors: tuple[str, ...]
    sender_gaps: str
    message_id: str
    kind: str
    chat: str
    sent_at: datetime
    recorded_at: datetime
    category: str
    severity: Severity
    rule: str
    rules: tuple[str, ...]
    hits: tuple[HitRecord, ...]
    rulebook: str
    offence: int
    step: str
    clauses: tuple[Clause, ...]
    status: Status
    version: int
    judged_by: str
    judged_at: datetime | None
    judgement: str
    evidence: EvidenceState
    evidence_expires_at: datetime
    hits_omitted: int = 0
    units: UnitChange = field(default_factory=UnitChange)
    exemption: str = ""  # the id of the exemption that spared the sender
    exemption_note: str = ""  # its reason; or which exemptions could not be told, and why
    recomputed: Recomputed | None = None  # None: as decided
    policy: str = ""  # the digest of the policy that decided
    assignee: str = ""  # whose case it is; empty: nobody's
    escalated_to: str = ""  # who was asked to decide; empty: nobody
    escalated_by: str = ""
    escalated_at: datetime | None = None
    escalation: str = ""  # why
    fields: tuple[TextField, ...] = ()
    actions: tuple[ActionRecord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedAction:
    """An action that the caller alone may carry out until its lease ends.

    `attempts` counts this try, and those `lost` with the worker that had begun them, which say
    nothing of the action.  `violation` is without evidence.  `second_look`: WeCom accepted it
    before, and it is time to see what came of it.  `gone_since`: its sender has left the company.
    """

    id: int
    kind: ActionKind
    reason: str
    attempts: int
    created_at: datetime
    violation: ViolationRecord
    detail: str = ""
    second_look: bool = False
    gone_since: datetime | None = None
    lost: int = 0


@dataclass(frozen=True, slots=True)
class SentNotice:
    """What WeCom took, word for word, and for whom: userids, or one chatid."""

    content: str
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What follows from how a try ended.

    The accepted actions that it `undoes`, new actions of the same violation, when an accepted
    action is looked at again, and the `notice` that was sent.
    """

    notice: SentNotice | None = None

    undoes: tuple[int, ...] = ()
    follow_ups: tuple[PlannedAction, ...] = ()
    check_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionFilter:
    """Which actions are meant; what is empty or None fits any.  `since` is when it was decided."""

    ids: tuple[int, ...] = ()
    states: tuple[ActionState, ...] = ()
    kind: ActionKind | None = None
    errcode: int | None = None
    sender: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedMessage:
    """A callback that could not be processed, encrypted as it was received.

    Without `body` it was replayed well (`settled_at`), or its time was over (`erased_at`).
    """

    id: int
    app: str
    key: str
    body: bytes
    signature: str
    timestamp: str
    nonce: str
    reason: str
    attempts: int
    received_at: datetime
    settled_at: datetime | None
    expires_at: datetime
    erased_at: datetime | None


class Sort(StrEnum):
    """The order of a list; times are when a message was sent.

    Where only `recorded_…` narrows a list, they are when it was recorded.
    """

    NEWEST = "newest"
    OLDEST = "oldest"
    GRAVEST = "gravest"  # among equally grave ones the oldest first


@dataclass(frozen=True, slots=True, kw_only=True)
class ViolationFilter:
    """Which violations are meant; None, or nothing, means any.

    Ranges include their start, not their end.  `bound` are the departments beyond which whoever
    asks may see nothing: with all below them, and it narrows whatever else is asked.
    """

    sent_from: datetime | None = None
    sent_until: datetime | None = None
    recorded_from: datetime | None = None
    recorded_until: datetime | None = None
    sender: str | None = None
    department: int | None = None  # with all below it
    bound: frozenset[int] | None = None
    chat: str | None = None
    app: str | None = None
    category: str | None = None
    severity: Severity | None = None  # at least
    max_severity: Severity | None = None  # at most
    rule: str | None = None  # any that hit
    clause: str | None = None
    statuses: tuple[Status, ...] = ()
    assignee: str | None = None  # "": nobody's
    escalated_to: str | None = None
    fingerprint: str | None = None  # of a masked value
    action_states: tuple[ActionState, ...] = ()
    action_kind: ActionKind | None = None  # with `action_states`: one action is both
    text: str | None = None  # in names, departments, chats, ids and notes; never in messages


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the last violation that was looked at, by all that makes the order."""

    sort: Sort
    severity: Severity
    at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Page:
    """Some violations in the order asked for; the next page follows `next`.

    A page may be short, even empty, and yet have a `next`: what it costs is bounded, and nothing
    but `next` being None says that there is no more.
    """

    items: tuple[ViolationRecord, ...]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are, or, if there are `more`, how many there are at least."""

    number: int
    more: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a judgement: not `applied` when somebody else had changed the record."""

    violation: ViolationRecord
    applied: bool


@dataclass(frozen=True, slots=True)
class Resolved:
    """What came of approving or refusing: not `applied` when somebody had decided before."""

    action: ActionRecord
    applied: bool


Json = dict[str, Any]
