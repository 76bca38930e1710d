"""What the rules make of a text, as it is shown: values that are masked appear nowhere in it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from moderator.domain.finding import Hit
from moderator.matching.explanation import Explanation, Near, Suppressed
from moderator.matching.masking import mask


@dataclass(frozen=True, slots=True)
class Stretch:
    """A piece of the text; `hits` are the numbers, from 1, of those that lie over it."""

    text: str
    hits: tuple[int, ...] = ()
    severity: str = ""


@dataclass(frozen=True, slots=True)
class Objection:
    """What was found and does not count, and the number of times that it was."""

    found: Suppressed
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The text in stretches, its hits, and why other rules did not hit.

    `text` and `canonical` are empty where they hold a masked value.
    """

    text: str
    canonical: str
    stretches: tuple[Stretch, ...]
    hits: tuple[Hit, ...]
    objections: tuple[Objection, ...]
    nearest: tuple[Near, ...]
    unread: int  # characters in which not every disguise was looked for


def trial(explanation: Explanation) -> Trial:
    """What is shown of an explanation."""
    masks = any(hit.masked for hit in explanation.hits)
    folded = explanation.canonical != explanation.text.lower()
    return Trial(
        text="" if masks else explanation.text,
        canonical=explanation.canonical if folded and not masks else "",
        stretches=tuple(_stretches(explanation.text, explanation.hits)),
        hits=explanation.hits,
        objections=tuple(_objections(explanation.suppressed)),
        nearest=explanation.nearest,
        unread=sum(end - start for start, end in explanation.unread),
    )


def _stretches(text: str, hits: tuple[Hit, ...]) -> Iterator[Stretch]:
    edges = sorted({0, len(text), *(edge for hit in hits for edge in (hit.start, hit.end))})
    # A masked value is covered as a whole, wherever other hits begin or end within it.
    covered = list(_joined((hit.start, hit.end) for hit in hits if hit.masked))
    inner = {edge for edge in edges for start, end in covered if start < edge < end}
    kept = [edge for edge in edges if edge not in inner]
    for start, end in pairwise(kept):
        over = [(i, hit) for i, hit in enumerate(hits, 1) if hit.start < end and hit.end > start]
        shown = text[start:end]
        yield Stretch(
            mask(shown) if any(hit.masked for _, hit in over) else shown,
            tuple(i for i, _ in over),
            max((hit.severity for _, hit in over)).label if over else "",
        )


def _joined(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Overlapping spans as one."""
    last: tuple[int, int] | None = None
    for start, end in sorted(spans):
        if last and start < last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last:
            yield last
        last = (start, end)
    if last:
        yield last


def _objections(suppressed: tuple[Suppressed, ...]) -> Iterator[Objection]:
    """Each once for its rule, word and reason, the first time that it was found."""
    found: dict[tuple[str, str, str], list[Suppressed]] = {}
    for one in suppressed:
        found.setdefault((one.rule, one.word, one.reason), []).append(one)
    for same in found.values():
        places = {(one.start, one.end) for one in same}
        yield Objection(same[0], len(places))
