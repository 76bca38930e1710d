"""What senders said to the other processes of this machine, in memory that all of them share.

Each process writes into a part of its own and reads those of the others, without a lock: what is
overwritten or half written while it is read does not fit its checksum, and is as good as forgotten.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import crc32

PART: Final = 8 * 2**20  # bytes of a process: some 30,000 messages of chat
_BUCKETS: Final = 2**16
_WORD: Final = 8  # bytes
_HEADS: Final = (
    1 + _BUCKETS
) * _WORD  # where writing goes on, then the newest entry of each bucket
_ENTRY: Final = struct.Struct("=QQdII")  # its own place, the one before it, when, length, checksum
_BETWEEN: Final = "\0"
_LATE: Final = 60.0  # seconds by which a message may come late and hide nothing before it


@dataclass(frozen=True, slots=True)
class Remark:
    """A message's key, when it was sent (Unix seconds) and its text; of a flood rule and note."""

    key: str
    at: float
    text: str
    rule: str = ""


class _Part:
    """The remarks of one process: a ring, and the newest of each bucket of speakers.

    A place only ever rises; where it lies in the ring is its remainder.
    """

    def __init__(self, memory: memoryview) -> None:
        self._words = memory[:_HEADS].cast("Q")
        self._ring = memory[_HEADS:]
        self._size = len(self._ring)

    def add(self, speaker: str, remark: Remark) -> None:
        said = (speaker, remark.key, remark.rule, remark.text)
        body = _BETWEEN.join(said).encode("utf-8", "surrogatepass")
        place, length = self._room(_ENTRY.size + len(body))
        bucket, begin = _bucket(speaker), place % self._size
        head = (place, self._words[bucket], remark.at, len(body), crc32(body))
        self._ring[begin + _ENTRY.size : begin + length] = body
        _ENTRY.pack_into(self._ring, begin, *head)
        self._words[0] = place + length
        self._words[bucket] = place

    def newest(self, speaker: str) -> int:
        """The place of the last remark of anybody in the speaker's bucket."""
        return self._words[_bucket(speaker)]

    def back(self, speaker: str, place: int, *, until: int, since: float) -> Iterator[Remark]:
        """The speaker's remarks from that place on backwards, to what is known or too old."""
        while place > until:
            begin = place % self._size
            if begin + _ENTRY.size > self._size:
                return
            own, before, at, length, checksum = _ENTRY.unpack_from(self._ring, begin)
            if own != place or at < since - _LATE or before >= place:
                return
            body = bytes(self._ring[begin + _ENTRY.size : begin + _ENTRY.size + length])
            if crc32(body) != checksum:
                return
            who, key, rule, text = body.decode("utf-8", "surrogatepass").split(_BETWEEN, 3)
            if who == speaker and at >= since:
                yield Remark(key, at, text, rule)
            place = before

    def _room(self, length: int) -> tuple[int, int]:
        place = self._words[0] or self._size  # no entry has the place 0
        left = self._size - place % self._size
        return (place if length <= left else place + left), length


class Overheard:
    """The parts of all processes of a machine, as one of them sees them."""

    def __init__(self, memory: memoryview, *, place: int) -> None:
        """`memory` is that of all, `PART` bytes each; `place` says which part is ours."""
        parts = [
            _Part(memory[begin : begin + PART])
            for begin in range(0, len(memory) // PART * PART, PART)
        ]
        self._own = parts.pop(place)
        self._others: Sequence[_Part] = parts

    def tell(self, speaker: tuple[str, str, str], remark: Remark) -> None:
        """Let the others hear it."""
        self._own.add(_named(speaker), remark)

    def hear(
        self, speaker: tuple[str, str, str], heard: Sequence[int], *, since: float
    ) -> tuple[list[Remark], Sequence[int]]:
        """What the others heard since last time, the oldest of each first; and the new `heard`."""
        name = _named(speaker)
        places = [part.newest(name) for part in self._others]
        if heard == places or not any(places):
            return [], heard
        known = heard or [0] * len(places)
        found: list[Remark] = []
        for part, place, until in zip(self._others, places, known, strict=True):
            found += reversed([*part.back(name, place, until=until, since=since)])
        return found, places


def _named(speaker: tuple[str, str, str]) -> str:
    return "\1".join(speaker).replace(_BETWEEN, "\1")


def _bucket(speaker: str) -> int:
    return 1 + crc32(speaker.encode("utf-8", "surrogatepass")) % _BUCKETS
