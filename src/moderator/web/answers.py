"""What the query API answers: the ledger's records as JSON, under the records' own names."""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.message import Source
from moderator.domain.rule import Layer, Severity
from moderator.ledger.records import EvidenceState, Status, ViolationRecord

SeverityLabel = Literal["low", "medium", "high", "critical"]

_AROUND: Final = 12  # characters shown on either side of a hit


def _label(severity: Any) -> Any:
    return severity.label if isinstance(severity, Severity) else severity


_Severity = Annotated[SeverityLabel, BeforeValidator(_label)]
_Errcode = Annotated[
    int | None, Field(description="WeCom's code; -2: unreachable, -3: a fault of the service.")
]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class AttemptAnswer(_Answer):
    """One event of an action: an attempt, or what a person did to it."""

    at: AwareDatetime
    state: ActionState
    outcome: str
    errcode: _Errcode
    by: str = Field(description="Who did it; empty for the service itself.")


class ActionSummary(_Answer):
    """An action in short."""

    id: int
    kind: ActionKind
    state: ActionState = Field(
        description="`accepted` is what WeCom answered, not what was received."
    )


class ActionDetail(ActionSummary):
    """An action that a violation called for, and what came of it."""

    violation_id: int
    sender: str
    reason: str = Field(description="Why the policy called for it, or withheld it.")
    detail: str = Field(description="What the kind alone does not say, such as the measure.")
    attempts: int
    created_at: AwareDatetime
    due_at: AwareDatetime = Field(description="Its next try, or the end of the lease on it.")
    not_before: AwareDatetime | None = Field(description="The end of the quiet hours.")
    check_at: AwareDatetime | None = Field(
        description="When an accepted request is checked, to see whether it was followed."
    )
    held_by: str = Field(description="What it waits for, such as a pause; empty for nothing.")
    updated_at: AwareDatetime
    errcode: _Errcode
    outcome: str
    decided_by: str = Field(description="Who approved or refused it; empty for nobody.")
    decided_at: AwareDatetime | None
    decision_reason: str
    history: tuple[AttemptAnswer, ...]


class Requeued(_Answer):
    """How many actions are requeued, or would be."""

    number: int
    dry_run: bool


class PauseAnswer(_Answer):
    """An app, or one call of it, that WeCom refuses until somebody fixes something."""

    id: int
    app: str
    path: str = Field(description="The call; empty for everything that the app calls.")
    errcode: int
    reason: str = Field(description="WeCom's words.")
    since: AwareDatetime
    probe_at: AwareDatetime = Field(description="When one call tries whether it works again.")
    probes: int = Field(description="How often that failed.")
    waiting: int = Field(description="Actions that wait for it.")
    lifted_at: AwareDatetime | None
    lifted_by: str
    lift_reason: str


class PauseList(_Answer):
    """What is paused, newest first."""

    items: tuple[PauseAnswer, ...]


class HitAnswer(_Answer):
    """What matched, where, and which disguises were undone to see it."""

    rule: str
    version: str = Field(description="Hash of what the rule matched then.")
    category: str
    severity: _Severity
    field: str
    start: int = Field(description="In code points of the redacted text, from 0.")
    end: int = Field(description="Exclusive.")
    word: str = Field(description="The rule's entry; empty for patterns and without evidence.")
    layers: tuple[Layer, ...] = Field(description="The disguises that were undone.")
    verified: bool | None = Field(description="The checksum's verdict where there is a checksum.")
    masked: bool = Field(description="Whether the value is a secret, which is never stored.")
    shown: str = Field(description="What may be shown of a masked value.")
    fingerprint: str = Field(description="Keyed hash of a masked value: equal for equal values.")
    notes: tuple[str, ...] = Field(description="What else was weighed; empty without evidence.")
    excerpt: str = Field("", description="The hit and its surroundings; empty without evidence.")


class ClauseAnswer(_Answer):
    """A clause as it read when the violation was recorded."""

    id: str
    document: str
    version: str
    number: str
    text: str


class UnitsAnswer(_Answer):
    """What a violation did to the units (警告, 记过 …) that stand against the sender."""

    given: dict[str, int]
    before: dict[str, int]
    after: dict[str, int]
    converted: tuple[str, ...] = Field(description="Conversions that it set off.")


