"""Words that a text almost has, and what they lack; for explanations only."""

from collections.abc import Iterable, Iterator

from moderator.matching.entries import Entry
from moderator.matching.explanation import Near
from moderator.text.folding import Folded
from moderator.text.pinyin import Pinyin
from moderator.text.squeezing import squeezed

MOST = 5
_LEAST = 3  # characters of a word of which one may differ


def nearest(view: Folded, entries: Iterable[Entry], pinyin: Pinyin) -> tuple[Near, ...]:
    """The words that come closest to standing in the canonical text, closest first."""
    text = squeezed(view).text
    sounds = "".join(map(pinyin.sign, text))
    found = [
        (rank, Near(rule=entry.rule.id, word=entry.word.text, reason=reason))
        for entry in entries
        for rank, reason in _reasons(entry.squeezed, text, sounds, pinyin)
    ]
    found.sort(key=lambda ranked: ranked[0])
    return tuple(near for _, near in found[:MOST])


def _reasons(word: str, text: str, sounds: str, pinyin: Pinyin) -> Iterator[tuple[int, str]]:
    if len(word) < 2 or word in text:
        return
    if not word.isascii() and "".join(map(pinyin.sign, word)) in sounds:
        yield 0, "sounds the same; the word would need undo: [homophone]"
    elif len(word) >= _LEAST and set(word) <= set(text):
        yield 1, "its characters stand apart or in another order"
    elif len(word) >= _LEAST and (word[1:] in text or word[:-1] in text):
        yield 2, "all but one end of it stands in the text"
