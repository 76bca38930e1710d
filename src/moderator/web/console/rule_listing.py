"""Choosing rules to look at, out of those of the book."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from moderator.domain.rule import Layer, Rule, Word

PAGE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFilter:
    """Which rules to list; what is empty fits any.  `state`: enabled, disabled or alarm."""

    text: str = ""
    category: str = ""
    pack: str = ""
    severity: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class WordOptions:
    """How the words of a rule may be disguised: words with the same options, and their number."""

    number: int
    boundary: str
    separators: str
    undone: tuple[Layer, ...]


def pack_of(rule: Rule) -> str:
    """The name of the pack, which is its file's without the ending."""
    return PurePath(rule.source.rpartition(":")[0] or rule.source).stem


def place_of(source: str) -> str:
    """`advertising.yaml:108`: where something stands, without the folders above."""
    return PurePath(source).name


def listed(
    rules: Iterable[Rule],
    wanted: RuleFilter,
    alarmed: Collection[str],
    hits: Mapping[str, int],
) -> list[Rule]:
    """The rules that fit; those with an alarm come first, then what hits most."""
    found = [rule for rule in rules if _fits(rule, wanted, alarmed)]
    return sorted(
        found,
        key=lambda rule: (rule.id not in alarmed, -hits.get(rule.id, 0), rule.category, rule.id),
    )


def categories(rules: Iterable[Rule]) -> Sequence[tuple[str, int]]:
    """Every category with the number of its rules."""
    return sorted(Counter(rule.category for rule in rules).items())


def packs(rules: Iterable[Rule]) -> Sequence[str]:
    return sorted({pack_of(rule) for rule in rules})


def word_options(rule: Rule) -> list[WordOptions]:
    """The words of a rule by their options, the most frequent first."""
    counted = Counter(map(_options, rule.words))
    return [
        WordOptions(number, boundary, separators, undone)
        for (boundary, separators, undone), number in counted.most_common()
    ]


def _options(word: Word) -> tuple[str, str, tuple[Layer, ...]]:
    return word.boundary, word.separators, tuple(layer for layer in Layer if layer in word.undo)


def _fits(rule: Rule, wanted: RuleFilter, alarmed: Collection[str]) -> bool:
    return (
        wanted.category in {"", rule.category}
        and wanted.severity in {"", rule.severity.label}
        and (not wanted.pack or wanted.pack == pack_of(rule))
        and _in_state(rule, wanted.state, alarmed)
        and (not wanted.text or _holds(rule, wanted.text.strip().lower()))
    )


def _in_state(rule: Rule, state: str, alarmed: Collection[str]) -> bool:
    match state:
        case "enabled":
            return rule.enabled
        case "disabled":
            return not rule.enabled
        case "alarm":
            return rule.id in alarmed
        case _:
            return True


def _holds(rule: Rule, text: str) -> bool:
    """Whether the text occurs in the rule's id, description, clauses or words."""
    told = (rule.id, rule.description, *rule.clauses, *(word.text for word in rule.words))
    return any(text in each.lower() for each in told)