class RecomputedAnswer(_Answer):
    """What a violation amounts to now; what was decided then is unchanged."""

    offence: int
    step: str
    units: UnitsAnswer


class TextAnswer(_Answer):
    """One text of the message, with secrets redacted."""

    name: str
    text: str


class ViolationSummary(_Answer):
    """A violation in a list: who, where, when and what, without the text."""

    id: int
    message_id: str = Field(description="WeCom's MsgId; empty where it names none.")
    app: str
    source: Source
    chat: str = Field(description="Empty where WeCom names none.")
    sender: str
    sender_name: str = Field(description="As it was then; empty while unknown.")
    sender_department: str = Field(description="From the company down; empty while unknown.")
    sender_departments: tuple[int, ...] = Field(
        description="Ids of the sender's departments and of all above them."
    )
    sender_superiors: tuple[str, ...] = Field(description="userids of the direct superiors.")
    sender_gaps: str = Field(description="What WeCom refused to say about the sender, and why.")
    kind: str = Field(description="WeCom's message type.")
    sent_at: AwareDatetime
    recorded_at: AwareDatetime
    category: str
    severity: _Severity
    rule: str = Field(description="The gravest rule that hit.")
    rules: tuple[str, ...] = Field(description="All rules that hit.")
    offence: int = Field(description="1 for the first within the policy's window.")
    status: Status
    version: int = Field(description="To send back with a decision.")
    assignee: str = Field(description="Whose case it is; empty: nobody's.")
    escalated_to: str = Field(description="Who was asked to decide; empty: nobody.")
    actions: tuple[ActionSummary, ...]


class ViolationDetail(ViolationSummary):
    """A violation with everything that explains it."""

    hits: tuple[HitAnswer, ...]
    hits_omitted: int = Field(description="Also found, but not among the gravest 200.")
    rulebook: str = Field(description="Hash of the rulebook in use then.")
    step: str = Field(description="The rung of the policy's ladder that applied.")
    units: UnitsAnswer
    exemption: str = Field(description="Id of the exemption that spared the sender; mostly empty.")
    exemption_note: str = Field(
        description="Its reason; or which exemptions could not be determined."
    )
    recomputed: RecomputedAnswer | None = Field(
        description="What it amounts to now that something before it no longer counts."
    )
    clauses: tuple[ClauseAnswer, ...]
    actions: tuple[ActionDetail, ...]
    evidence: EvidenceState
    evidence_expires_at: AwareDatetime
    texts: tuple[TextAnswer, ...] = Field(
        validation_alias="fields", description="Empty unless `evidence` is `readable`."
    )
    judged_by: str
    judged_at: AwareDatetime | None
    judgement: str
    escalated_by: str
    escalated_at: AwareDatetime | None
    escalation: str = Field(description="Why somebody else should decide.")

    @classmethod
    def of(cls, violation: ViolationRecord) -> Self:
        detail = cls.model_validate(violation)
        texts = {text.name: text.text for text in detail.texts}
        hits = tuple(_with_excerpt(hit, texts.get(hit.field, "")) for hit in detail.hits)
        return detail.model_copy(update={"hits": hits})


class ViolationPage(_Answer):
    """Violations in the order asked for.

    `next` is the `cursor` of the following page; a page may be short, even empty, and have one.
    """

    items: tuple[ViolationSummary, ...]
    next: str | None


class CountAnswer(_Answer):
    """How many violations there are."""

    number: int
    more: bool = Field(description="There are more than `number`; counting stopped there.")


class ActionPage(_Answer):
    """Actions, newest first; `next` is the `cursor` of the following page."""

    items: tuple[ActionDetail, ...]
    next: str | None


def _with_excerpt(hit: HitAnswer, text: str) -> HitAnswer:
    start, end = max(0, hit.start - _AROUND), hit.end + _AROUND
    before, after = "…" if start else "", "…" if end < len(text) else ""
    excerpt = f"{before}{text[start:end]}{after}" if text else ""
    return hit.model_copy(update={"excerpt": excerpt})
