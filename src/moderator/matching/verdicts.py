"""What single Latin tokens call for, remembered: chat uses few of them again and again."""

from collections.abc import Callable

from moderator.matching.latin import LatinTokens, letters_of
from moderator.matching.phonetic import Phonetics

HARMLESS, SYLLABLES, DISGUISE = range(3)  # none, perhaps pinyin, surely worth a closer look
MOST = 4096  # tokens that are remembered
_LONGEST = 12  # letters; longer tokens, and those with digits, might be secrets: never remembered


class Verdicts(dict[str, int]):
    """The verdict on each lower-case token: a bounded memo over a pure function of the rules.

    Holds ordinary short words only.  Threads may share it; a copy or a pickle of it is empty.
    """

    def __init__(self, latin: LatinTokens, phonetics: Phonetics) -> None:
        super().__init__()
        self._parts = (latin, phonetics)

    def __missing__(self, token: str) -> int:
        verdict = _verdict(token, *self._parts)
        if len(token) <= _LONGEST and token.isalpha() and len(self) < MOST:
            self[token] = verdict
        return verdict

    def __reduce__(self) -> tuple[Callable[..., "Verdicts"], tuple[LatinTokens, Phonetics]]:
        return Verdicts, self._parts


def _verdict(token: str, latin: LatinTokens, phonetics: Phonetics) -> int:
    if len(token) < 2 or token.isdigit():
        return HARMLESS
    plain = token.isalpha()
    letters = token if plain else letters_of(token)
    if letters.isalpha() and latin.abbreviates(letters):
        return DISGUISE
    if not plain and (latin.disguises(token) or latin.repeats(letters)):
        return DISGUISE
    return SYLLABLES if letters.isalpha() and phonetics.plausible(letters) else HARMLESS
