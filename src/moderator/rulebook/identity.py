"""Content hashes: what a rule matches, what a whole book says."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from moderator.domain.rule import Behaviour, Company, Layer, Pattern, Rule, Word
from moderator.policy.canonical import canonical
from moderator.policy.policy import Policy


def version_of(
    words: Iterable[Word],
    patterns: Iterable[Pattern],
    company: Company | None,
    allow: Iterable[str],
    behaviour: Behaviour | None = None,
) -> str:
    """Hash what a rule matches: 16 hex digits, the same under another id or order of words."""
    matched: dict[str, Any] = {
        "words": sorted(_words(words)),
        "patterns": list(patterns),
        "company": company,
        "allow": sorted(allow),
    }
    if behaviour is not None:
        matched["behaviour"] = behaviour
    return digest(matched)[:16]


def book_hash(rules: Iterable[Rule], policy: Policy) -> str:
    """Hash all that decides what is found and what follows: 64 hex digits."""
    ordered = sorted(rules, key=lambda rule: rule.id)
    return digest({"rules": [_identity(rule) for rule in ordered], "policy": policy})


def digest(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _words(words: Iterable[Word]) -> Iterator[str]:
    layers: dict[frozenset[Layer], str] = {}  # a rule has few different sets and many words
    for word in words:
        if (undone := layers.get(word.undo)) is None:
            undone = layers[word.undo] = " ".join(sorted(word.undo))
        only = "\ndisguised" if word.disguised else ""
        yield f"{word.text}\n{word.boundary.value}\n{word.separators.value}\n{undone}{only}"


def _identity(rule: Rule) -> list[Any]:
    # The version stands for words and patterns: hashing 100,000 words a second time is slow.
    return [
        rule.id, rule.version, rule.category, rule.severity.label, rule.description,
        list(rule.clauses), rule.masked, rule.enabled,
    ]  # fmt: skip
