"""What a text's screening saw, for people who ask why."""

from dataclasses import dataclass

from moderator.domain.finding import Hit
from moderator.domain.rule import Layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """Something that was found and does not count.

    `word` is empty for patterns; `reason` never quotes a masked value; `tried` are the allow
    phrases that were looked for.
    """

    rule: str
    word: str
    start: int
    end: int
    reason: str
    layers: tuple[Layer, ...] = ()
    tried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """A rule that came close, and what kept it from hitting."""

    rule: str
    word: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """All that was found in `text`, and how it read once folded.

    `unread` are the stretches of a long text in which words were looked for as they are written,
    in any case, width or script, and not in further disguise.
    """

    text: str
    canonical: str
    hits: tuple[Hit, ...]
    suppressed: tuple[Suppressed, ...]
    nearest: tuple[Near, ...]
    unread: tuple[tuple[int, int], ...] = ()
