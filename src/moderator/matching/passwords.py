"""What a value that was made to be secret looks like, and what only talks about one."""

import re
from itertools import pairwise
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

from moderator.matching.vocabulary import FAMILIAR, PAIRS, TALK

_CODE = re.compile(
    r"[\w.]+\(|\)$|^(?:self|this|os|process|env|config|settings|request|req|args|params|user|data)\."
    r"|\$\w{0,20}\[|^[,;].*[:,=]$|::|->|=>|&&|\|\||^[<\[{(]|[>\]})]$|^\$|^%\w+%$|^https?:"
    r"|^\*{2}[A-Za-z]+\*{0,2}$"  # **Personal Access Token**
    r"|^(?:required|nullable|sometimes|bail|string|min|max)[|:]|^[~.]{0,2}/[\w.]|^[A-Za-z]:\\|^[\w.]+\.(?:get|env|read|value)\b"
)
_DATED = re.compile(r"v?\d+(?:\.\d+){1,3}\S{0,12}$|(?:19|20)\d\d-\d\d-\d\d")  # or a version
# What looks like a password and names a ticket, a version, a file, an algorithm or a parameter.
_NAMED = re.compile(
    r"[A-Z]{2,10}-\d{1,7}|[A-Za-z]{0,12}\d{1,4}(?:\.\d{1,5}){1,4}|\d{3,4}[pP]|[A-Za-z_]{1,24}=\S+"
    r"|\S+\.(?:html?|py|jsx?|tsx?|java|go|ya?ml|json|xml|txt|md|docx?|xlsx?|pptx?|pdf|png|jpe?g"
    r"|zip|sql|sh|log|conf|cfg|ini|csv|jsp|php|password|passwd|pwd|token|secret|value)"
)
_ALGORITHM = re.compile(
    r"(?i)(?:aes|sha|md|rsa|sm|des|base|utf|http|oauth|log4j|argon|bcrypt|scrypt|pbkdf|hmac|wpa"
    r"|ipv|chacha|ed|curve|x|blowfish|pgp|gpg|tls|ssl|saml)"
    r"-?\d{0,4}(?:id|\.0)?(?:[-_](?:cbc|gcm|ecb|ctr|with\w{0,12}|\d{1,4})){0,3}"
)
# What programs call things: changePassword, admin/passwords#edit.
_OF_PASSWORDS = re.compile(r"(?i)[a-z_/#.-]*(?:password|passwd|pwd)s?[a-z_/#.-]*")
_INSIDE = re.compile(r"[A-Za-z][$#^*!%][A-Za-z]")  # super$ecret
_RANGE = re.compile(r"\d{1,2}[-~]\d{1,3}")
_RISES = re.compile(r"[a-z](?=[A-Z])")
_WORD = re.compile(r"[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{5,}")


def is_password(value: str) -> bool:
    """Whether `value`, found where a password is named, may be one.

    Digits or mixed kinds of characters speak for it; code, ranges, words of talk about passwords
    and natural words speak against it.
    """
    if not is_loose_password(value):
        return False
    letters = value.strip("!.?")
    if letters.isalpha():
        return letters.lower() in FAMILIAR or not _natural(letters)
    return any(map(str.isdigit, value)) or _kinds(value) >= 3 or bool(_INSIDE.search(value))


def is_loose_password(value: str) -> bool:
    """As `is_password`, where the place leaves little doubt (quoted, in a command)."""
    return 3 <= len(value) <= 64 and not _not_meant(value)


def is_strong_password(value: str) -> bool:
    """As `is_password`, where only the value can tell (`password Tr0ub4dor&3`)."""
    letters, numbers = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    marks = any(not c.isalnum() for c in value)
    mixed = letters and numbers and len(value) >= 6
    if _NAMED.fullmatch(value):
        return False
    return (mixed or (letters and marks and _kinds(value) >= 3)) and not _not_meant(value)


def is_complex_password(value: str) -> bool:
    """As `is_strong_password`, with digits and a mark (not a host's `web-01`): among words."""
    marks = any(not c.isalnum() and c not in "-_." for c in value) or _kinds(value) == 4
    return marks and any(map(str.isdigit, value)) and is_strong_password(value)


def _not_meant(value: str) -> bool:
    bare = value.strip("\"'.,;:!?").lower()
    spoken = bare in TALK or _RANGE.fullmatch(value) or _ALGORITHM.fullmatch(bare)
    return bool(spoken or _CODE.search(value) or _OF_PASSWORDS.fullmatch(bare) or _sentence(bare))


def _sentence(lowered: str) -> bool:
    """Whether at least half of three or more words are those of talk about passwords."""
    words = [word.strip(".,;:!?") for word in lowered.split()]
    return len(words) > 2 and 2 * sum(word in TALK for word in words) >= len(words)


def _kinds(value: str) -> int:
    tests = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    return sum(any(map(test, value)) for test in tests)


def _natural(word: str) -> bool:
    """Whether letters read like a word: lower, title or upper case, of pairs that words have."""
    if not (word.islower() or word.isupper() or word.istitle()):
        return len(word) > 20 or _camel(word)
    pairs = [a + b in PAIRS for a, b in pairwise(word.lower())]
    return sum(pairs) >= 0.6 * len(pairs)


def _camel(word: str) -> bool:
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", word)
    return all(len(part) > 2 and _natural(part) for part in parts)


def make_password(random: Random, argument: str) -> str:
    """A password of `argument` characters (12 when empty) with all kinds in it."""
    length = int(argument or 12)
    kinds = (ascii_uppercase, ascii_lowercase, digits, "@#!%&")
    chosen = [random.choice(kind) for kind in kinds]
    chosen += random.choices(ascii_letters + digits, k=max(0, length - len(chosen)))
    return "".join(chosen)


def is_random(value: str) -> bool:
    """Whether a key-like value was drawn at random: not words, a date, a version or a path."""
    letters, numbers = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    if not letters or _not_meant(value) or _DATED.match(value):
        return False
    in_words = sum(len(word) for word in _WORD.findall(value) if _natural(word))
    if not numbers:  # what one in twenty keys of twenty characters comes to by chance
        return len(_RISES.findall(value)) >= 0.15 * len(value) and in_words <= 0.3 * len(value)
    return in_words <= 0.6 * len(value)


def make_random(random: Random, argument: str) -> str:
    """`argument` (32 when empty) letters and digits."""
    length = int(argument or 32)
    return "7" + "".join(random.choices(ascii_letters + digits, k=length - 2)) + "4"
