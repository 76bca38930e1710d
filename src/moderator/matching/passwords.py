"""What a value that was made to be secret looks like, and what only talks about one."""

import re
from itertools import pairwise
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

# What stands after «password is» in talk about passwords.
_TALK = frozenset(
    """
    the this that these those your my our his her its their a an any some all same following default
    required optional mandatory needed necessary missing empty blank null none nil undefined unset
    incorrect wrong invalid valid correct bad right good ok okay fine weak strong simple complex
    expired expiring reset changed updated modified rotated revoked leaked exposed compromised stolen
    hashed encrypted salted stored saved hidden masked visible shown protected secured secure safe
    case-sensitive sensitive confidential private public secret unknown known forgotten lost
    not never no yes true false still now then here there below above and or but if is are was were
    be been being will would can could should must may might to too very so as at by for from in on
    of with without please only also already about again authentication authorization based manager
    policy field input form box prompt hash string str int bool number text bytes object array any
    char varchar value type name generator strength length recovery login logon admin-only
    sent mailed emailed given provided created generated set setup configured recommended used
    required: unchanged different identical matching mismatch accepted rejected denied failed
    username user users password passwords passwd pwd pass account email phone token key keys
    """.split()
)
_FAMILIAR = frozenset(
    """
    admin root toor test guest letmein iloveyou qwerty qwertyuiop asdfgh asdfghjkl zxcvbn zxcvbnm
    sunshine princess dragon monkey football baseball superman batman trustno welcome abcdef abcd
    hunter shadow master ninja passw0rd password woaini wodemima mima admin admin123 administrator
    """.split()
)
_CODE = re.compile(
    r"[\w.]+\(|\)$|^(?:self|this|os|process|env|config|settings|request|req|args|params|user|data)\."
    r"|::|->|=>|&&|\|\||^[<\[{(]|[>\]})]$|^\$|^%\w+%$|^https?:|^[~.]{0,2}/[\w.]|^[A-Za-z]:\\|^[\w.]+\.(?:get|env|read|value)\b"
)
# The pairs of letters that words are made of (English prose; pinyin mostly fits, too).
_PAIRS = frozenset(
    """
    th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le
    sa si ar ve ra ld ur ro ri io ic ne me co ta ec ll ma be us ce li ch om ss la no el ho so wa di
    ac ol pe ee ut em pr ct tr mo po il un ad ge wh gh ca fo ot am im ap pl sh id ig ly ke vi ev ow
    op ex bl fi pa su mi do go ck up rt ns ai ab ag au av ay bo br bu ci cr cu da du ef ei ep ey ff
    fe fr ga gr gu if ir iv ki lo lu mp na ni nu oc od oi oo os ov pi pu qu rd rk rm rn rs ru rv sc
    sk sp sw sy tc tu tw ty ub uc ue ui ul um va wi wo wr ye yo ze zi
    """.split()
)
_DATED = re.compile(r"v?\d+(?:\.\d+){1,3}\S{0,12}$|(?:19|20)\d\d-\d\d-\d\d")  # or a version
_RANGE = re.compile(r"\d{1,2}[-~]\d{1,3}")
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
        return letters.lower() in _FAMILIAR or not _natural(letters)
    return any(map(str.isdigit, value)) or _kinds(value) >= 3


def is_loose_password(value: str) -> bool:
    """As `is_password`, where the place leaves little doubt (quoted, in a command, after 密码是)."""
    return 3 <= len(value) <= 64 and not _not_meant(value)


def is_strong_password(value: str) -> bool:
    """As `is_password`, where only the value can tell (`password Tr0ub4dor&3`)."""
    letters, numbers = any(map(str.isalpha, value)), any(map(str.isdigit, value))
    marks = any(not c.isalnum() for c in value)
    mixed = letters and numbers and len(value) >= 6
    return (mixed or (letters and marks and _kinds(value) >= 3)) and not _not_meant(value)


def _not_meant(value: str) -> bool:
    bare = value.strip("\"'.,;:!?").lower()
    return bool(bare in _TALK or _CODE.search(value) or _RANGE.fullmatch(value))


def _kinds(value: str) -> int:
    tests = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    return sum(any(map(test, value)) for test in tests)


def _natural(word: str) -> bool:
    """Whether letters read like a word: lower, title or upper case, of pairs that words have."""
    if not (word.islower() or word.isupper() or word.istitle()):
        return len(word) > 20 or _camel(word)
    pairs = [a + b in _PAIRS for a, b in pairwise(word.lower())]
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
    letters, numbers = sum(map(str.isalpha, value)), any(map(str.isdigit, value))
    if not letters or not numbers or _not_meant(value) or _DATED.match(value):
        return False
    in_words = sum(len(word) for word in _WORD.findall(value) if _natural(word))
    return in_words < 0.5 * len(value)


def make_random(random: Random, argument: str) -> str:
    """`argument` (32 when empty) letters and digits."""
    length = int(argument or 32)
    return "7" + "".join(random.choices(ascii_letters + digits, k=length - 2)) + "4"
