"""What a single Latin token calls for."""

import re

from moderator.matching.latin import LatinTokens, letters_of
from moderator.matching.phonetic import Phonetics

_LETTERS = re.compile("[a-z]+")
HARMLESS, SYLLABLES, DISGUISE = range(3)  # nothing, perhaps pinyin, a closer look


def verdict(latin: LatinTokens, phonetics: Phonetics, token: str) -> int:
    """The verdict on a lower-case token."""
    if len(token) < 2 or token.isdigit():
        return HARMLESS
    plain = token.isalpha()
    letters = token if plain else letters_of(token)
    if letters.isalpha() and latin.abbreviates(letters):
        return DISGUISE
    if not plain and (latin.disguises(token) or latin.repeats(letters)):
        return DISGUISE
    return SYLLABLES if any(map(phonetics.plausible, _LETTERS.findall(letters))) else HARMLESS
