"""Which stretches of a long text are looked at for disguises: those near both ends first."""

from collections.abc import Iterator

from moderator.matching.judging import Span

WHOLE = 2_048  # characters: WeCom's longest message, which has so many bytes, is never cut
LENGTH = 1_024
_OVERLAP = 64  # what stands at the end of one stretch stands whole in the next
_MARGIN = 16  # characters at a cut where a word may go on, or an allow phrase
MOST_MATCHES = 16_384  # in the stretches of one text; ordinary texts have one in four characters
_FEWEST, _CHARACTERS_PER_STRETCH = 2, 8_192


def most(length: int) -> int:
    """How many stretches of a text of `length` characters are looked at closely."""
    return _FEWEST + length // _CHARACTERS_PER_STRETCH


def stretches(length: int) -> Iterator[Span]:
    """The text in overlapping stretches: the first, the last, the second, and so on."""
    starts = [*range(0, length - LENGTH, LENGTH - _OVERLAP), length - LENGTH]
    while starts:
        for at in (0, -1)[: len(starts)]:
            start = starts.pop(at)
            yield start, start + LENGTH


def within(span: Span, stretch: Span, length: int) -> bool:
    """Whether the span stands so far within the stretch that all that matters is seen."""
    start, end = stretch
    first = start + _MARGIN if start else 0
    last = end - _MARGIN if end < length else end
    return first <= span[0] and span[1] <= last
