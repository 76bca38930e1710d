"""The words of the notices in one language: categories, grades, disguises, turns of phrase."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from moderator.domain.rule import Layer, Severity

WORDS_FILE = "words.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Topic(_Strict):
    """A category in words for the person concerned, and what that person should do now."""

    name: str
    advice: str


class Phrases(_Strict):
    """Phrases; fields in braces are filled in by `str.format`."""

    app: str  # {app}
    chat: str  # {app} {chat}
    person: str  # {name} {userid}
    title: str  # {document} {version}
    clause: str  # {number} {text}
    unknown: str
    value: str  # {value}
    verified: str
    unverified: str
    disguised: str  # {layers}
    hit: str  # {rule} {notes}
    between_notes: str
    between: str
    more: str  # {count}


class Words(_Strict):
    """Everything that `words.yaml` says."""

    topics: Mapping[str, Topic]
    other: Topic
    grades: Mapping[str, str]
    disguises: Mapping[str, str]
    duties: Mapping[str, str]  # by kind of action: what a person has to do where the service cannot
    phrases: Phrases

    def topic(self, category: str) -> Topic:
        """Words for a category; a company's own category is not called by its id to people."""
        return self.topics.get(category, self.other)

    def grade(self, severity: Severity) -> str:
        return self.grades.get(severity.label, severity.label)

    def disguise(self, layer: Layer) -> str:
        return self.disguises.get(layer.value, layer.value)


def read_words(path: Path, *, over: Words | None = None) -> Words:
    """Read a file, whose entries go before those of `over`.

    Raises `OSError`, `yaml.YAMLError` and pydantic's `ValidationError`.
    """
    found = yaml.safe_load(path.read_text("utf-8"))
    return Words.model_validate(_merged(over.model_dump(), found) if over else found)


def _merged(below: Mapping[str, Any], above: Any) -> Any:
    if not isinstance(above, Mapping):
        return above
    both = {
        name: _merged(below[name], value) if isinstance(below.get(name), Mapping) else value
        for name, value in above.items()
    }
    return {**below, **both}
