r"""Letters written as escapes: `&#20667;`, `&#x50bb;`, `\u50bb`, `\x66`, `%E5%82%BB`.

Only what stands for a letter, an ideograph or a digit is read: `%3D` in an address stays as it is.
"""

import re

_TAIL = "%[89ab][0-9a-f]"
_ESCAPE = re.compile(
    rf"&#x(?P<hex>[0-9a-f]{{1,6}});?|&#(?P<decimal>[0-9]{{1,7}});?|\\u(?P<short>[0-9a-f]{{4}})"
    rf"|\\u\{{(?P<braced>[0-9a-f]{{1,6}})\}}|\\x(?P<byte>[67][0-9a-f])|(?P<percent>%e[4-9]{_TAIL}{_TAIL})",
    re.IGNORECASE,
)
# What begins an escape of an ideograph or a letter, in lower case.
HINTS = (
    "&#",
    *(f"\\u{digit}" for digit in "3456789{"),
    "\\u00",
    "\\x6",
    "\\x7",
    *(f"%e{digit}" for digit in "456789"),
)

Unescaped = tuple[str, list[int], list[int]]  # the text; where each character begins and ends


def has_escapes(text: str) -> bool:
    """Whether a letter may be written as an escape; a cheap look."""
    return ("&" in text or "\\" in text or "%" in text) and _ESCAPE.search(text) is not None


def unescaped(text: str) -> Unescaped:
    """The text with the escapes of letters replaced by them."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for escape in _ESCAPE.finditer(text):
        if letter := _letter(escape):
            start, end = escape.span()
            pieces += text[done:start], letter
            starts += [*range(done, start), start]
            ends += [*range(done + 1, start + 1), end]
            done = end
    pieces.append(text[done:])
    starts.extend(range(done, len(text)))
    ends.extend(range(done + 1, len(text) + 1))
    return "".join(pieces), starts, ends


def _letter(escape: re.Match[str]) -> str:
    """The letter that the escape stands for; "" where it is none."""
    if escape["percent"]:
        found = bytes.fromhex(escape["percent"].replace("%", "")).decode(errors="replace")
    else:
        code = int(escape["decimal"] or 0) or int(
            escape["hex"] or escape["short"] or escape["braced"] or escape["byte"] or "0", 16
        )
        found = chr(code) if code <= 0x10FFFF else ""
    return found if found.isalnum() else ""
