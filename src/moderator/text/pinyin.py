"""Toneless readings of characters, and Latin letters read as pinyin."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from pypinyin import lazy_pinyin
from pypinyin.pinyin_dict import pinyin_dict

_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿế", "aaaaeeeeiiiioooouuuuvvvvvnnnme")
_MOST_READINGS = 3
_LONGEST_SYLLABLE = 6
_LONGEST_RUN = 36  # letters; longer runs are no disguised word
_LEAST_ABBREVIATED = 3  # ideographs
_FIRST_PRIVATE = 0xE000
_UNUSUAL = frozenset({"a", "e", "o", "n", "m", "ng", "hm", "hng", "ei", "yo", "lo", "dia", "den"})


@dataclass(frozen=True, slots=True)
class Pinyin:
    """`readings` of each ideograph, commonest first; `signs` gives each syllable one character.

    Signs are private-use characters, so that an automaton can search for strings of syllables.
    """

    readings: Mapping[str, tuple[str, ...]]
    signs: Mapping[str, str]
    typed: frozenset[str]  # syllables that people type as such
    chain: re.Pattern[str]  # one or more of them

    def sign(self, character: str) -> str:
        """The sign of the commonest reading; the character itself where it has none."""
        known = self.readings.get(character)
        return self.signs[known[0]] if known else character

    def spoken(self, word: str) -> tuple[str, ...]:
        """The syllables of a word of ideographs as it is read; () where one is unknown."""
        syllables = tuple(lazy_pinyin(word))
        return syllables if all(one in self.signs for one in syllables) else ()

    def is_pinyin(self, run: str) -> bool:
        """Whether a run of lower-case letters is made of syllables."""
        return 1 < len(run) <= _LONGEST_RUN and self.chain.fullmatch(run) is not None

    def segmentations(self, run: str) -> list[tuple[str, ...]]:
        """The run as syllables: long ones first, and short ones first where that differs."""
        if not self.is_pinyin(run):
            return []
        possible = self._possible(run)
        longest = self._walk(run, possible, range(_LONGEST_SYLLABLE, 1, -1))
        shortest = self._walk(run, possible, range(2, _LONGEST_SYLLABLE + 1))
        return [longest] if longest == shortest else [longest, shortest]

    def _possible(self, run: str) -> list[bool]:
        """For each position, whether the rest of the run is made of syllables."""
        possible = [False] * len(run) + [True]
        for at in range(len(run) - 1, -1, -1):
            possible[at] = any(
                end <= len(run) and possible[end] and run[at:end] in self.typed
                for end in range(at + 2, at + _LONGEST_SYLLABLE + 1)
            )
        return possible

    def _walk(self, run: str, possible: list[bool], lengths: range) -> tuple[str, ...]:
        parts, at = [], 0
        while at < len(run):
            part = next(
                run[at : at + length]
                for length in lengths
                if at + length <= len(run)
                and possible[at + length]
                and run[at : at + length] in self.typed
            )
            parts.append(part)
            at += len(part)
        return tuple(parts)


@cache
def pinyin() -> Pinyin:
    """The tables, from pypinyin's dictionary of single characters; a constant."""
    readings = dict(_readings())
    syllables = sorted({reading for known in readings.values() for reading in known})
    signs = {syllable: chr(_FIRST_PRIVATE + n) for n, syllable in enumerate(syllables)}
    typed = {
        known for one, all_known in readings.items() if is_frequent(one) for known in all_known
    }
    typed -= _UNUSUAL
    chain = re.compile(f"(?:{_alternatives(typed)})+")
    return Pinyin(readings, signs, frozenset(typed), chain)


def abbreviated(word: str) -> Iterator[str]:
    """The word with one of its three or more ideographs as an initial: 操n妈."""
    readings = pinyin().readings
    if len(word) >= _LEAST_ABBREVIATED and all(map(readings.__contains__, word)):
        for at, character in enumerate(word):
            yield word[:at] + readings[character][0][0] + word[at + 1 :]


def _alternatives(syllables: set[str]) -> str:
    """An expression for the syllables that shares their beginnings, longer ones first."""
    branches = []
    for first in sorted({syllable[0] for syllable in syllables if syllable}):
        rests = {syllable[1:] for syllable in syllables if syllable[:1] == first}
        branches.append(first + (f"(?:{_alternatives(rests)})" if rests != {""} else ""))
    return "|".join([*branches, ""] if "" in syllables else branches)


def _readings() -> Iterator[tuple[str, tuple[str, ...]]]:
    for code, spelled in pinyin_dict.items():
        if 0x4E00 <= code < 0xA000:
            known = dict.fromkeys(spelled.translate(_TONES).split(","))
            plain = [reading for reading in known if reading.isascii() and reading.isalpha()]
            if plain:
                yield chr(code), tuple(plain[:_MOST_READINGS])


def is_frequent(character: str) -> bool:
    """Whether it is one of the 3,755 frequent characters (GB 2312, level 1)."""
    try:
        encoded = character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return len(encoded) == 2 and 0xB0 <= encoded[0] <= 0xD7
