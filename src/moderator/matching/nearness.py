"""Words that a text almost has, and what they lack; for explanations only."""

from collections.abc import Collection, Iterable, Iterator

from moderator.matching.entries import Entry
from moderator.matching.explanation import Near
from moderator.text.folding import Folded
from moderator.text.ordinary import ordinary_words
from moderator.text.pinyin import Pinyin
from moderator.text.squeezing import squeezed

MOST = 5
_LEAST = 3  # characters of a word of which one may differ
_SPREAD = 6  # characters that may stand between those of a word that is torn apart


def nearest(
    view: Folded, entries: Iterable[Entry], pinyin: Pinyin, known: Collection[str] = ()
) -> tuple[Near, ...]:
    """The rules that come closest to hitting the canonical text, closest first.

    Each is named once, with its closest word; those of `known` hit, or say already why not.
    """
    text = squeezed(view).text
    sounds = "".join(map(pinyin.sign, text))
    closest: dict[str, tuple[int, Near]] = {}
    for entry in entries:
        rule = entry.rule.id
        if rule not in known:
            for rank, reason in _reasons(entry.squeezed, text, sounds, pinyin):
                if rule not in closest or rank < closest[rule][0]:
                    closest[rule] = rank, Near(rule=rule, word=entry.word.text, reason=reason)
    found = sorted(closest.values(), key=lambda ranked: ranked[0])
    return tuple(near for _, near in found[:MOST])


def _reasons(word: str, text: str, sounds: str, pinyin: Pinyin) -> Iterator[tuple[int, str]]:
    if len(word) < 2 or word in text:
        return
    if not word.isascii() and "".join(map(pinyin.sign, word)) in sounds:
        yield 0, "sounds the same; the word would need undo: [homophone]"
    elif len(word) >= _LEAST and set(word) <= set(text) and _stands_close(word, text):
        yield 1, "its characters stand apart or in another order"
    elif len(word) > _LEAST and _but_one(word, text):
        yield 2, "one of its characters is another"
    elif any(part in text and part not in ordinary_words() for part in _ends_cut(word)):
        yield 3, "all but one end of it stands in the text"


def _ends_cut(word: str) -> tuple[str, ...]:
    return (word[1:], word[:-1]) if len(word) >= _LEAST else ()


def _stands_close(word: str, text: str) -> bool:
    """Whether all its characters stand in some short piece of the text."""
    width = len(word) + _SPREAD
    return any(
        set(word) <= set(text[at : at + width])
        for at, character in enumerate(text)
        if character in word
    )


def _but_one(word: str, text: str) -> bool:
    """Whether a piece of the text differs from the word in one inner character."""
    return any(
        text.startswith(word[at + 1 :], place + at + 1)
        for at in range(1, len(word) - 1)
        for place in _places(word[:at], text)
    )


def _places(beginning: str, text: str) -> Iterator[int]:
    at = text.find(beginning)
    while at >= 0:
        yield at
        at = text.find(beginning, at + 1)
