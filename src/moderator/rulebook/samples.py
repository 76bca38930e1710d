"""Examples of secrets, made at run time so that no live-looking one lies in a file."""

import re
import string
from collections.abc import Mapping
from random import Random

from moderator.matching.checksums import CHECKSUMS

ALPHABETS: Mapping[str, str] = {
    "alnum": string.ascii_letters + string.digits,
    "lower": string.ascii_lowercase,
    "upper": string.ascii_uppercase,
    "hex": "0123456789abcdef",
    "HEX": "0123456789ABCDEF",
    "digits": string.digits,
    "base64": string.ascii_letters + string.digits + "+/",
    "base64url": string.ascii_letters + string.digits + "-_",
    "base32": string.ascii_uppercase + "234567",
    "lowernum": string.ascii_lowercase + string.digits,
    "uppernum": string.ascii_uppercase + string.digits,
}
_PLACEHOLDER = re.compile(r"<([A-Za-z][A-Za-z0-9-]*):([^<>\n]*)>")


class UnknownPlaceholder(ValueError):
    """`<name:8>` with a name that is neither an alphabet nor a checksum."""


def expand(text: str, *, seed: str) -> str:
    """Replace `<alnum:36>` and its like by characters, `<luhn:16>` and its like by valid values.

    The same seed and text give the same result.  What only looks alike (`<https://…>`) stays;
    raises `UnknownPlaceholder` for `<name:8>` with an unknown name.
    """
    random = Random(f"{seed}\n{text}")  # noqa: S311 - reproducible on purpose, guards nothing
    return _PLACEHOLDER.sub(lambda found: _value(found, random), text)


def _value(found: re.Match[str], random: Random) -> str:
    name, argument = found.groups()
    if name in ALPHABETS and argument.isdecimal():
        return "".join(random.choices(ALPHABETS[name], k=int(argument)))
    if name in CHECKSUMS:
        return CHECKSUMS[name].make(random, argument)
    if argument.isdecimal():
        raise UnknownPlaceholder(f"unknown placeholder `{found.group()}`")
    return found.group()
