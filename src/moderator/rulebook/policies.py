"""`policy.yaml` to a policy."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ValidationError

from moderator.domain.decision import ActionKind, Clause
from moderator.domain.rule import Severity
from moderator.policy.policy import (
    EVERY_DAY,
    NOTICES,
    Conversion,
    Exemption,
    Hours,
    Ladder,
    Measure,
    Offset,
    Policy,
    QuietHours,
    Rung,
    Unit,
)
from moderator.rulebook.contradictions import Complaint, contradictions
from moderator.rulebook.documents import Document
from moderator.rulebook.entries import complaints, keys_of
from moderator.rulebook.faults import Fault
from moderator.rulebook.policy_format import (
    DAYS,
    ActionEntry,
    ClauseEntry,
    ConversionEntry,
    DocumentEntry,
    ExemptionEntry,
    HoursEntry,
    LadderEntry,
    OffsetEntry,
    PolicyFile,
    QuietHoursEntry,
    RungEntry,
    UnitEntry,
    duration,
)

POLICY_MODELS: tuple[type[BaseModel], ...] = (
    PolicyFile,
    DocumentEntry,
    ClauseEntry,
    LadderEntry,
    RungEntry,
    ActionEntry,
    UnitEntry,
    ConversionEntry,
    OffsetEntry,
    ExemptionEntry,
    QuietHoursEntry,
    HoursEntry,
)
_KEYS = frozenset(key for model in POLICY_MODELS for key in keys_of(model))


def read_policy(document: Document) -> tuple[Policy | None, tuple[Fault, ...]]:
    """Build the policy, or name every fault in it: half a policy is none."""
    try:
        entry = PolicyFile.model_validate(document.value)
    except ValidationError as error:
        return None, _faults(document, complaints(error, _KEYS))
    if faults := _faults(document, contradictions(entry)):
        return None, faults
    return _policy(entry), ()


def _faults(document: Document, found: Iterable[Complaint]) -> tuple[Fault, ...]:
    return tuple(document.fault(location, message) for location, message in found)


def _policy(entry: PolicyFile) -> Policy:
    return Policy(
        ladders=tuple(_ladder(ladder) for ladder in entry.ladders),
        clauses={clause.id: clause for clause in _clauses(entry)},
        caps=dict(entry.caps),
        record_only=entry.record_only,
        approval=dict(entry.approval),
        units={unit.id: _unit(unit) for unit in entry.units},
        conversions=tuple(_conversion(conversion) for conversion in entry.conversions),
        offsets={offset.merit: _offset(offset) for offset in entry.offsets},
        exemptions=tuple(_exemption(each, entry.timezone) for each in entry.exemptions),
        quiet_hours=_quiet(entry.quiet_hours, entry.timezone) if entry.quiet_hours else None,
    )


def _clauses(entry: PolicyFile) -> Iterator[Clause]:
    documents = {document.id: document for document in entry.documents}
    for clause in entry.clauses:
        document = documents[clause.document]
        yield Clause(
            id=clause.id,
            document=document.title,
            version=document.version,
            number=clause.number,
            text=clause.text,
        )


def _ladder(entry: LadderEntry) -> Ladder:
    return Ladder(
        id=entry.id,
        rungs=tuple(
            Rung(
                at=rung.at,
                actions=_actions(rung.actions),
                approval=rung.approval,
                clauses=tuple(rung.clauses),
                units=dict(rung.units),
            )
            for rung in entry.rungs
        ),
        window=duration(entry.window),
        categories=frozenset(entry.categories),
        severities=frozenset(map(Severity.of, entry.severities)),
    )


def _actions(entries: Iterable[ActionEntry]) -> tuple[ActionKind | Measure, ...]:
    return tuple(
        Measure(entry.do, entry.detail, entry.approval)
        if entry.detail or entry.approval is not None
        else entry.do
        for entry in entries
    )


def _unit(entry: UnitEntry) -> Unit:
    lapses = duration(entry.lapses) if entry.lapses else None
    return Unit(id=entry.id, title=entry.title, lapses=lapses)


def _conversion(entry: ConversionEntry) -> Conversion:
    return Conversion(
        id=entry.id,
        of=entry.of,
        count=entry.count,
        into=entry.into or "",
        actions=_actions(entry.actions),
        clauses=tuple(entry.clauses),
    )


def _offset(entry: OffsetEntry) -> Offset:
    waits = {"waits": duration(entry.waits)} if entry.waits else {}
    return Offset(merit=entry.merit, title=entry.title, of=entry.of, count=entry.count, **waits)


def _exemption(entry: ExemptionEntry, timezone: str) -> Exemption:
    return Exemption(
        id=entry.id,
        reason=entry.reason,
        until=entry.until,
        timezone=timezone,
        since=entry.since,
        people=frozenset(entry.people),
        departments=frozenset(entry.departments),
        chats=frozenset(entry.chats),
        rules=frozenset(entry.rules),
        categories=frozenset(entry.categories),
        hours=_hours(entry.hours, timezone) if entry.hours else None,
    )


def _quiet(entry: QuietHoursEntry, timezone: str) -> QuietHours:
    return QuietHours(
        hours=_hours(entry.hours, timezone),
        actions=frozenset(entry.actions) or NOTICES,
        urgent=frozenset(map(Severity.of, entry.urgent)),
    )


def _hours(entry: HoursEntry, timezone: str) -> Hours:
    days = frozenset(DAYS.index(day) for day in entry.days)
    return Hours(start=entry.start, end=entry.end, timezone=timezone, days=days or EVERY_DAY)
