"""Sentences with a banned word in them, plain and in every disguise that its rule undoes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from evasions import evasions
from moderator.domain.rule import Boundary, Rule, Word

CONTEXTS: Mapping[str, str] = {
    "Chinese": "跟你们说，{}，看到的都明白",
    "tight": "他又发{}的消息了",
    "English": "well, {} again",
}


@dataclass(frozen=True, slots=True)
class WordSample:
    """A text and the rule that must hit between `start` and `end`; `evasion` says how it hides."""

    text: str
    rule: str
    category: str
    evasion: str
    word: str
    start: int
    end: int


def word_samples(rules: Sequence[Rule], *, seed: int = 0) -> Iterator[WordSample]:
    """Each word of each enabled rule in one sentence for each evasion that applies to it.

    Words that only count in disguise are left out: most evasions of others are none of theirs.
    """
    for rule in rules:
        for word in rule.words if rule.enabled else ():
            if word.disguised:
                continue
            yield from _disguised(rule, word, Random(f"{seed} {rule.id} {word.text}"))


def _disguised(rule: Rule, word: Word, chance: Random) -> Iterator[WordSample]:
    for name, (layer, evade) in evasions(word).items():
        written = evade(word.text, chance)
        if layer is None or written != word.text:
            yield _in_sentence(rule, word, written, name, chance)


def _in_sentence(rule: Rule, word: Word, written: str, evasion: str, chance: Random) -> WordSample:
    before, after = CONTEXTS[_context(word, written, chance)].split("{}")
    text = before + written + _company(rule) + after
    start = len(before)
    return WordSample(text, rule.id, rule.category, evasion, word.text, start, start + len(written))


def _context(word: Word, written: str, chance: Random) -> str:
    """A sentence in which it may stand: nothing touches a word that must be whole, or Latin."""
    if word.text.isascii() and written.isascii():
        return chance.choice(("Chinese", "English"))
    if word.boundary is not Boundary.ANYWHERE or written.isascii():
        return "Chinese"
    return chance.choice(("Chinese", "tight"))


def _company(rule: Rule) -> str:
    """The neighbours without which the rule does not count its words."""
    if rule.company is None:
        return ""
    return "，" + "，".join(group[0] for group in rule.company.all_of)
