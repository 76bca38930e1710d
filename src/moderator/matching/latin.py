"""Disguises of whole Latin tokens: leet, starred or repeated letters, initials of Chinese."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice

from moderator.domain.rule import Layer
from moderator.matching.entries import Entry
from moderator.matching.judging import Found
from moderator.matching.phrases import Phrases, repeats
from moderator.text.acronyms import ACRONYMS
from moderator.text.folding import Folded
from moderator.text.leet import MARKS, MASKS, key, masks, spells, stretches
from moderator.text.pinyin import Pinyin
from moderator.text.squeezing import squeeze

FEWEST_INITIALS = 3
MOST_MEANINGS = 2  # initials that stand for more words stand for none
_SIGN = "[0-9a-z@$!|+(£¡€¢*#]"
_TOKEN = re.compile(f"{_SIGN}{_SIGN}*")  # a plain class first: `re` skips to it fast
LONGEST_TOKEN = 36  # characters; longer tokens are no disguised word
_TELLING = 5  # characters of a token in leet that may have only one letter
MOST_TOKENS = 1024  # of one text
_MARKS = MARKS + MASKS
_PATHS = frozenset("/\\")
_JOINTS = _PATHS | frozenset("._-")  # of names: cnm.log, is_del_flg
_LETTER = re.compile("[a-z]")
_REPEATED = re.compile(r"(.)\1")
_REPEATED_LETTER = re.compile(r"([a-z])\1++")


class LatinTokens:
    """Looks tokens up, whole, by what they may stand for."""

    __slots__ = ("_collapsed", "_initials", "_leet", "_phrases", "_starred")

    def __init__(self, entries: Iterable[Entry], pinyin: Pinyin) -> None:
        known = list(entries)
        words = [entry for entry in known if entry.ascii and entry.text.isalnum()]
        self._leet = _grouped((squeeze(key(e.text)), e) for e in words if _undoes(e, Layer.LEET, 3))
        self._starred = _grouped(
            (f"{len(e.text)}{e.text[0]}", e) for e in words if _undoes(e, Layer.LEET, 4)
        )
        self._collapsed = _grouped((e.squeezed, e) for e in words if _undoes(e, Layer.REPEATS, 3))
        self._phrases = Phrases(e for e in known if e.ascii and _undoes(e, Layer.REPEATS, 3))
        self._initials = _telling(_grouped(_initials(known, pinyin)))

    def abbreviates(self, run: str) -> bool:
        """Whether a run of lower-case letters is initials or a word with repeated letters."""
        return run in self._initials or self.repeats(run)

    def repeats(self, run: str) -> bool:
        """Whether lower-case letters and digits may be a word, or part of one, with repeats."""
        return (
            len(run) > FEWEST_INITIALS
            and _REPEATED.search(run) is not None
            and (squeeze(run) in self._collapsed or self._phrases.have(run))
        )

    def disguises(self, token: str) -> bool:
        """Whether a lower-case token with digits or marks may be a word in leet."""
        return any(True for _ in self._disguises(token)) or self._phrases.have(token)

    @property
    def parted(self) -> Iterable[str]:
        """Pieces of phrases whose words are parted by more than a space: for the automaton."""
        return self._phrases.parted

    @property
    def following(self) -> Iterable[tuple[str, str]]:
        """What the words of phrases are found under, each with the next one."""
        return self._phrases.following

    @property
    def sought(self) -> Mapping[str, Mapping[str, Collection[str]]]:
        """All that a token, or its key, may be found under, and the words that it stands for."""
        return {
            "initials": dict.fromkeys(self._initials, ()),
            "repeated": _texts(self._collapsed),
            "leet": _texts(self._leet),
            "starred": _texts(self._starred),
            "phrased": self._phrases.words,
        }

    def find(self, view: Folded, *, chinese: bool = False) -> Iterator[Found]:
        """What the tokens of the canonical text stand for, beside what they spell.

        Initials are read in Chinese texts, and where they are all that somebody wrote.
        """
        yield from self._phrases.find(view)
        chinese = chinese or not view.text.isascii() or view.text.strip().isalpha()
        known: dict[str, list[tuple[str, Entry, Layer]]] = {}
        for token in islice(tokens(view.text), MOST_TOKENS):
            written = token.group()
            if written not in known:
                known[written] = list(self._meanings(written, chinese=chinese))
            for run, entry, layer in known[written]:
                start = token.start() + token.group().index(run)
                if layer is not Layer.INITIALS or not _in_name(view.text, start, start + len(run)):
                    yield Found(entry, ((start, start + len(run)),), (layer,))

    def _meanings(self, token: str, *, chinese: bool) -> Iterator[tuple[str, Entry, Layer]]:
        bare = letters_of(token)
        for entry in self._collapsed.get(squeeze(bare), ()):
            if repeats(bare, entry.text):
                yield bare, entry, Layer.REPEATS
        if bare.isalpha():
            for entry in self._initials.get(bare, ()) if chinese else ():
                yield bare, entry, Layer.INITIALS
        if bare != token or not bare.isalpha():
            yield from self._disguises(token)

    def _disguises(self, token: str) -> Iterator[tuple[str, Entry, Layer]]:
        if len(token) > LONGEST_TOKEN or not _LETTER.search(token):
            return
        for run in dict.fromkeys((token, token.rstrip(_MARKS))):
            for entry in self._leet.get(squeeze(key(run)), ()):
                if entry.text != run and _mostly_letters(run) and _in_leet(run, entry.text):
                    yield run, entry, Layer.LEET
            if any(sign in _MARKS for sign in run):
                once = _REPEATED_LETTER.sub(r"\1", run)
                for written in {run, once}:
                    for entry in self._starred.get(f"{len(written)}{written[0]}", ()):
                        if masks(written, entry.text):
                            yield run, entry, Layer.LEET


def _in_leet(run: str, word: str) -> bool:
    return spells(run, word) or (not run.isalpha() and stretches(run, word))


def _in_name(text: str, start: int, end: int) -> bool:
    """Whether the letters are a part of the name of a file, a variable or a host."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return (before[-1:] in _JOINTS and (_in_ascii(before[:-1]) or before[-1:] in _PATHS)) or (
        after[:1] in _JOINTS and _in_ascii(after[1:])
    )


