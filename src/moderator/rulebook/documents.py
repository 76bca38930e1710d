"""YAML whose every value knows its line."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from moderator.rulebook.faults import Fault

DEEPEST = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

Location = Sequence[int | str]


class NotYaml(Exception):
    """The text is not one YAML document; `fault` says where and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(slots=True)
class Place:
    """The line of a value (of its key, where it has one) and the places of what it holds."""

    line: int
    inside: dict[int | str, "Place"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: its plain value (dicts, lists, text, numbers) and where all of it stands."""

    file: str
    value: Any
    place: Place

    def line(self, location: Location) -> int:
        """Return the line (from 1) of the value at that path, or of its nearest existing parent."""
        place = self.place
        for step in location:
            if step not in place.inside:
                break
            place = place.inside[step]
        return place.line

    def fault(self, location: Location, message: str, *, rule: str = "") -> Fault:
        return Fault(self.file, self.line(location), message, rule)


def parse(text: str, *, file: str) -> tuple[Document, tuple[Fault, ...]]:
    """Parse one YAML document; raises `NotYaml`.

    Scalars are those of YAML 1.2: `no`, `on`, `12:30`, `007` and `2026-01-01` are text here, which
    is what a person who writes a banned word means.  A key that stands twice is a fault, and so is
    an alias (`*name`), which could make a small file immense.
    """
    reading = _Reading(file, yaml.parse(text, Loader=_LOADER))
    try:
        value, place = reading.document()
    except yaml.MarkedYAMLError as error:
        raise NotYaml(_where(error, file)) from error
    except yaml.YAMLError as error:
        raise NotYaml(Fault(file, 0, f"is not YAML: {error}")) from error
    return Document(file, value, place), tuple(reading.faults)


class _Reading:
    """Values out of parser events; PyYAML's own composer overflows the stack on deep nesting."""

    def __init__(self, file: str, events: Iterator[Event]) -> None:
        self.faults: list[Fault] = []
        self._file = file
        self._events = events

    def document(self) -> tuple[Any, Place]:
        found: tuple[Any, Place] | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if found is not None:
                    raise NotYaml(Fault(self._file, _line(event), "holds a second document (---)"))
                found = self._value(next(self._events), DEEPEST)
        return found or (None, Place(1))

    def _value(self, event: Event, depth: int) -> tuple[Any, Place]:
        place = Place(_line(event))
        if depth == 0:
            raise NotYaml(Fault(self._file, place.line, "nests too deeply"))
        match event:
            case ScalarEvent():
                return self._scalar(event), place
            case SequenceStartEvent():
                return self._list(place, depth), place
            case MappingStartEvent():
                return self._mapping(place, depth), place
        self._complain(event, "an alias (*name) is not allowed; write the value out")
        return None, place

    def _list(self, place: Place, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            item, place.inside[len(items)] = self._value(event, depth - 1)
            items.append(item)
        return items

    def _mapping(self, place: Place, depth: int) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._key(event, depth)
            if key in mapping:
                self._complain(event, f"the key `{key}` stands twice")
            mapping[key], inside = self._value(next(self._events), depth - 1)
            place.inside[key] = Place(_line(event), inside.inside)
        return mapping

    def _key(self, event: Event, depth: int) -> str:
        if isinstance(event, ScalarEvent):
            return str(event.value)
        self._value(event, depth - 1)
        if not isinstance(event, AliasEvent):
            self._complain(event, "a key must be text")
        return "?"

    def _scalar(self, event: ScalarEvent) -> Any:
        text = str(event.value)
        if event.tag is not None and event.tag != "tag:yaml.org,2002:str":
            self._complain(event, f"the tag `{event.tag}` is not allowed")
        if event.style or event.tag:  # quoted, a block, or plainly text
            return text
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _DECIMAL.fullmatch(text) else text

    def _complain(self, event: Event, message: str) -> None:
        self.faults.append(Fault(self._file, _line(event), message))


def _line(event: Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark is not None else 0


def _where(error: yaml.MarkedYAMLError, file: str) -> Fault:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 0
    return Fault(file, line, f"is not YAML: {error.problem or error.context}")
