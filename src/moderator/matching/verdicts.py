"""What a single Latin token calls for."""

from moderator.matching.latin import LatinTokens, letters_of
from moderator.matching.phonetic import Phonetics

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
    return SYLLABLES if letters.isalpha() and phonetics.plausible(letters) else HARMLESS
