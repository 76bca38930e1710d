"""Check digits and number ranges of the identifiers that people and companies in China carry."""

from datetime import date
from random import Random
from string import digits

# GB/T 2260: the first two digits of a resident number or an organisation's place.
PROVINCES = frozenset(
    f"{area}{number}"
    for area, numbers in zip(
        "12345678", ("12345", "123", "1234567", "123456", "01234", "12345", "1", "123"), strict=True
    )
    for number in numbers
)
# GB 32100-2015: digits and capitals without I, O, S, V, Z.
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
# GB 11714-1997.
_ORGANISATION_ALPHABET = digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# GB 11643-1999: ISO 7064 MOD 11-2.
_RESIDENT_CHECKS = "10X98765432"
# The letters in the order of their numbers, 10 to 35.
_TAIWAN_LETTERS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
# MIIT's allocation of mobile number blocks; 165, 167, 170–171, 162 are virtual operators.
_MOBILE_BLOCKS = frozenset(
    {f"13{n}" for n in range(10)}
    | {f"14{n}" for n in (1, 4, 5, 6, 7, 8, 9)}
    | {f"15{n}" for n in (0, 1, 2, 3, 5, 6, 7, 8, 9)}
    | {f"16{n}" for n in (2, 5, 6, 7)}
    | {f"17{n}" for n in range(9)}
    | {f"18{n}" for n in range(10)}
    | {f"19{n}" for n in range(10)}
)
# ISO/IEC 7812 first digits of payment cards, with the lengths their issuers use.
_CARD_LENGTHS = (
    ("62", range(16, 20)),  # UnionPay
    ("60", range(16, 20)),
    ("4", range(16, 17)),  # Visa
    ("5", range(16, 17)),  # Mastercard, with the old 55xxxx and 52xxxx cards of Chinese banks
    ("2", range(16, 17)),
    ("35", range(16, 17)),  # JCB
    ("34", range(15, 16)),  # American Express
    ("37", range(15, 16)),
    ("9", range(16, 20)),  # cards of Chinese banks from before UnionPay
)


def _bare(value: str) -> str:
    return value.replace(" ", "").replace("-", "").upper()


def _pick(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choices(alphabet, k=length))


def is_luhn(value: str) -> bool:
    """ISO/IEC 7812-1 annex B over a number of at least two digits, not all alike."""
    number = _bare(value)
    if len(number) < 2 or not number.isascii() or not number.isdigit() or len(set(number)) < 3:
        return False
    return _luhn_sum(number) % 10 == 0


def _luhn_sum(number: str) -> int:
    doubled = (sum(divmod(2 * int(d), 10)) for d in number[-2::-2])
    return sum(int(d) for d in number[-1::-2]) + sum(doubled)


def make_luhn(random: Random, argument: str) -> str:
    """A number that begins with the digits `prefix` of the argument `prefix-length`."""
    prefix, _, length = argument.rpartition("-")
    body = prefix + _pick(random, digits, int(length or 16) - len(prefix) - 1)
    return body + str(-_luhn_sum(body + "0") % 10)


def is_bank_card(value: str) -> bool:
    """Luhn, with a known issuer's first digits and length."""
    number = _bare(value)
    known = any(number.startswith(p) and len(number) in n for p, n in _CARD_LENGTHS)
    return known and is_luhn(number)


def make_bank_card(random: Random, argument: str) -> str:
    """A card number beginning with `argument` (622202 when empty)."""
    prefix = argument or "622202"
    return make_luhn(random, f"{prefix}-{19 if prefix.startswith('62') else 16}")


def is_resident_id(value: str) -> bool:
    """GB 11643-1999: region, a possible date of birth (1900–2049), check character."""
    number = _bare(value)
    if len(number) != 18 or not number[:17].isdigit() or number[:2] not in PROVINCES:
        return False
    return _is_birthday(number[6:14]) and number[17] == _resident_check(number)


def _is_birthday(text: str) -> bool:
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return False
    return 1900 <= day.year < 2050


def _resident_check(number: str) -> str:
    weighted = sum(int(d) * pow(2, 17 - i, 11) for i, d in enumerate(number[:17]))
    return _RESIDENT_CHECKS[weighted % 11]


def make_resident_id(random: Random, argument: str) -> str:
    """A resident number in region `argument` (six digits; drawn when empty)."""
    region = argument or random.choice(sorted(PROVINCES)) + f"01{random.randint(1, 20):02}"
    born = f"{random.randint(1950, 2005)}{random.randint(1, 12):02}{random.randint(1, 28):02}"
    body = region + born + _pick(random, digits, 3)
    return body + _resident_check(body)


