"""What can be wrong with a rule that is well-formed."""

from collections.abc import Iterator
from itertools import chain

from moderator.domain.rule import Layer, Separators
from moderator.matching.checksums import CHECKSUMS
from moderator.rulebook.assembly import letters
from moderator.rulebook.documents import Location
from moderator.rulebook.expressions import danger
from moderator.rulebook.pack_format import BehaviourEntry, PatternEntry, RuleEntry, WordEntry
from moderator.text.characters import characters
from moderator.text.folding import canonical

Complaint = tuple[tuple[int | str, ...], str]


def defects(entry: RuleEntry) -> Iterator[Complaint]:
    """What makes a rule unfit to serve, as paths within the rule and sentences."""
    if entry.words is None and entry.patterns is None and entry.behaviour is None:
        yield (), "needs `words`, `patterns` or `behaviour`"
    if entry.behaviour is not None:
        yield from _behaviour_defects(entry, entry.behaviour)
    for index, word in enumerate(entry.words or ()):
        yield from _below(("words", index), _word_defects(word, entry))
    for index, pattern in enumerate(entry.patterns or ()):
        yield from _below(("patterns", index), _pattern_defects(pattern))


def gaps(entry: RuleEntry) -> Iterator[Complaint]:
    """What people will miss in a rule that works."""
    if not entry.description:
        yield (), "`description` is missing: say what was found and what it enables"
    if not entry.examples and (entry.words or entry.patterns):
        yield (), "`examples` is missing: give a text that must hit"
    yield from _repeated(entry)


def _repeated(entry: RuleEntry) -> Iterator[Complaint]:
    seen: set[str] = set()
    for index, word in enumerate(entry.words or ()):
        folded = _folded(word)
        if folded in seen:
            yield ("words", index), f"the word `{word.text}` stands twice in this rule"
        seen.add(folded)


def _word_defects(word: WordEntry, rule: RuleEntry) -> Iterator[Complaint]:
    if both := set(word.undo) & set(word.leave):
        yield ("leave",), f"`{min(both)}` cannot be both undone and left"
    if Layer.SEPARATORS in {*word.leave, *rule.leave}:
        yield (), "to leave separators alone, write `separators: none`"
    folded = _folded(word)
    if not folded:
        yield (), f"the word `{word.text!r}` is empty once folded"
    gaps = word.separators or rule.separators or Separators.NONE
    if gaps is not Separators.NONE and letters(folded) < 2:
        yield (), f"the word `{word.text}` has too few letters to be found with separators in it"


def _folded(word: WordEntry) -> str:
    return canonical(word.text, characters()).text.strip()


def _pattern_defects(pattern: PatternEntry) -> Iterator[Complaint]:
    if not pattern.keywords and not pattern.digits:
        yield (), "needs `keywords` or `digits`, or it would run over every message"
    if pattern.keywords and pattern.digits:
        yield ("digits",), "has `keywords` too; a pattern is run by the one or the other"
    for key in ("keywords", "stop", "context"):
        for index, literal in enumerate(getattr(pattern, key)):
            if literal != literal.lower():
                yield (key, index), f"`{literal}` must be in lower case"
    if pattern.checksum and pattern.checksum not in CHECKSUMS:
        known = ", ".join(sorted(CHECKSUMS))
        yield ("checksum",), f"unknown checksum `{pattern.checksum}`; there are: {known}"
    if problem := danger(pattern.expression, window=pattern.before + pattern.after + 1):
        yield ("expression",), problem


def _behaviour_defects(rule: RuleEntry, behaviour: BehaviourEntry) -> Iterator[Complaint]:
    if (behaviour.messages is None) == (behaviour.repeats is None):
        yield ("behaviour",), "needs either `messages` or `repeats`"
    for key in ("words", "patterns", "examples", "counter_examples"):
        if getattr(rule, key):
            yield (key,), f"`{key}` has no place beside `behaviour`: it asks how much, not what"


def _below(at: Location, found: Iterator[Complaint]) -> Iterator[Complaint]:
    for location, message in found:
        yield tuple(chain(at, location)), message
