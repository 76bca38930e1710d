"""What a finding leads to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from moderator.domain.rule import Severity


class ActionKind(StrEnum):
    """What the service can set in motion.

    What WeCom cannot do for anyone (mute, recall another's message, remove from a foreign group) is
    a task for a person (`wecom.md` §9).
    """

    IDENTIFY_SENDER = "identify_sender"  # look up name, departments and superior for the record
    REMIND_SENDER = "remind_sender"  # a friendly word; does not count as a warning
    WARN_SENDER = "warn_sender"
    ASK_RECALL = "ask_recall"  # ask the sender to take the message back; complied or escalated
    NOTIFY_GROUP = "notify_group"  # in a group that the app made, or by its robot
    NOTIFY_GROUP_OWNER = "notify_group_owner"
    NOTIFY_SUPERIOR = "notify_superior"
    NOTIFY_DEPARTMENT_ADMIN = "notify_department_admin"
    NOTIFY_COMPLIANCE = "notify_compliance"
    ASK_REVIEWERS = "ask_reviewers"  # by a card with buttons, about what needs approval
    UPDATE_CARD = "update_card"  # shows on it who decided
    NOTIFY_CONFIDENTIALITY = "notify_confidentiality"  # 保密工作机构
    REMOVE_FROM_GROUP = "remove_from_group"
    ASK_OWNER_TO_REMOVE = "ask_owner_to_remove"  # where the app cannot
    ASK_OWNER_TO_MUTE = "ask_owner_to_mute"  # 禁言, which WeCom lets no app do
    PROPOSE_TO_HR = "propose_to_hr"  # `detail` names the measure: 记过, 扣绩效, 辞退 …
    PUBLISH_NOTICE = "publish_notice"  # 通报批评
    DISABLE_ACCOUNT = "disable_account"
    ENABLE_ACCOUNT = "enable_account"
    REPORT_TO_SIEM = "report_to_siem"  # signed outgoing webhook
    RECALL_NOTICE = "recall_notice"  # takes back messages of the service's own

    @property
    def destructive(self) -> bool:
        return self in _DESTRUCTIVE


_DESTRUCTIVE = frozenset(
    {ActionKind.REMOVE_FROM_GROUP, ActionKind.DISABLE_ACCOUNT, ActionKind.PUBLISH_NOTICE}
)


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
    detail: str = ""  # what the kind alone does not say, such as the measure proposed to HR
    not_before: datetime | None = None  # the end of the quiet hours, where it waits for that


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One counted violation of a person.  `units`: how many of which unit (警告 …) it gave."""

    violation: str
    category: str
    severity: Severity
    at: datetime
    units: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Merit:
    """What a named person recorded in a person's favour; `kind` is a merit of the policy."""

    id: str
    kind: str
    count: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's counted violations, oldest first, and the merits that may offset their units."""

    strikes: tuple[Strike, ...] = ()
    merits: tuple[Merit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What is known of sender and chat when a violation is decided.

    `departments` are the ids of the sender's departments and of all above them; None where nobody
    has looked them up yet.  `sent_at` None: at the time of the decision.
    """

    sender: str = ""
    chat: str = ""
    sent_at: datetime | None = None
    departments: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange:
    """What a violation does to the units that stand against a person.

    `given` by the rung; `before` and `after` are what stood, with lapses, offsets and conversions
    reckoned in; `converted` names the conversions that it set off, once for each time.
    """

    given: Mapping[str, int] = field(default_factory=dict)
    before: Mapping[str, int] = field(default_factory=dict)
    after: Mapping[str, int] = field(default_factory=dict)
    converted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempted:
    """The exemption that spares a person the consequences, and why the company made it."""

    id: str
    reason: str


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
    units: UnitChange = UnitChange()
    exempted: Exempted | None = None
    undecided: tuple[str, ...] = ()  # exemptions for departments, where the sender's are not known
