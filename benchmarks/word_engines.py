"""Engines that look for many words, each as its documentation says; none undoes a disguise.

Every builder takes the words and returns a scan of one text that lists its matches.  One that is
not installed raises `ImportError`.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

Scan = Callable[[str], Sequence[Any]]
Build = Callable[[Sequence[str]], Scan]


def daachorse(words: Sequence[str]) -> Scan:
    engine = import_module("daachorse").CharwiseDoubleArrayAhoCorasick(list(words))
    scan: Scan = engine.find_overlapping
    return scan


def ahocorasick_rs(words: Sequence[str]) -> Scan:
    engine = import_module("ahocorasick_rs").AhoCorasick(list(words))
    return lambda text: engine.find_matches_as_indexes(text, overlapping=True)


def hyperscan(words: Sequence[str]) -> Scan:
    """Literals over UTF-8; positions are byte offsets of the ends only."""
    database = import_module("hyperscan").Database()
    expressions = [word.encode() for word in words]
    flags = [0] * len(words)
    database.compile(
        expressions=expressions, ids=list(range(len(words))), flags=flags, literal=True
    )

    def scan(text: str) -> Sequence[Any]:
        found: list[Any] = []
        database.scan(
            text.encode(), match_event_handler=lambda number, *span: found.append((number, span))
        )
        return found

    return scan


def pyahocorasick(words: Sequence[str]) -> Scan:
    """The naive way, over characters."""
    engine = import_module("ahocorasick").Automaton()
    for word in words:
        engine.add_word(word, word)
    engine.make_automaton()
    return lambda text: list(engine.iter(text))


def flashtext2(words: Sequence[str]) -> Scan:
    """Whole words only, as Unicode segments text: in Chinese it finds a part of what is there."""
    engine = import_module("flashtext2").KeywordProcessor(case_sensitive=True)
    engine.add_keywords_from_iter(list(words))
    scan: Scan = engine.extract_keywords_with_span
    return scan


ENGINES: Mapping[str, Build] = {
    "daachorse": daachorse,
    "ahocorasick_rs": ahocorasick_rs,
    "hyperscan": hyperscan,
    "flashtext2": flashtext2,
    "pyahocorasick, naive": pyahocorasick,
}
