"""A text with its hits marked, wherever they overlap."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from moderator.domain.message import TextField
from moderator.ledger.records import HitRecord


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of a text; `hits` are the numbers, from 1, of those that lie over it.

    `begins` are those that begin here: their numbers are written before it.
    """

    text: str
    hits: tuple[int, ...] = ()
    begins: tuple[int, ...] = ()
    severity: str = ""


@dataclass(frozen=True, slots=True)
class MarkedField:
    """One text of a message, under WeCom's name for it."""

    name: str
    stretches: tuple[Stretch, ...]


def marked(fields: Sequence[TextField], hits: Sequence[HitRecord]) -> tuple[MarkedField, ...]:
    """Every text in stretches; hits keep their number across all of them."""
    return tuple(
        MarkedField(field.name, tuple(_stretches(field.text, _of(field.name, hits))))
        for field in fields
    )


def _of(field: str, hits: Sequence[HitRecord]) -> list[tuple[int, HitRecord]]:
    return [(number, hit) for number, hit in enumerate(hits, 1) if hit.field == field]


def _stretches(text: str, hits: list[tuple[int, HitRecord]]) -> Iterator[Stretch]:
    inside = (edge for _, hit in hits for edge in (hit.start, hit.end) if 0 < edge < len(text))
    edges = sorted({0, len(text), *inside})
    for start, end in pairwise(edges):
        over = [(number, hit) for number, hit in hits if hit.start < end and hit.end > start]
        yield Stretch(
            text[start:end],
            tuple(number for number, _ in over),
            tuple(number for number, hit in over if hit.start == start),
            max((hit.severity for _, hit in over)).label if over else "",
        )
