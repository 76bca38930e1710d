"""Banned words as the matcher holds them: plain tuples, because a book may have a million."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from moderator.domain.rule import Company, Layer, Rule, Word
from moderator.text.characters import SHARED_VARIANTS, Characters, in_taiwan
from moderator.text.emoji import other_writings
from moderator.text.folding import canonical
from moderator.text.misspelling import misspelt
from moderator.text.numerals import other_spellings
from moderator.text.pinyin import abbreviated
from moderator.text.squeezing import runs, squeeze

REVERSED_FROM = 3  # characters of a reversed Chinese word; shorter ones are words themselves
REVERSED_ASCII_FROM = 4
_SHARED = str.maketrans(SHARED_VARIANTS)
LONG_LIST = 5000  # words; those of longer rules are not looked for backwards nor between commas


class Phrase(NamedTuple):
    """An allow phrase, folded, and where in it the word stands."""

    spelled: str
    text: str
    offset: int


class Neighbours(NamedTuple):
    """A rule's `company`, folded."""

    groups: tuple[tuple[str, ...], ...]
    within: int

    def somewhere(self, text: str) -> bool:
        """Whether every group has a word in the text, however far away."""
        return all(any(word in text for word in group) for group in self.groups)

    def present(self, text: str, start: int, end: int) -> bool:
        around = f"{text[max(0, start - self.within) : start]}\n{text[end : end + self.within]}"
        return all(any(word in around for word in group) for group in self.groups)


class Entry(NamedTuple):
    """One word of one rule.  `runs` counts each letter of `squeezed` in `text` (妈妈 has 2)."""

    rule: Rule
    word: Word
    text: str
    squeezed: str
    runs: tuple[int, ...]
    neighbours: Neighbours | None

    @property
    def listed(self) -> bool:
        """Whether it is one of so many that every further form would slow all scans down."""
        return len(self.rule.words) > LONG_LIST

    @property
    def ascii(self) -> bool:
        return self.text.isascii()


class Form(NamedTuple):
    """One way in which an entry is looked for, and what that way undoes.

    A `squeezed` form is only looked for in squeezed text.
    """

    entry: Entry
    literal: str
    layers: tuple[Layer, ...] = ()
    squeezed: bool = False
    phrases: tuple[Phrase, ...] = ()


def compiled(rules: Iterable[Rule], characters: Characters) -> tuple[list[Entry], list[Form]]:
    """All entries of the rules and every form in which each is looked for."""
    found: list[Entry] = []
    looked_for: list[Form] = []
    for rule in rules:
        allow = {phrase: canonical(phrase, characters).text.strip() for phrase in rule.allow}
        for entry in entries(rule, characters):
            found.append(entry)
            looked_for.extend(forms(entry, allow))
    return found, looked_for


def entries(rule: Rule, characters: Characters) -> Iterator[Entry]:
    """The rule's words in canonical form; a word of which nothing is left is passed over."""
    neighbours = _neighbours(rule.company, characters) if rule.company else None
    for word in rule.words:
        text = canonical(word.text, characters).text.strip()
        if text:
            yield Entry(rule, word, text, squeeze(text), runs(text), neighbours)


def _neighbours(company: Company, characters: Characters) -> Neighbours:
    groups = tuple(
        tuple(canonical(word, characters).text for word in group) for group in company.all_of
    )
    return Neighbours(groups, company.within)


def forms(entry: Entry, allow: Mapping[str, str]) -> Iterator[Form]:
    """Every literal under which the entry is looked for; `allow` maps phrases to folded ones."""
    yield Form(entry, entry.text, phrases=phrases_with(entry.text, allow))
    if len(entry.squeezed) > 1 and entry.squeezed != entry.text:
        squeezed_allow = {spelled: squeeze(folded) for spelled, folded in allow.items()}
        phrases = phrases_with(entry.squeezed, squeezed_allow)
        yield Form(entry, entry.squeezed, squeezed=True, phrases=phrases)
    if Layer.DIGITS in entry.word.undo:
        for other in other_spellings(entry.text):
            yield Form(entry, other, (Layer.DIGITS,), phrases=phrases_with(other, allow))
    if not entry.listed:
        yield from _informal(entry, allow)
    if Layer.TRADITIONAL in entry.word.undo:
        yield from _traditional(entry, allow)
    if Layer.REVERSED in entry.word.undo and reversible(entry):
        yield Form(entry, entry.text[::-1], (Layer.REVERSED,))


def _traditional(entry: Entry, allow: Mapping[str, str]) -> Iterator[Form]:
    """The word in traditional characters that simplified text has, too, and in Taiwan's terms."""
    other = entry.text.translate(_SHARED)
    if other != entry.text:
        written = {spelled: folded.translate(_SHARED) for spelled, folded in allow.items()}
        yield Form(entry, other, (Layer.TRADITIONAL,), phrases=phrases_with(other, written))
    if entry.listed or entry.ascii or entry.neighbours:
        return
    term = in_taiwan(entry.text)
    if term != entry.text:
        written = {spelled: in_taiwan(folded) for spelled, folded in allow.items()}
        yield Form(entry, term, (Layer.TRADITIONAL,), phrases=phrases_with(term, written))


def _informal(entry: Entry, allow: Mapping[str, str]) -> Iterator[Form]:
    """The word misspelt, with one initial, or with emoji for characters."""
    for other, layer in misspelt(entry.text):
        if layer in entry.word.undo:
            yield Form(entry, other, (layer,), phrases=phrases_with(other, allow))
    if Layer.PINYIN in entry.word.undo:
        for other in abbreviated(entry.text):
            yield Form(entry, other, (Layer.PINYIN,), phrases=phrases_with(other, allow))
    if Layer.EMOJI in entry.word.undo:
        for other in other_writings(entry.text):
            written = {
                spelled: folded.replace(entry.text, other) for spelled, folded in allow.items()
            }
            yield Form(entry, other, (Layer.EMOJI,), phrases=phrases_with(other, written))


def reversible(entry: Entry) -> bool:
    """Whether the word still means something when read backwards, and nothing else does."""
    least = REVERSED_ASCII_FROM if entry.ascii else REVERSED_FROM
    return not entry.listed and len(entry.text) >= least and entry.text[::-1] != entry.text


def phrases_with(literal: str, allow: Mapping[str, str]) -> tuple[Phrase, ...]:
    """The phrases that hold the literal, longest first."""
    found = [
        Phrase(spelled, folded, at)
        for spelled, folded in allow.items()
        for at in _places(literal, folded)
    ]
    return tuple(sorted(found, key=lambda phrase: -len(phrase.text)))


def _places(literal: str, text: str) -> Iterator[int]:
    at = text.find(literal)
    while at >= 0:
        yield at
        at = text.find(literal, at + 1)
