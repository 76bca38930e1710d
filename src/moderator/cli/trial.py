"""What `moderator rules try` shows of an explanation."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from moderator.domain.finding import Hit
from moderator.domain.rule import Rule
from moderator.matching.explanation import Explanation, Near, Suppressed
from moderator.matching.masking import excerpt

_MOST_SHOWN: Final = 8  # allow phrases on a screen; JSON has them all


def described(explanation: Explanation) -> dict[str, Any]:
    """The explanation as JSON values; what masked hits found appears nowhere in it."""
    hits = explanation.hits
    return {
        "canonical": None if _masks(explanation) else explanation.canonical,
        "hits": [_hit(explanation.text, hit, hits) for hit in hits],
        "suppressed": [_suppressed(one) for one in explanation.suppressed],
        "nearest": [_near(near) for near in explanation.nearest],
        "unread": [list(span) for span in explanation.unread],
    }


def lines(explanation: Explanation, rules: dict[str, Rule]) -> Iterator[str]:
    """The explanation for a person, a fact a line."""
    if not explanation.hits:
        yield "no hit"
    if explanation.canonical != explanation.text and not _masks(explanation):
        yield f"read as: {explanation.canonical}"
    for hit in explanation.hits:
        yield from _hit_lines(explanation, hit, rules[hit.rule])
    for one in explanation.suppressed:
        yield f"not  {_named(one.rule, one.word)} at {one.start}-{one.end}: {one.reason}"
        if one.tried:
            yield f"     allow phrases tried: {_enumerated(one.tried)}"
    for near in explanation.nearest:
        yield f"near {_named(near.rule, near.word)}: {near.reason}"
    for start, end in explanation.unread:
        yield f"long {start}-{end}: not read for further disguises"


def _hit_lines(explanation: Explanation, hit: Hit, rule: Rule) -> Iterator[str]:
    shown = excerpt(explanation.text, hit, others=explanation.hits)
    yield f"hit  {_named(hit.rule, hit.word)} at {hit.start}-{hit.end}: {shown}"
    yield f"     {hit.category}, {hit.severity.label}: {rule.description}"
    for name, value in (
        ("disguises undone", ", ".join(hit.layers)),
        ("checksum", _verdict(hit.verified)),
        ("weighed", "; ".join(hit.notes)),
        ("clauses", ", ".join(rule.clauses)),
        ("rule", f"{rule.source}, version {hit.version}"),
    ):
        if value:
            yield f"     {name}: {value}"


def _masks(explanation: Explanation) -> bool:
    return any(hit.masked for hit in explanation.hits)


def _enumerated(phrases: Sequence[str]) -> str:
    shown = ", ".join(phrases[:_MOST_SHOWN])
    more = len(phrases) - _MOST_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def _verdict(verified: bool | None) -> str:
    return "" if verified is None else "passes" if verified else "fails"


def _named(rule: str, word: str) -> str:
    return f"{rule} ({word})" if word else rule


def _hit(text: str, hit: Hit, hits: tuple[Hit, ...]) -> dict[str, Any]:
    return {
        "rule": hit.rule,
        "version": hit.version,
        "category": hit.category,
        "severity": hit.severity.label,
        "start": hit.start,
        "end": hit.end,
        "excerpt": excerpt(text, hit, others=hits),
        "verified": hit.verified,
        "word": hit.word,
        "layers": list(hit.layers),
        "notes": list(hit.notes),
    }


def _suppressed(one: Suppressed) -> dict[str, Any]:
    return {
        "rule": one.rule,
        "word": one.word,
        "start": one.start,
        "end": one.end,
        "reason": one.reason,
        "layers": list(one.layers),
        "tried": list(one.tried),
    }


def _near(near: Near) -> dict[str, Any]:
    return {"rule": near.rule, "word": near.word, "reason": near.reason}
