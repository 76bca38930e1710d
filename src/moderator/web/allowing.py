"""`/api/v1`: the allow phrase that would have prevented a false alarm, and putting it into a pack.

A phrase repeats what somebody wrote, so it is offered to whoever may read the message unmasked.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends
from fastapi import Path as PathField
from pydantic import BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.errors import LedgerError
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.past_hits import MOST, Past, PastHits
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.records import EvidenceState, HitRecord, Status, ViolationRecord
from moderator.rulebook.allowing import (
    Remedy,
    Span,
    objection,
    remedy_for,
    serving_rule,
    yaml_lines,
)
from moderator.rulebook.book import Rulebook
from moderator.rulebook.pack_editing import NotEditable, with_allow_phrase, write_over
from moderator.web.access import Access
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Id, Question

_LOCK: Final = 0x6D6F6461  # held by whoever changes a pack
_MOST_HITS: Final = 3  # of a message that a phrase is sought for
_Phrase = Annotated[str, Field(min_length=2, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]
_RuleId = Annotated[
    str,
    PathField(max_length=80, pattern=r"^[a-z][a-z0-9-]*$", description="As it stands in its pack."),
]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Proposal(_Answer):
    """The shortest phrase that would have prevented a hit, and what else it would have prevented.

    Counted over what is still kept of the rule's newest violations, with the rule as it is now.
    """

    rule: str
    hit: int = Field(description="Which hit of the violation, from 0.")
    phrase: str = Field(description="Empty if no phrase a few characters longer would help.")
    clears_hits: int
    clears_violations: int = Field(description="Violations that would have no hit left.")
    clears_confirmed: int = Field(description="Of these, confirmed by people: check them.")
    read: int = Field(description="How many violations were tried.")
    total: int = Field(
        description="How many violations of the rule there are, including those without text."
    )


class ProposalList(_Answer):
    """A proposal for each of the first hits that are not masked."""

    most_read: int = Field(description="At most this many violations of one rule are tried.")
    items: tuple[Proposal, ...]


class PhraseGiven(Question):
    """A phrase that a rule should allow."""

    phrase: _Phrase


class PhraseAnswer(_Answer):
    """Whether the phrase is now in the pack; if not, why, and what to add there."""

    written: bool
    file: str
    reason: str
    yaml: str


@dataclass(frozen=True, slots=True)
class Allowing:
    """Proposes allow phrases, and writes them where the rules of this deployment are its own."""

    engine: Engine
    unmaskings: Unmaskings
    past: PastHits
    book: Callable[[], Rulebook]
    directory: Path | None  # None: the shipped rules, which nobody changes

    async def proposals(self, violation_id: int, actor: Actor) -> tuple[Proposal, ...]:
        """Raises `NotFound`, and `Refusal` 409 where the actor may not read the message."""
        violation = (await self.unmaskings.look(violation_id, actor)).violation
        if violation.evidence is not EvidenceState.READABLE:
            told = f"What was written is {violation.evidence}: ask to read it first."
            raise Refusal(HTTPStatus.CONFLICT, "not_readable", told)
        return tuple(
            [
                await self._proposal(violation, index, hit, actor)
                for index, hit in _distinct(violation.hits)
            ]
        )

    async def add(self, rule_id: str, phrase: str, actor: Actor) -> PhraseAnswer:
        """Write the phrase into the pack.  Raises `Refusal` where that makes no sense."""
        book = self.book()
        rule = serving_rule(book, rule_id)
        if rule is None:
            raise Refusal(HTTPStatus.NOT_FOUND, "not_found", "There is no such rule in use.")
        against = await asyncio.to_thread(objection, book, rule, phrase)
        if against:
            raise Refusal(HTTPStatus.CONFLICT, "not_to_be_allowed", f"No: {against}.")
        name = Path(rule.source.rpartition(":")[0]).name
        try:
            await self._write(name, rule_id, phrase, actor)
        except (OSError, NotEditable) as fault:
            reason = str(fault) if isinstance(fault, NotEditable) else "cannot be written"
            pasted = yaml_lines(rule_id, phrase)
            return PhraseAnswer(written=False, file=name, reason=reason, yaml=pasted)
        return PhraseAnswer(written=True, file=name, reason="", yaml="")

    async def _proposal(
        self, violation: ViolationRecord, index: int, hit: HitRecord, actor: Actor
    ) -> Proposal:
        texts = {field.name: field.text for field in violation.fields}
        span = Span(hit.start, hit.end)
        remedy = await asyncio.to_thread(
            remedy_for, self.book(), hit.rule, texts.get(hit.field, ""), span
        )
        if remedy is None:
            return _nothing(hit.rule, index)
        past = await self.past.of(hit.rule, bound=actor.departments)
        return await asyncio.to_thread(_counted, remedy, index, past)

    async def _write(self, name: str, rule_id: str, phrase: str, actor: Actor) -> None:
        """The file and its line in the audit log, or neither.

        One after the other, whichever process is asked: else one would write over what another
        just wrote.
        """
        if self.directory is None:
            raise NotEditable("the shipped rules are not changed")
        file, written, before = self.directory / name, False, ""
        try:
            async with self.engine.begin() as transaction:
                await transaction.alone(_LOCK)
                before = await asyncio.to_thread(_read, file)
                after = await asyncio.to_thread(with_allow_phrase, before, rule_id, phrase)
                await audit.write(
                    transaction, _allowed(rule_id, phrase, actor, file, before, after)
                )
                await asyncio.to_thread(write_over, file, after)
                written = True
        except LedgerError:
            if written:
                await asyncio.to_thread(write_over, file, before)
            raise


def allowing_router(allowing: Allowing, access: Access) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api/v1", tags=["rules"], responses=responses(*ALWAYS))
    answered = responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)

    @router.get("/violations/{violation_id}/allow-phrases", responses=answered)
    async def propose_allow_phrases(
        violation_id: Annotated[Id, PathField()],
        actor: Annotated[Actor, Depends(access.needs(Right.UNMASK))],
    ) -> ProposalList:
        """Propose phrases that would have prevented the hits, and count what else they clear.

        Takes about a second.  You must have an unmasking of the violation.
        """
        return ProposalList(most_read=MOST, items=await allowing.proposals(violation_id, actor))

    @router.post("/rules/{rule_id}/allow-phrases", responses=answered)
    async def allow_phrase(
        rule_id: _RuleId,
        given: PhraseGiven,
        actor: Annotated[Actor, Depends(access.needs(Right.EDIT_RULES))],
    ) -> PhraseAnswer:
        """Allow a phrase for a rule: written to its pack, or returned as lines to paste there."""
        return await allowing.add(rule_id, given.phrase, actor)

    return router


def _allowed(rule_id: str, phrase: str, actor: Actor, file: Path, before: str, after: str) -> Deed:
    told = {
        "rule": rule_id,
        "allowed": _digest(phrase),  # it repeats what somebody wrote
        "file": file.name,
        "before": _digest(before),
        "after": _digest(after),
    }
    subject = f"rule/{rule_id}"
    return Deed(actor=actor.name, action="rules.changed", subject=subject, detail=told)


def _distinct(hits: Sequence[HitRecord]) -> list[tuple[int, HitRecord]]:
    found: dict[tuple[str, str], tuple[int, HitRecord]] = {}
    for index, hit in enumerate(hits):
        if not hit.masked:
            found.setdefault((hit.rule, hit.word), (index, hit))
    return list(found.values())[:_MOST_HITS]


def _counted(remedy: Remedy, index: int, past: Past) -> Proposal:
    cleared = [hit for hit in past.hits if remedy.clears(hit.text, Span(hit.start, hit.end))]
    confirmed = {hit.violation_id for hit in cleared if hit.status is Status.CONFIRMED}
    return Proposal(
        rule=remedy.rule,
        hit=index,
        phrase=remedy.phrase,
        clears_hits=len(cleared),
        clears_violations=sum(hit.alone for hit in cleared),
        clears_confirmed=len(confirmed),
        read=past.read,
        total=past.total,
    )


def _nothing(rule: str, index: int) -> Proposal:
    none = dict.fromkeys(
        ("clears_hits", "clears_violations", "clears_confirmed", "read", "total"), 0
    )
    return Proposal(rule=rule, hit=index, phrase="", **none)


def _read(file: Path) -> str:
    with file.open(encoding="utf-8", newline="") as stream:
        return stream.read()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