def is_social_credit_code(value: str) -> bool:
    """GB 32100-2015: registering office, kind, region, organisation code, check character."""
    code = _bare(value)
    if len(code) != 18 or not set(code) <= set(_CREDIT_ALPHABET):
        return False
    return code[2:8].isdigit() and code[2:4] in PROVINCES and code[17] == _credit_check(code)


def _credit_check(code: str) -> str:
    weighted = zip(code[:17], _CREDIT_WEIGHTS, strict=True)
    total = sum(_CREDIT_ALPHABET.index(c) * weight for c, weight in weighted)
    return _CREDIT_ALPHABET[-total % 31]


def make_social_credit_code(random: Random, argument: str) -> str:
    """A company's code in region `argument` (six digits; 110108 when empty)."""
    body = "91" + (argument or "110108") + "MA" + _pick(random, _CREDIT_ALPHABET, 6)
    code = body + _organisation_check(body[8:16])
    return code + _credit_check(code)


def is_organisation_code(value: str) -> bool:
    """GB 11714-1997: eight characters and a check character, with or without the dash."""
    code = _bare(value)
    if len(code) != 9 or not set(code) <= set(_ORGANISATION_ALPHABET):
        return False
    return code[8] == _organisation_check(code)


def _organisation_check(code: str) -> str:
    weighted = zip(code[:8], _ORGANISATION_WEIGHTS, strict=True)
    total = sum(_ORGANISATION_ALPHABET.index(c) * weight for c, weight in weighted)
    return "0123456789X"[-total % 11]


def make_organisation_code(random: Random, argument: str) -> str:
    """A code with its dash; the argument is not used."""
    del argument
    body = _pick(random, _ORGANISATION_ALPHABET, 8)
    return f"{body}-{_organisation_check(body)}"


def is_mobile(value: str) -> bool:
    """A mainland mobile number in an allocated block, with or without +86; not one digit over."""
    number = _bare(value).removeprefix("+").removeprefix("0086").removeprefix("86")
    return (
        len(number) == 11
        and number.isdigit()
        and number[:3] in _MOBILE_BLOCKS
        and len(set(number[3:])) > 2
    )


def make_mobile(random: Random, argument: str) -> str:
    """A mobile number beginning with `argument` (a block is drawn when empty)."""
    block = argument or random.choice(sorted(_MOBILE_BLOCKS))
    tail = _pick(random, digits, 8)
    return block + tail if len(set(tail)) > 2 else block + "20486137"


def is_iban(value: str) -> bool:
    """ISO 13616: two letters, two check digits, MOD 97 of the rearranged number is 1."""
    code = _bare(value)
    if not (15 <= len(code) <= 34 and code.isascii() and code.isalnum() and code[:2].isalpha()):
        return False
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


def make_iban(random: Random, argument: str) -> str:
    """An account in country `argument` (DE when empty) of 22 characters."""
    country, account = argument or "DE", _pick(random, digits, 18)
    bare = "".join(str(int(c, 36)) for c in f"{account}{country}00")
    return f"{country}{98 - int(bare) % 97:02}{account}"


def is_hong_kong_id(value: str) -> bool:
    """The check digit of a Hong Kong identity card (`A123456(3)`): weights 9 to 2, modulo 11."""
    code = _bare(value).replace("(", "").replace(")", "")
    if not 8 <= len(code) <= 9 or not code[:-7].isalpha() or not code[-7:-1].isdigit():
        return False
    return code[-1] == _hong_kong_check(code[:-1])


def _hong_kong_check(body: str) -> str:
    letters = [36, *(int(c, 36) for c in body[:-6])][-2:]
    values = letters + [int(d) for d in body[-6:]]
    total = sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True))
    return "0123456789A"[-total % 11]


def make_hong_kong_id(random: Random, argument: str) -> str:
    """A card number beginning with the letter `argument` (drawn when empty)."""
    body = (argument or random.choice("ABCDEGHKPRVYZ")) + _pick(random, digits, 6)
    return f"{body}({_hong_kong_check(body)})"


def is_taiwan_id(value: str) -> bool:
    """The check digit of a Taiwan identity number: the letter's number, weights 1 and 9 to 1."""
    code = _bare(value)
    if len(code) != 10 or code[0] not in _TAIWAN_LETTERS or not code[1:].isdigit():
        return False
    return code[9] == _taiwan_check(code)


def _taiwan_check(code: str) -> str:
    tens, ones = divmod(_TAIWAN_LETTERS.index(code[0]) + 10, 10)
    total = tens + 9 * ones + sum(int(d) * (8 - i) for i, d in enumerate(code[1:9]))
    return str(-total % 10)


def make_taiwan_id(random: Random, argument: str) -> str:
    """An identity number beginning with the letter `argument` (drawn when empty)."""
    body = (argument or random.choice("ABCDEFGH")) + random.choice("12") + _pick(random, digits, 7)
    return body + _taiwan_check(body)
