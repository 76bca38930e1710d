"""Latin words written so that they can still be read: fu-ck, f-ck, fvck, phuck."""

import re
from collections.abc import Iterator

from moderator.domain.rule import Layer

_SHORTEST = 4  # letters; a mark within fewer leaves too little to be read
_GAPS = "-_.*"  # no apostrophe: who're
_MASKS = "-_.^x"
_DOMAINS = frozenset({"co", "is", "it", "me", "ke", "in", "my", "tv", "to", "be", "at", "es", "us"})
_INNER_VOWEL = re.compile("(?<=[a-z])[aeiou](?=[a-z])")


def misspelt(word: str) -> Iterator[tuple[str, Layer]]:
    """The other spellings of a lower-case Latin word, and what each of them undoes."""
    if len(word) < _SHORTEST or not (word.isascii() and word.isalnum() and word[0].isalpha()):
        return
    for at in range(1, len(word)):
        for mark in _GAPS:
            if mark != "." or word[at:] not in _DOMAINS:
                yield word[:at] + mark + word[at:], Layer.SEPARATORS
    if vowel := _INNER_VOWEL.search(word):
        for mask in _MASKS:
            yield word[: vowel.start()] + mask + word[vowel.end() :], Layer.LEET
    if "u" in word:
        yield word.replace("u", "v"), Layer.LEET
    if word[0] == "f":
        yield "ph" + word[1:], Layer.LEET
