r"""Letters written as escapes: `&#20667;`, `&#x50bb;`, `\u50bb`, `\x66`, `%E5%82%BB`, U+50BB.

Only what stands for a letter, an ideograph or a digit is read: `%3D` in an address stays as it is.
Mark-up that nobody sees (`<b>`, `&zwnj;`) is left out.
"""

import re

from moderator.text.rewritten import Places, Splice, spliced

_TAIL = "%[89ab][0-9a-f]"
_BYTE = r"\\x[89ab][0-9a-f]"
_NAMES = "lt|gt|nbsp|ensp|emsp|thinsp|zwnj|zwj|shy|middot|bull|hellip|quot|amp"
_USUAL = frozenset({"lt", "gt", "amp", "quot"})  # stand in texts that were copied from pages
_TAGS = "b|i|u|s|em|br|hr|del|strong|span|font|p|mark|sub|sup|div|color|size"
# A plain class first: `re` skips to it fast.
_ESCAPE = re.compile(
    rf"[&\\%<\[uU](?i:(?<=&)(?:#x(?P<hex>[0-9a-f]{{1,6}});?|#(?P<decimal>[0-9]{{1,7}});?)"
    rf"|(?<=\\)(?:u(?P<short>[0-9a-f]{{4}})|u\{{(?P<braced>[0-9a-f]{{1,6}})\}}"
    rf"|x(?P<byte>[4-7][0-9a-f])|(?P<octal>1[0-7]{{2}})|x(?P<bytes>e[4-9]{_BYTE}{_BYTE}))"
    rf"|(?<=\bu)\+(?P<named>[0-9a-f]{{4,5}})(?: (?=u\+))?"
    rf"|(?<=%)(?:(?:(?<![0-9]%)|(?<=%[0-9a-f][0-9a-f]%))(?P<ascii>[3-7][0-9a-f])|(?P<percent>e[4-9]{_TAIL}{_TAIL}))"
    rf"|(?P<nothing>(?<=&)(?:{_NAMES});|(?<=<)/?(?:{_TAGS})(?:[ /=][^<>]{{0,40}})?>"
    rf"|(?<=<)!--[^<>]{{0,40}}-->|(?<=\[)/?(?:{_TAGS})(?:=[^\[\]]{{0,16}})?\]))"
)
# What begins an escape of an ideograph or a letter, in lower case, or ends what nobody sees.
HINTS = (
    "&#",
    *(f"\\u{digit}" for digit in "3456789{"),
    "\\u00",
    "u+00",
    *(f"u+{digit}" for digit in "3456789"),
    *(f"\\x{digit}" for digit in "4567"),
    *(f"\\1{digit}" for digit in "01234567"),
    *(f"\\xe{digit}" for digit in "456789"),
    *(f"%{digit}" for digit in "4567"),
    *(f"%e{digit}" for digit in "456789"),
    *(f"&{name};" for name in _NAMES.split("|") if name not in _USUAL),
    *(f"{start}{tag}" for tag in _TAGS.split("|") for start in ("</", "[/")),
    *(f"<{tag}{end}" for tag in _TAGS.split("|") for end in (">", " ", "/")),
    *(f"[{tag}{end}" for tag in _TAGS.split("|") for end in ("]", "=")),
    "<!--",
)
# These stand in many texts, so that by themselves they call for nothing.
USUAL = tuple(f"&{name};" for name in sorted(_USUAL))

_HEXADECIMAL = ("hex", "short", "braced", "named", "byte", "ascii")
_MARKS = ("&", "\\", "%", "<", "[", "u+", "U+")


def has_escapes(text: str) -> bool:
    """Whether a letter may be written as an escape; a cheap look."""
    return any(mark in text for mark in _MARKS) and _ESCAPE.search(text) is not None


def unescaped(text: str) -> tuple[str, Places, Places]:
    """The text with the escapes of letters replaced by them; where each begins and ends."""
    splices: list[Splice] = []
    for escape in _ESCAPE.finditer(text):
        letter = _letter(escape)
        if letter or escape["nothing"]:
            splices.append((*escape.span(), letter))
    return spliced(text, splices)


def _letter(escape: re.Match[str]) -> str:
    """The letter that the escape stands for; "" where it is none."""
    if octets := escape["percent"] or escape["bytes"]:
        found = bytes.fromhex(octets.replace("%", "").replace("\\x", "")).decode(errors="replace")
    else:
        hexadecimal = next(filter(None, map(escape.group, _HEXADECIMAL)), "0")
        code = int(escape["decimal"] or 0) or int(escape["octal"] or "0", 8) or int(hexadecimal, 16)
        found = chr(code) if code <= 0x10FFFF else ""
    return found if found.isalnum() else ""
