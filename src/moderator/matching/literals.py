"""Everything the one automaton looks for, in the order that makes a first look cheap.

A match says by its number what kind of literal it is: first what always matters (words, keywords,
look-alike pairs), then characters that call for folding, then hints that only matter together with
their neighbours: separators, doubled characters, parts of split characters.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from moderator.domain.rule import Layer, Separators
from moderator.matching.automaton import Automaton, EngineName, build
from moderator.matching.entries import Form
from moderator.text.characters import Characters
from moderator.text.escapes import HINTS
from moderator.text.lookalikes import LOOKALIKES
from moderator.text.separators import SENTENCE_MARKS, is_separator
from moderator.text.squeezing import REDUPLICATED, squeeze

_UNIFORM_MARKS = (*"，、,…。；：！？\n", "\r\n")
_AS_WRITTEN = frozenset({Layer.PINYIN, Layer.EMOJI})  # nothing more is undone in such forms


class Bounds(NamedTuple):
    """Where each kind of literal ends, in order; sound-alikes are the rest."""

    wording: int
    telling: int
    folding: int
    hiding: int
    separating: int
    spacing: int
    doubling: int
    splitting: int


class Parting(NamedTuple):
    """Where sentence marks may part a word.

    `marks` are these; `inner` are characters within words, between two equal marks (六，合，彩);
    `ends` the first or last two of a word, one apart from the rest (傻，逼); after those of
    `patient` words there may be any mark.
    """

    marks: frozenset[str]
    inner: frozenset[str]
    ends: frozenset[str]
    patient: frozenset[str]

    def may_part(self, text: str, at: int) -> bool:
        """Whether the mark at `at` stands where words are parted."""
        before, after, beyond = text[at - 1 : at], text[at + 1 : at + 2], text[at + 2 : at + 3]
        return (
            before in self.patient
            or (after in self.inner and beyond in self.marks)
            or before + (beyond if after in self.marks else after) in self.ends
        )


@dataclass(frozen=True, slots=True, eq=False)
class Literals:
    """The automaton and what its numbers mean.

    Numbers below `wording` are forms of words, below `telling` keywords of patterns, below
    `folding` single characters that stand for others, below `hiding` characters that nobody sees,
    below `separating` separators, below `spacing` sentence marks, below
    `doubling` doubled characters, below `splitting` the parts of split characters; the rest may
    begin a word in characters that sound or look alike.  `pairs` holds every two characters that
    stand side by side in a word, `marks` the keywords and the signs like letters (§) that
    are separators too, `apart` the parts of split characters with a space between, `keywords` the
    words that are keywords of patterns too.
    """

    automaton: Automaton
    forms: Sequence[tuple[Form, ...]]
    names: Sequence[str]
    bounds: Bounds
    pairs: frozenset[str]
    parting: Parting
    splits: Mapping[int, str]
    apart: frozenset[int]
    marks: frozenset[int]
    keywords: frozenset[int]


def collect(
    forms: Sequence[Form],
    keywords: Iterable[str],
    characters: Characters,
    splits: Mapping[str, str],
    sounds: Iterable[str],
    engine: EngineName,
) -> Literals:
    """Build the automaton for these forms, pattern keywords and beginnings of sound-alikes."""
    by_literal: dict[str, list[Form]] = {}
    for form in forms:
        by_literal.setdefault(form.literal, []).append(form)
    pairs = _pairs(forms)
    useful = _useful_splits(splits, pairs)
    parting = _parting(forms)
    groups = (
        by_literal,
        keywords,
        [*sorted(characters.triggers - characters.unseen), *HINTS],
        sorted(characters.unseen),
        separators(characters),
        sorted(parting.marks),
        sorted(_doubles(forms)),
        useful,
        [*sounds, *map(" ".join, useful)],
    )
    names, bounds = _numbered(groups)
    numbers = {name: number for number, name in enumerate(names)}
    return Literals(
        automaton=build(names, engine),
        forms=tuple(map(tuple, by_literal.values())),
        names=names,
        bounds=Bounds(*bounds[:-1]),
        pairs=pairs,
        parting=parting,
        splits={numbers[parts]: splits[parts] for parts in splits if parts in numbers},
        keywords=frozenset(numbers[one] for one in keywords if one in by_literal),
        apart=frozenset(numbers[" ".join(parts)] for parts in useful),
        marks=frozenset(
            number
            for number, name in enumerate(names[bounds[0] : bounds[2]], bounds[0])
            if len(name) == 1 and is_separator(name) and (number < bounds[1] or name in LOOKALIKES)
        ),
    )


def _numbered(groups: Iterable[Iterable[str]]) -> tuple[list[str], list[int]]:
    """All literals once, group after group, and where each group ends."""
    names: dict[str, None] = {}
    bounds = []
    for group in groups:
        names.update(dict.fromkeys(group))
        bounds.append(len(names))
    return list(names), bounds


def _pairs(forms: Sequence[Form]) -> frozenset[str]:
    """Every two characters that stand side by side in a word and may be parted."""
    found: set[str] = set()
    for form in forms:
        latin = form.entry.ascii and form.entry.word.separators is Separators.NONE
        if latin or not _AS_WRITTEN.isdisjoint(form.layers):
            continue
        letters = form.literal if form.literal.isalnum() else squeeze(form.literal)
        found.update(map("".join, pairwise(letters)))
    return frozenset(found)


def separators(characters: Characters) -> list[str]:
    """Single marks, symbols, emoji and spaces but those that end a part of a sentence."""
    spans = (range(0x20, 0xD800), range(0xE000, 0x20000))
    return [
        chr(code)
        for span in spans
        for code in span
        if not chr(code).isalnum()
        and unicodedata.category(chr(code))[0] in "PSZ"
        and chr(code) not in SENTENCE_MARKS
        and chr(code) not in characters.layers
    ]


def _parting(forms: Sequence[Form]) -> Parting:
    inner: set[str] = set()
    ends: set[str] = set()
    for form in forms:
        if _gaps(form):
            inner.update(form.literal[1:-1])
            ends |= {end for end in (form.literal[:2], form.literal[-2:]) if len(end) == 2}
    patient = (form for form in forms if form.entry.word.separators is Separators.ANY)
    before = {letter for form in patient for letter in form.literal[:-1]}
    marks = SENTENCE_MARKS.union(*_UNIFORM_MARKS) if inner or ends or before else frozenset()
    return Parting(marks, frozenset(inner), frozenset(ends), frozenset(before))


def _gaps(form: Form) -> bool:
    entry = form.entry
    return not (entry.word.separators is Separators.NONE or entry.ascii or entry.listed)


def _doubles(forms: Sequence[Form]) -> set[str]:
    """Doubled inner characters; those that double in ordinary talk only when tripled."""
    inner = {
        letter
        for form in forms
        if Layer.REPEATS in form.entry.word.undo and not (form.entry.ascii or form.layers)
        for letter in form.literal[1:-1]
    }
    return {letter * (3 if letter in REDUPLICATED else 2) for letter in inner}


def _useful_splits(splits: Mapping[str, str], pairs: frozenset[str]) -> list[str]:
    needed = {character for pair in pairs for character in pair}
    return [parts for parts, whole in splits.items() if whole in needed]
