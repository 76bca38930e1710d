"""A rule as written, completed with its pack's defaults."""

import re

from moderator.domain.rule import (
    Behaviour,
    Boundary,
    Company,
    Layer,
    Pattern,
    Rule,
    Separators,
    Severity,
    Word,
)
from moderator.rulebook.identity import version_of
from moderator.rulebook.pack_format import (
    BehaviourEntry,
    CompanyEntry,
    PackHead,
    PatternEntry,
    RuleEntry,
    WordEntry,
)

UNDONE_BY_DEFAULT = frozenset(Layer) - {Layer.HOMOPHONE, Layer.SHAPE}
_SECONDS = {"s": 1, "m": 60}
_ASCII_WORD = re.compile(r"[A-Za-z0-9]+")


def assemble(head: PackHead, entry: RuleEntry, *, source: str) -> Rule:
    """Build the rule; `source` is `file:line`."""
    words = tuple(_word(word, entry) for word in entry.words or ())
    patterns = tuple(_pattern(pattern) for pattern in entry.patterns or ())
    company = _company(entry.company)
    behaviour = _behaviour(entry.behaviour)
    return Rule(
        id=entry.id,
        category=head.category,
        severity=Severity.of(entry.severity or head.severity),
        description=entry.description or head.description,
        version=version_of(words, patterns, company, entry.allow, behaviour),
        words=words,
        patterns=patterns,
        company=company,
        behaviour=behaviour,
        allow=tuple(entry.allow),
        clauses=tuple(head.clauses if entry.clauses is None else entry.clauses),
        examples=tuple(entry.examples),
        counter_examples=tuple(entry.counter_examples),
        masked=head.masked if entry.masked is None else entry.masked,
        enabled=head.enabled if entry.enabled is None else entry.enabled,
        source=source,
    )


def _word(word: WordEntry, rule: RuleEntry) -> Word:
    undone = UNDONE_BY_DEFAULT.union(rule.undo, word.undo).difference(
        set(rule.leave) - set(word.undo), word.leave
    )
    return Word(
        text=word.text,
        boundary=word.boundary or rule.boundary or _boundary(word.text),
        separators=word.separators or rule.separators or _separators(word.text),
        undo=undone,
        disguised=word.disguised or rule.disguised,
    )


def _boundary(text: str) -> Boundary:
    return Boundary.WHOLE if _ASCII_WORD.fullmatch(text) else Boundary.ANYWHERE


def _separators(text: str) -> Separators:
    # `t.me/` without its marks would be found in `investment`.
    return Separators.NONE if text.isascii() or letters(text) < 2 else Separators.FEW


def letters(text: str) -> int:
    """How many letters, ideographs and digits there are: what separators can stand between."""
    return sum(map(str.isalnum, text))


def _company(entry: CompanyEntry | None) -> Company | None:
    if entry is None:
        return None
    return Company(all_of=tuple(map(tuple, entry.all_of)), within=entry.within)


def _behaviour(entry: BehaviourEntry | None) -> Behaviour | None:
    if entry is None:
        return None
    within = int(entry.within[:-1]) * _SECONDS[entry.within[-1]]
    return Behaviour(within=within, messages=entry.messages or 0, repeats=entry.repeats or 0)


def _pattern(entry: PatternEntry) -> Pattern:
    return Pattern(
        expression=entry.expression,
        keywords=tuple(entry.keywords),
        digits=entry.digits,
        before=entry.before,
        after=entry.after,
        checksum=entry.checksum,
        checksum_required=entry.checksum_required,
        entropy=entry.entropy,
        stop=tuple(entry.stop),
        context=tuple(entry.context),
        rewritten=entry.rewritten,
    )
