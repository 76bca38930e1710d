"""Looking into encoded runs of a text: base64, hex, percent and backslash escapes."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import unquote_to_bytes

DEEPEST = 2
SHORTEST, LONGEST = 8, 8192
RUNS_AT_MOST = 32  # readable ones of one text, so that a text made of runs stays cheap
# Characters that are read of all runs of one text together: at least so many, or this part of it.
READ_AT_LEAST, READ_SHARE = 4_096, 8
_PRINTABLE_SHARE = 0.9


@dataclass(frozen=True, slots=True)
class Decoded:
    """What stood behind the run `start:end` of the original text, outermost encoding first."""

    text: str
    start: int
    end: int
    chain: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Encoding:
    """`mark` stands in every run, if it is not empty."""

    name: str
    mark: str
    run: re.Pattern[str]
    decode: Callable[[str], bytes]


def _from_base64(run: str) -> bytes:
    standard = re.sub(r"\s", "", run).replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def _from_hex(run: str) -> bytes:
    return bytes.fromhex(re.sub(r"\\x|0x|[\s,:]", "", run))


def _from_escapes(run: str) -> bytes:
    return re.sub(
        r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})", lambda m: chr(int(m[1] or m[2], 16)), run
    ).encode("utf-8", "replace")


# Possessive, and only from the beginning of a run: no position is looked at twice.
_ENCODINGS = (
    _Encoding(
        "hex",
        "",
        re.compile(
            r"(?<![0-9A-Za-z])(?:[0-9a-fA-F]{20,8192}+|(?:\\x[0-9a-fA-F]{2}){10,2048}+"
            r"|[0-9a-fA-F]{2}(?:[ :][0-9a-fA-F]{2}){9,2048}+)(?![0-9A-Za-z])"
        ),
        _from_hex,
    ),
    _Encoding(
        "base64",
        "",
        re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{20,8192}+={0,2}"),
        _from_base64,
    ),
    _Encoding(
        "percent",
        "%",
        re.compile(
            r"(?<![\w.~+:/?&=@-])[\w.~+:/?&=@-]{0,256}+(?:%[0-9a-fA-F]{2}[\w.~+:/?&=@-]{0,256}+){1,256}+"
        ),
        unquote_to_bytes,
    ),
    _Encoding(
        "escape",
        "\\",
        re.compile(r"(?:\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}){4,1024}+"),
        _from_escapes,
    ),
)


def decodings(text: str) -> Iterator[Decoded]:
    """Every readable text that encoded runs of `text` hold, at most two encodings deep.

    At most `RUNS_AT_MOST` of them, counted over both levels, and none after those that together
    have as many characters as are read; what does not decode counts nothing.
    """
    left = max(READ_AT_LEAST, len(text) // READ_SHARE)
    for decoded in islice(_decodings(text, 0, len(text), ()), RUNS_AT_MOST):
        yield decoded
        left -= len(decoded.text)
        if left <= 0:
            return


def _decodings(text: str, start: int, end: int, chain: tuple[str, ...]) -> Iterator[Decoded]:
    if len(chain) == DEEPEST:
        return
    for name, left, right, readable in _runs(text):
        span = (start, end) if chain else (left, right)
        decoded = Decoded(readable, *span, (*chain, name))
        yield decoded
        yield from _decodings(readable, *span, decoded.chain)


def _runs(text: str) -> Iterator[tuple[str, int, int, str]]:
    for encoding in _ENCODINGS:
        if encoding.mark not in text:
            continue
        for run in encoding.run.finditer(text):
            readable = _readable(encoding.decode, run.group())
            if readable is not None:
                yield encoding.name, *run.span(), readable


def _readable(decode: Callable[[str], bytes], run: str) -> str | None:
    """The decoded run, or None when it is no text: random letters decode to something, too."""
    if not SHORTEST <= len(run) <= LONGEST:
        return None
    try:
        text = decode(run).decode()
    except (binascii.Error, ValueError):
        return None
    return text if text and text != run and _printable(text) else None


def _printable(text: str) -> bool:
    if text.isprintable():
        return True
    printable = sum(map(str.isprintable, text)) + sum(map(text.count, "\r\n\t"))
    return printable >= _PRINTABLE_SHARE * len(text)
