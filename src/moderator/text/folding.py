"""Canonical form: what a text says once its letters are written plainly."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from moderator.domain.rule import Layer
from moderator.text.characters import TAGS, UMLAUTS, Characters
from moderator.text.escapes import has_escapes, unescaped
from moderator.text.lookalikes import undo_lookalikes
from moderator.text.rewritten import after, picked

_TAG = f"[{chr(TAGS.start)}-{chr(TAGS.stop - 1)}]"
_TAGS = re.compile(_TAG + "{2,}")  # one by itself is noise between other letters
_IDEOGRAPH = re.compile("[\u3400-\u9fff]")
_GERMAN = re.compile(f"(?<![lnLN])[{UMLAUTS}{UMLAUTS.upper()}]")  # no syllable of pinyin: fück


@dataclass(frozen=True, slots=True)
class Folded:
    """A rewritten text and where its characters come from.

    Character i of `text` was made from `starts[i]:ends[i]` of the text below: the original when
    `below` is None, else that text, itself rewritten.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    below: "Folded | None" = None

    @classmethod
    def unchanged(cls, text: str) -> "Folded":
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def below_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the text below; `end` must be after `start`."""
        return self.starts[start], self.ends[end - 1]

    def origin_above(self, start: int, end: int) -> tuple[int, int]:
        """The span of the lowest rewritten text, the one that was made from the original."""
        if self.below is None:
            return start, end
        return self.below.origin_above(*self.below_span(start, end))

    def parts_above(self, start: int, end: int) -> list[tuple[int, int]]:
        """As `origin_above`, of each character from `start` to `end`."""
        spans = zip(self.starts[start:end], self.ends[start:end], strict=True)
        if self.below is None or self.below.below is None:
            return list(spans) if self.below else [(at, at + 1) for at in range(start, end)]
        return [self.below.origin_above(*span) for span in spans]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text behind `start:end`; `end` must be after `start`."""
        span = self.below_span(start, end)
        return span if self.below is None else self.below.origin(*span)


def folds(text: str, characters: Characters) -> bool:
    """Whether anything in the text is written in disguise, letter case aside."""
    return has_escapes(text) or not (text.isascii() or characters.disguised.isdisjoint(text))


def canonical(text: str, characters: Characters) -> Folded:
    """The text in lower case, with disguised characters replaced and invisible ones left out."""
    if not has_escapes(text):
        return _canonical(text, characters)
    plain, starts, ends = unescaped(text)
    folded = _canonical(plain, characters)
    if isinstance(folded.starts, range):
        return Folded(folded.text, starts, ends)
    return Folded(folded.text, picked(starts, folded.starts), picked(ends, folded.starts))


def _canonical(text: str, characters: Characters) -> Folded:
    if characters.disguised.isdisjoint(text):
        return Folded.unchanged(text.lower())
    text = _GERMAN.sub("u", _TAGS.sub(_plain_tags, text))
    translated, starts = characters.translation.of(text)
    plain = undo_lookalikes(translated).lower()
    if starts is None:
        return Folded(plain, range(len(text)), range(1, len(text) + 1))
    return Folded(plain, starts, after(starts))


def _plain_tags(run: re.Match[str]) -> str:
    """What the tags spell; between ideographs they are noise and stay as they are."""
    around = run.string[run.start() - 1 : run.start()], run.string[run.end() : run.end() + 1]
    if all(map(_IDEOGRAPH.fullmatch, around)):
        return run.group()
    return "".join(chr(ord(tag) - 0xE0000) for tag in run.group())


def layers_within(original: str, characters: Characters) -> set[Layer]:
    """The layers that folding the characters of `original` one by one takes."""
    if has_escapes(original) and (plain := unescaped(original)[0]) != original:
        return {Layer.ENCODED} | layers_within(plain, characters)
    found = {layer for character in original if (layer := characters.layers.get(character))}
    if any(character.lower() != character for character in original):
        found.add(Layer.CASE)
    return found
