"""New inputs from kept ones: what people, broken proxies and forgers do to bytes."""

import random
from collections.abc import Callable, Sequence

_BYTES = (b"\x00", b"\xff", b"\n", b"\r\n", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xf4\x8f\xbf\xbf")
_SIGNS = tuple(
    sign.encode()
    for sign in (*"<>&]{}[]\"'%=+,:;#*|\\.?-", "]]>", "<![CDATA[", "\u200b", "\u202e", "\ufe0f")
)
_NUMBERS = (
    b"0",
    b"-1",
    b"2147483648",
    b"9223372036854775808",
    b"1e999",
    b"NaN",
    b"0x10",
    b"9" * 40,
)
_LETTERS = tuple(
    map(str.encode, ("六", "合", "彩", "ｖ", "Ⅴ", "①", "é", "ﬁ", "𝓿", "İ", "ß", "賭", "👨‍👩‍👧"))
)
_GRAIN = (*_BYTES, *_SIGNS, *_NUMBERS, *_LETTERS)


class Mutator:
    """Draws inputs; the same seed draws the same ones."""

    def __init__(
        self,
        seeds: Sequence[bytes],
        tokens: Sequence[bytes],
        *,
        longest: int,
        chance: random.Random,
    ) -> None:
        self._seeds = list(seeds)
        self._grain: tuple[bytes, ...] = (*_GRAIN, *tokens)
        self._longest = longest
        self._chance = chance
        self._changes: tuple[Callable[[bytes], bytes], ...] = (
            self._flip,
            self._insert,
            self._insert,
            self._replace,
            self._delete,
            self._repeat,
            self._splice,
            self._swap,
            self._cut,
        )

    def draw(self) -> bytes:
        """One seed after one to eight changes; now and then bytes without any sense."""
        chance = self._chance
        if chance.random() < 0.01:
            return chance.randbytes(chance.randrange(200))
        data = chance.choice(self._seeds)
        for _ in range(1 + int(chance.expovariate(0.7)) % 8):
            data = chance.choice(self._changes)(data)
        return data[: self._longest]

    def _at(self, data: bytes) -> int:
        return self._chance.randint(0, len(data))

    def _span(self, data: bytes) -> tuple[int, int]:
        begin = self._at(data)
        return begin, min(len(data), begin + 1 + int(self._chance.expovariate(0.1)))

    def _flip(self, data: bytes) -> bytes:
        if not data:
            return data
        at = self._chance.randrange(len(data))
        flipped = bytes([data[at] ^ (1 << self._chance.randrange(8))])
        return data[:at] + flipped + data[at + 1 :]

    def _insert(self, data: bytes) -> bytes:
        at = self._at(data)
        return data[:at] + self._chance.choice(self._grain) + data[at:]

    def _replace(self, data: bytes) -> bytes:
        begin, end = self._span(data)
        return data[:begin] + self._chance.choice(self._grain) + data[end:]

    def _delete(self, data: bytes) -> bytes:
        begin, end = self._span(data)
        return data[:begin] + data[end:]

    def _repeat(self, data: bytes) -> bytes:
        begin, end = self._span(data)
        return data[:end] + data[begin:end] * self._chance.choice((1, 2, 8, 64, 300)) + data[end:]

    def _splice(self, data: bytes) -> bytes:
        other: bytes = self._chance.choice(self._seeds)
        return data[: self._at(data)] + other[self._at(other) :]

    def _swap(self, data: bytes) -> bytes:
        begin, end = self._span(data)
        other, stop = self._span(data)
        if end > other:
            return data
        return data[:begin] + data[other:stop] + data[end:other] + data[begin:end] + data[stop:]

    def _cut(self, data: bytes) -> bytes:
        return data[: self._at(data)]
