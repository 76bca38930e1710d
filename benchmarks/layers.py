"""What each layer brings and what it costs: recall with and without it, and hits on clean texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from evasions import EVASIONS
from moderator.domain.rule import Layer, Rule, Separators, Word
from moderator.matching.screening import Screen
from recall import recall
from report import table
from words import WordSample


@dataclass(frozen=True, slots=True)
class Worth:
    """Recall in per cent of the texts in one layer's disguises, by a screen with it and without."""

    layer: Layer
    texts: int
    found: float
    without: float


def worths(screen: Screen, rules: Sequence[Rule], samples: Sequence[WordSample]) -> list[Worth]:
    """Every layer that some sample needs, in the order of `Layer`."""
    return [
        _worth(layer, screen, _without(layer, rules), chosen)
        for layer in Layer
        if (chosen := [sample for sample in samples if EVASIONS[sample.evasion][0] is layer])
    ]


def _worth(layer: Layer, screen: Screen, other: Screen, samples: Sequence[WordSample]) -> Worth:
    (found,), _ = recall(screen, samples, [_any])
    (without,), _ = recall(other, samples, [_any])
    return Worth(layer, len(samples), found.recall, without.recall)


def _any(_: object) -> str:
    return ""


def _without(layer: Layer, rules: Sequence[Rule]) -> Screen:
    """A screen of the words alone that does not undo the layer for any of them."""
    return Screen([_stripped(rule, layer) for rule in rules if rule.words])


def _stripped(rule: Rule, layer: Layer) -> Rule:
    return replace(rule, words=tuple(_plainer(word, layer) for word in rule.words), patterns=())


def _plainer(word: Word, layer: Layer) -> Word:
    if layer is Layer.SEPARATORS:
        return replace(word, separators=Separators.NONE)
    return replace(word, undo=word.undo - {layer})


def layer_table(worths: Sequence[Worth], hits: Mapping[str, int]) -> str:
    """`hits`: how many hits on clean texts needed each layer."""
    rows = [
        (worth.layer.value, worth.texts, worth.found, worth.without, hits.get(worth.layer.value, 0))
        for worth in worths
    ]
    header = ("layer", "texts", "found %", "found without it %", "hits on clean texts through it")
    return table(header, [*rows, ("none", "", "", "", hits.get("none", 0))])
