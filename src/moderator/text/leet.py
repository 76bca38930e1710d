"""Digits and marks that stand for Latin letters: sh1t, @ss, f**k."""

from itertools import groupby

MEANINGS = {
    "0": "o",
    "1": "il",
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "gb",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "il",
    "|": "il",
    "+": "t",
    "(": "c",
    "£": "l",
    "¡": "i",
    "€": "e",
    "¢": "c",
}
MASKS = "*#"
MARKS = "@$!|+(£¡€¢"
_MERGED = {"l": "i", "b": "g"}  # letters that one sign may mean alike
_CLASSES = str.maketrans(
    _MERGED | {sign: _MERGED.get(letters[0], letters[0]) for sign, letters in MEANINGS.items()}
)


def key(token: str) -> str:
    """The same for a word and everything that leet spells it as; one character for each."""
    return token.translate(_CLASSES)


def spells(token: str, word: str) -> bool:
    """Whether each character of the token is, or stands for, that of the word."""
    return len(token) == len(word) and all(
        sign == letter or letter in MEANINGS.get(sign, "")
        for sign, letter in zip(token, word, strict=True)
    )


def stretches(token: str, word: str) -> bool:
    """The same, with letters repeated: sh11t, b!tchhh."""
    there, needed = _groups(token), _groups(word)
    return len(there) == len(needed) and all(
        len(signs) >= len(letters)
        and any(sign == letters[0] or letters[0] in MEANINGS.get(sign, "") for sign in signs)
        for signs, letters in zip(there, needed, strict=True)
    )


def _groups(token: str) -> list[str]:
    """Runs of what may be the same letter."""
    return ["".join(run) for _, run in groupby(token, key)]


def masks(token: str, word: str) -> bool:
    """Whether the token is the word with at most half its inner letters starred out.

    Other marks hide vowels only: f@ck.
    """
    hidden = sum(sign in MASKS or sign in MARKS for sign in token)
    return (
        len(token) == len(word) >= 4
        and 0 < hidden <= len(word) // 2
        and token[0] not in MASKS
        and all(
            sign == letter or sign in MASKS or (sign in MARKS and letter in "aeiou")
            for sign, letter in zip(token, word, strict=True)
        )
    )
