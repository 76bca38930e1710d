"""`policy.yaml` to a policy."""

from collections.abc import Iterable, Iterator

from pydantic import BaseModel, ValidationError

from moderator.domain.decision import Clause
from moderator.domain.rule import Severity
from moderator.policy.policy import Ladder, Policy, Rung
from moderator.rulebook.documents import Document
from moderator.rulebook.entries import complaints, keys_of
from moderator.rulebook.faults import Fault
from moderator.rulebook.policy_format import (
    ClauseEntry,
    DocumentEntry,
    LadderEntry,
    PolicyFile,
    RungEntry,
    duration,
)

Complaint = tuple[tuple[int | str, ...], str]
_MODELS: tuple[type[BaseModel], ...] = (
    PolicyFile,
    DocumentEntry,
    ClauseEntry,
    LadderEntry,
    RungEntry,
)
_KEYS = frozenset(key for model in _MODELS for key in keys_of(model))


def read_policy(document: Document) -> tuple[Policy | None, tuple[Fault, ...]]:
    """Build the policy, or name every fault in it: half a policy is none."""
    try:
        entry = PolicyFile.model_validate(document.value)
    except ValidationError as error:
        return None, _faults(document, complaints(error, _KEYS))
    if faults := _faults(document, _contradictions(entry)):
        return None, faults
    return _policy(entry), ()


def _faults(document: Document, found: Iterable[Complaint]) -> tuple[Fault, ...]:
    return tuple(document.fault(location, message) for location, message in found)


def _contradictions(entry: PolicyFile) -> Iterator[Complaint]:
    documents = {document.id for document in entry.documents}
    yield from _twice("documents", entry.documents)
    yield from _twice("clauses", entry.clauses)
    yield from _twice("ladders", entry.ladders)
    for index, clause in enumerate(entry.clauses):
        if clause.document not in documents:
            yield ("clauses", index, "document"), f"there is no document `{clause.document}`"
    clauses = {clause.id for clause in entry.clauses}
    for index, ladder in enumerate(entry.ladders):
        for location, message in _ladder_contradictions(ladder, clauses):
            yield ("ladders", index, *location), message
    yield from _shadowed(entry.ladders)


def _ladder_contradictions(ladder: LadderEntry, clauses: set[str]) -> Iterator[Complaint]:
    previous = 0
    for index, rung in enumerate(ladder.rungs):
        at = ("rungs", index)
        if rung.at <= previous:
            yield (*at, "at"), f"rungs must rise: {rung.at} stands after {previous}"
        previous = rung.at
        if len(set(rung.actions)) != len(rung.actions):
            yield (*at, "actions"), "names an action twice"
        for position, clause in enumerate(rung.clauses):
            if clause not in clauses:
                yield (*at, "clauses", position), f"there is no clause `{clause}`"


def _twice(
    name: str, entries: Iterable[DocumentEntry | ClauseEntry | LadderEntry]
) -> Iterator[Complaint]:
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry.id in seen:
            yield (name, index, "id"), f"the id `{entry.id}` stands twice"
        seen.add(entry.id)


def _shadowed(ladders: list[LadderEntry]) -> Iterator[Complaint]:
    for index, later in enumerate(ladders):
        for earlier in ladders[:index]:
            if _covers(earlier.categories, later.categories) and _covers(
                earlier.severities, later.severities
            ):
                yield ("ladders", index), f"never applies: ladder `{earlier.id}` fits all of it"
                break


def _covers(earlier: Iterable[str], later: Iterable[str]) -> bool:
    wide, narrow = set(earlier), set(later)
    return not wide or (bool(narrow) and narrow <= wide)


def _policy(entry: PolicyFile) -> Policy:
    return Policy(
        ladders=tuple(_ladder(ladder) for ladder in entry.ladders),
        clauses={clause.id: clause for clause in _clauses(entry)},
        caps=dict(entry.caps),
        record_only=entry.record_only,
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
                actions=tuple(rung.actions),
                approval=rung.approval,
                clauses=tuple(rung.clauses),
            )
            for rung in entry.rungs
        ),
        window=duration(entry.window),
        categories=frozenset(entry.categories),
        severities=frozenset(map(Severity.of, entry.severities)),
    )
