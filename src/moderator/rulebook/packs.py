"""Pack files to rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from moderator.domain.rule import Rule
from moderator.rulebook.assembly import assemble
from moderator.rulebook.documents import Document
from moderator.rulebook.entries import complaints, keys_of, unknown_key
from moderator.rulebook.faults import Fault
from moderator.rulebook.pack_format import (
    BehaviourEntry,
    CompanyEntry,
    PackFile,
    PackHead,
    PatternEntry,
    RuleEntry,
    WordEntry,
)
from moderator.rulebook.soundness import defects, gaps

ModelT = TypeVar("ModelT", bound=BaseModel)
_ENTRIES = (RuleEntry, WordEntry, PatternEntry, CompanyEntry, BehaviourEntry)
_RULE_KEYS = frozenset(key for entry in _ENTRIES for key in keys_of(entry))


@dataclass(frozen=True, slots=True)
class Sample:
    """An example or counter-example and the line it stands on."""

    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedRule:
    """A rule with the places of what proves it."""

    rule: Rule
    file: str
    line: int
    clauses_line: int
    examples: tuple[Sample, ...]
    counter_examples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """The usable rules of one file."""

    rules: tuple[PackedRule, ...]
    digest: str  # SHA-256 of the file's bytes, hex


def read_pack(document: Document, *, digest: str) -> tuple[Pack | None, tuple[Fault, ...]]:
    """Every usable rule of a file and every fault in it; no pack where its head is unusable.

    A rule that cannot be understood, or must not run, is left out.  One that only lacks what people
    need (a description, examples) serves, and the lack is a fault all the same.
    """
    reading = _Reading(document)
    head = reading.head()
    if head is None:
        return None, tuple(reading.faults)
    rules = tuple(reading.rules(head))
    return Pack(rules=rules, digest=digest), tuple(reading.faults)


class _Reading:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._content: dict[str, Any] = {}
        self.faults: list[Fault] = []

    def head(self) -> PackHead | None:
        if not isinstance(self._document.value, dict):
            self._complain((), "a pack is a mapping with `category` and `rules`")
            return None
        self._content = self._document.value
        self._unknown_keys()
        known = {key: self._content[key] for key in keys_of(PackHead) if key in self._content}
        return self._validated(PackHead, known, ())

    def rules(self, head: PackHead) -> Iterator[PackedRule]:
        listed = self._content.get("rules", ...)
        if listed is ...:
            self._complain((), "`rules` is missing")
        elif listed is not None and not isinstance(listed, list):
            self._complain(("rules",), "`rules` must be a list")
        else:
            for index, content in enumerate(listed or ()):
                yield from self._rule(head, content, ("rules", index))

    def _rule(
        self, head: PackHead, content: Any, at: tuple[int | str, ...]
    ) -> Iterator[PackedRule]:
        name = _name(content)
        entry = self._validated(RuleEntry, content, at, rule=name)
        if entry is None:
            return
        if found := list(defects(entry)):
            self._complain_all(found, at, name)
            return
        rule = assemble(head, entry, source=f"{self._document.file}:{self._document.line(at)}")
        self._complain_all(gaps(entry), at, name)
        yield self._packed(rule, at)

    def _packed(self, rule: Rule, at: tuple[int | str, ...]) -> PackedRule:
        return PackedRule(
            rule=rule,
            file=self._document.file,
            line=self._document.line(at),
            clauses_line=self._document.line((*at, "clauses")),
            examples=self._samples(rule.examples, (*at, "examples")),
            counter_examples=self._samples(rule.counter_examples, (*at, "counter_examples")),
        )

    def _samples(self, texts: tuple[str, ...], at: tuple[int | str, ...]) -> tuple[Sample, ...]:
        return tuple(
            Sample(text, self._document.line((*at, index))) for index, text in enumerate(texts)
        )

    def _unknown_keys(self) -> None:
        known = keys_of(PackFile)
        for key in self._content.keys() - known:
            self._complain((key,), unknown_key(key, known))

    def _validated(
        self,
        model: type[ModelT],
        content: Any,
        at: tuple[int | str, ...],
        *,
        rule: str = "",
    ) -> ModelT | None:
        try:
            return model.model_validate(content)
        except ValidationError as error:
            self._complain_all(complaints(error, _RULE_KEYS), at, rule)
            return None

    def _complain_all(self, found: Any, at: tuple[int | str, ...], rule: str) -> None:
        for location, message in found:
            self._complain((*at, *location), message, rule=rule)

    def _complain(self, at: tuple[int | str, ...], message: str, *, rule: str = "") -> None:
        self.faults.append(self._document.fault(at, message, rule=rule))


def _name(content: Any) -> str:
    name = content.get("id") if isinstance(content, Mapping) else None
    return name if isinstance(name, str) else ""
