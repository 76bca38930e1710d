"""Digits in Chinese and other writings."""

from collections.abc import Iterator
from itertools import product

NUMERALS = {
    "0": "0零〇",
    "1": "1一壹",
    "2": "2二贰",
    "3": "3三叁",
    "4": "4四肆",
    "5": "5五伍",
    "6": "6六陆",
    "7": "7七柒",
    "8": "8八捌",
    "9": "9九玖",
}
_DIGIT = {sign: digit for digit, signs in NUMERALS.items() for sign in signs}
_MOST_FREE = 2  # positions that vary independently; above, all are written alike
_FEWEST_ALONE = 5  # 六四 must not mean every 64


def other_spellings(word: str) -> Iterator[str]:
    """The word with its digits written in the other ways: 一夜情 as 1夜情 and 壹夜情."""
    choices = [NUMERALS[_DIGIT[sign]] if sign in _DIGIT else sign for sign in word]
    varied = sum(len(choice) > 1 for choice in choices)
    if not varied or (varied == len(word) and varied < _FEWEST_ALONE):
        return
    spelled = product(*choices) if varied <= _MOST_FREE else _alike(choices)
    for characters in spelled:
        if (other := "".join(characters)) != word:
            yield other


def _alike(choices: list[str]) -> Iterator[tuple[str, ...]]:
    for way in range(3):
        yield tuple(choice[way] if len(choice) > 1 else choice for choice in choices)
