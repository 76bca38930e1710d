"""What each layer catches and what it costs: `python benchmarks/matching_layers.py > docs/…`.

Caught: of the shipped words that can be disguised so, put into an ordinary sentence, the share that
is found.  Costs: hits in the clean comments that need the layer; read them with `--show`.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from random import Random

from matching_texts import clean_texts, shipped_rules
from moderator.domain.rule import Layer, Rule, Word
from moderator.matching.screening import Screen
from moderator.text.characters import characters
from moderator.text.components import splits
from moderator.text.emoji import other_writings
from moderator.text.leet import MEANINGS
from moderator.text.numerals import NUMERALS
from moderator.text.pinyin import is_frequent, pinyin
from moderator.text.shapes import shape_alikes

MOST_WORDS = 2000
SENTENCE = "我跟你说，{}，你知道吗"
Disguise = Callable[[str], str]


def first_of(table: dict[str, str]) -> Disguise:
    return lambda word: "".join(table.get(one, one) for one in word)


def disguises() -> dict[Layer, Disguise]:
    """For each layer a way to write a word that only this layer undoes."""
    readings, random = pinyin().readings, Random(2)
    traditional = {
        plain: chr(code)
        for code, plain in reversed(list(characters().folds.items()))
        if characters().layers[chr(code)] is Layer.TRADITIONAL
    }
    parts = {whole: split for split, whole in splits().items()}
    leet = {letters[0]: sign for sign, letters in reversed(MEANINGS.items())}
    numerals = {sign: signs[2] for signs in NUMERALS.values() for sign in signs[:2]}
    sounds: dict[str, list[str]] = {}
    for one, known in readings.items():
        if is_frequent(one):
            sounds.setdefault(known[0], []).append(one)

    def typed(word: str) -> str:
        at = random.randrange(len(word))
        known = readings.get(word[at])
        return word[:at] + known[0] + word[at + 1 :] if known else word

    def sounding(word: str) -> str:
        return "".join(
            random.choice(sounds.get(readings.get(one, ("",))[0], [one])) for one in word
        )

    def initials(word: str) -> str:
        known = [readings.get(one) for one in word]
        return "".join(one[0][0] for one in known if one) if all(known) and len(word) > 2 else word

    def shown(word: str) -> str:
        return next(iter(other_writings(word)), word)

    def full_width(word: str) -> str:
        return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in word)

    return {
        Layer.CASE: str.upper,
        Layer.WIDTH: full_width,
        Layer.INVISIBLE: "\u200b".join,
        Layer.TRADITIONAL: first_of(traditional),
        Layer.LOOKALIKE: first_of({"a": "а", "e": "е", "o": "о", "c": "с", "p": "р", "x": "х"}),
        Layer.SEPARATORS: ".".join,
        Layer.REPEATS: lambda word: "".join(one * 3 for one in word),
        Layer.DIGITS: first_of(numerals),
        Layer.SPLIT: first_of(parts),
        Layer.NOISE: lambda word: "1".join(word) if not word.isascii() else word,
        Layer.EMOJI: shown,
        Layer.ENCODED: lambda word: "".join(f"&#{ord(one)};" for one in word),
        Layer.PINYIN: typed,
        Layer.INITIALS: initials,
        Layer.LEET: first_of(leet),
        Layer.REVERSED: lambda word: word[::-1],
        Layer.HOMOPHONE: sounding,
        Layer.SHAPE: first_of({one: alike[0] for one, alike in shape_alikes().items() if alike}),
    }


def undoing(rules: Sequence[Rule], layer: Layer) -> list[Rule]:
    """The rules with the layer undone for every word."""
    return [
        replace(rule, words=tuple(replace(word, undo=word.undo | {layer}) for word in rule.words))
        for rule in rules
    ]


def caught(
    screen: Screen, rules: Sequence[Rule], layer: Layer, disguise: Disguise
) -> tuple[int, int]:
    """How many words were found in disguise, and how many could be disguised.

    Not of the words that leave this layer alone, nor of those that count in some disguises only.
    """
    found = tried = 0
    for rule, word in sampled(rules):
        disguised = disguise(word.text)
        if disguised != word.text and layer in word.undo and not word.disguised:
            tried += 1
            text = SENTENCE.format(disguised)
            found += any(hit.rule == rule.id for hit in screen.screen(text))
    return found, tried


def sampled(rules: Sequence[Rule]) -> Iterator[tuple[Rule, Word]]:
    """Words of rules that need no company, and of two characters at least."""
    words = [
        (rule, word)
        for rule in rules
        if not rule.company
        for word in rule.words
        if len(word.text) > 1
    ]
    return iter(Random(4).sample(words, min(MOST_WORDS, len(words))))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print the hits in clean comments")
    show = parser.parse_args().show
    source, texts = clean_texts()
    rules = [rule for rule in shipped_rules() if rule.words and rule.enabled]
    usual = Screen(rules)
    costs = Counter(layer for text in texts for hit in usual.screen(text) for layer in hit.layers)
    print("| layer | default | caught | of | hits in clean comments |\n|---|---|---|---|---|")
    for layer, disguise in disguises().items():
        optional = layer in {Layer.HOMOPHONE, Layer.SHAPE}
        tried_on = undoing(rules, layer) if optional else rules
        screen = Screen(tried_on) if optional else usual
        hits = [(hit, text) for text in texts for hit in screen.screen(text) if layer in hit.layers]
        found, tried = caught(screen, tried_on, layer, disguise)
        share = f"{100 * found / tried:.1f} %" if tried else "–"
        default = "per word" if optional else "yes"
        print(f"| {layer} | {default} | {share} | {tried} | {len(hits)} |", flush=True)
        for hit, text in hits if show else []:
            print("   ", hit.rule, hit.word, text[max(0, hit.start - 9) : hit.end + 9])
    print(
        f"\n{len(texts)} texts ({source}); plain hits among them: "
        f"{sum(not hit.layers for text in texts for hit in usual.screen(text))}; "
        f"hits that need a layer: {sum(costs.values())}."
    )


if __name__ == "__main__":
    main()
