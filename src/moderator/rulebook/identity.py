"""Content hashes: what a rule matches, what a whole book says."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta
from typing import Any

from moderator.domain.rule import Behaviour, Company, Layer, Pattern, Rule, Word
from moderator.policy.policy import Policy


def version_of(
    words: Iterable[Word],
    patterns: Iterable[Pattern],
    company: Company | None,
    allow: Iterable[str],
    behaviour: Behaviour | None = None,
) -> str:
    """Hash what a rule matches: 16 hex digits, the same under another id or order of words."""
    matched = {
        "words": sorted(_words(words)),
        "patterns": [_plain(pattern) for pattern in patterns],
        "company": _plain(company),
        "allow": sorted(allow),
    }
    if behaviour is not None:
        matched["behaviour"] = _plain(behaviour)
    return digest(matched)[:16]


def book_hash(rules: Iterable[Rule], policy: Policy) -> str:
    """Hash all that decides what is found and what follows: 64 hex digits."""
    ordered = sorted(rules, key=lambda rule: rule.id)
    return digest({"rules": [_identity(rule) for rule in ordered], "policy": _plain(policy)})


def digest(value: Any) -> str:
    return hashlib.sha256(_canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def _words(words: Iterable[Word]) -> Iterator[str]:
    layers: dict[frozenset[Layer], str] = {}  # a rule has few different sets and many words
    for word in words:
        if (undone := layers.get(word.undo)) is None:
            undone = layers[word.undo] = " ".join(sorted(word.undo))
        yield f"{word.text}\n{word.boundary.value}\n{word.separators.value}\n{undone}"


def _identity(rule: Rule) -> list[Any]:
    # The version stands for words and patterns: hashing 100,000 words a second time is slow.
    return [
        rule.id, rule.version, rule.category, rule.severity.label, rule.description,
        list(rule.clauses), rule.masked, rule.enabled,
    ]  # fmt: skip


def _canonical(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, str):  # by far the most
        return value
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.total_seconds() if isinstance(value, timedelta) else value