def _in_ascii(character: str) -> bool:
    return character.isascii() and character.isalnum()


def is_sign(character: str) -> bool:
    """Whether tokens are made of it."""
    return _TOKEN.fullmatch(character) is not None


def letters_of(token: str) -> str:
    """The token without marks around it: what is left of `(lhc!`."""
    return token.strip(_MARKS)


def tokens(text: str) -> Iterator[re.Match[str]]:
    """The Latin tokens of a canonical text, with the digits and marks in them."""
    return (
        token for token in _TOKEN.finditer(text) if token.end() - token.start() <= LONGEST_TOKEN
    )


def token_texts(text: str) -> list[str]:
    """The same, without where they stand."""
    found: list[str] = _TOKEN.findall(text)
    return found


def _undoes(entry: Entry, layer: Layer, least: int) -> bool:
    return layer in entry.word.undo and len(entry.text) >= least


def _mostly_letters(token: str) -> bool:
    letters = sum(map(str.isalpha, token))
    marked = any(sign in _MARKS for sign in token)
    return 2 * letters >= len(token) or len(token) >= _TELLING or marked


def _initials(entries: Iterable[Entry], pinyin: Pinyin) -> Iterator[tuple[str, Entry]]:
    for entry in entries:
        readings = [pinyin.readings.get(character) for character in entry.text]
        if _undoes(entry, Layer.INITIALS, FEWEST_INITIALS) and all(readings):
            spoken = () if entry.listed else pinyin.spoken(entry.text)
            commonest = (known[0] for known in readings if known)
            for letters in {_first_letters(spoken), _first_letters(commonest)}:
                if _telling_letters(letters):
                    yield letters, entry


def _first_letters(syllables: Iterable[str]) -> str:
    return "".join(syllable[0] for syllable in syllables)


def _telling_letters(letters: str) -> bool:
    known = letters in ACRONYMS
    return not known and len(set(letters)) > 1 and not _pronounceable(letters)


def _pronounceable(letters: str) -> bool:
    """Whether the letters may be a word: those of English have vowels."""
    vowels = sum(letter in "aeo" for letter in letters)
    return vowels > len(letters) - FEWEST_INITIALS


def _telling(initials: dict[str, tuple[Entry, ...]]) -> dict[str, tuple[Entry, ...]]:
    return {
        letters: found
        for letters, found in initials.items()
        if len({entry.text for entry in found}) <= MOST_MEANINGS
    }


def _texts(grouped: Mapping[str, Iterable[Entry]]) -> Mapping[str, Collection[str]]:
    return {name: {entry.text for entry in group} for name, group in grouped.items()}


def _grouped(pairs: Iterable[tuple[str, Entry]]) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for name, entry in pairs:
        found[name].append(entry)
    return {name: tuple(group) for name, group in found.items()}
