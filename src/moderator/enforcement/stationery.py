"""The templates and words of one language, as shipped and as the company changed them."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml
from pydantic import ValidationError

from moderator.domain.decision import ActionKind
from moderator.enforcement.notices import Occasion
from moderator.enforcement.templates import (
    SUFFIXES,
    TELLING,
    Notice,
    NoticeTemplate,
    TemplateFault,
    read_template,
    try_words,
)
from moderator.enforcement.wording import WORDS_FILE, Words, read_words
from moderator.rulebook.faults import Fault

NOTICES: Final = "notices"  # the folder beside the rule packs
LANGUAGES: Final = ("zh", "en")
_LOOK_AGAIN: Final = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Stationery:
    """Writes notices; `faults` are those of the company's files, which stand as shipped then."""

    words: Words
    templates: Mapping[ActionKind, NoticeTemplate]
    faults: tuple[Fault, ...] = ()

    def write(self, kind: ActionKind, occasion: Occasion) -> Notice:
        return self.templates[kind].write(occasion, self.words)


def load_stationery(shipped: Path, own: Path, language: str) -> Stationery:
    """Read `notices/LANGUAGE` of both rule directories; what is faulty in `own` stays as shipped.

    Raises `OSError` and `TemplateFault` where the shipped ones cannot be used.
    """
    collected = _Collected(shipped / NOTICES / language)
    if own != shipped:
        collected.take_over(own / NOTICES / language)
    return collected.finished()


def notice_faults(shipped: Path, own: Path) -> Iterator[Fault]:
    """What is wrong with the company's notices, in every language."""
    if own != shipped:
        for language in LANGUAGES:
            yield from load_stationery(shipped, own, language).faults


class StationeryShelf:
    """Holds the stationery in use and reads it again when its files change."""

    def __init__(
        self,
        shipped: Path,
        own: Path,
        language: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._whence = (shipped, own, language)
        self._clock = clock
        self._seen = self._marks()
        self._looked_at = clock()
        self._stationery = load_stationery(*self._whence)

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self._stationery.faults

    async def current(self) -> Stationery:
        """The stationery; its files are looked at every few seconds, and read in a thread."""
        if self._clock() - self._looked_at >= _LOOK_AGAIN:
            self._looked_at = self._clock()
            await asyncio.to_thread(self._refresh)
        return self._stationery

    def _refresh(self) -> None:
        marks = self._marks()
        if marks != self._seen:
            self._stationery = load_stationery(*self._whence)
            self._seen = marks

    def _marks(self) -> frozenset[tuple[Path, int, int]]:
        shipped, own, language = self._whence
        folders = {directory / NOTICES / language for directory in (shipped, own)}
        return frozenset(mark for folder in folders for mark in _marks_of(folder))


def _marks_of(folder: Path) -> list[tuple[Path, int, int]]:
    """What changes when a file does; nothing where the folder is away or being changed."""
    try:
        stats = [(file, file.stat()) for file in folder.iterdir()]
    except OSError:
        return []
    return [(file, stat.st_mtime_ns, stat.st_size) for file, stat in stats]


@dataclass(slots=True)
class _Collected:
    """What was read so far."""

    folder: Path
    words: Words = field(init=False)
    templates: dict[ActionKind, NoticeTemplate] = field(init=False)
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.words = read_words(self.folder / WORDS_FILE)
        found = {kind: _file_of(self.folder, kind) for kind in TELLING}
        if missing := [kind for kind, path in found.items() if path is None]:
            raise TemplateFault(f"{self.folder}: no template for {', '.join(missing)}")
        self.templates = {
            kind: read_template(path, self.words) for kind, path in found.items() if path
        }

    def take_over(self, folder: Path) -> None:
        """Take the company's files, each if it can be used."""
        try:
            self._take_all(folder)
        except OSError as error:
            self.faults.append(_fault(folder, error))

    def _take_all(self, folder: Path) -> None:
        if (words := folder / WORDS_FILE).is_file():
            self._take_words(words)
        for kind in TELLING:
            if path := _file_of(folder, kind):
                self._take_template(kind, path)

    def finished(self) -> Stationery:
        return Stationery(self.words, self.templates, tuple(self.faults))

    def _take_words(self, path: Path) -> None:
        try:
            words = read_words(path, over=self.words)
            try_words(words)
            again = {
                kind: read_template(found, words)
                for kind in TELLING
                if (found := _file_of(self.folder, kind))
            }
        except (OSError, ValueError, yaml.YAMLError, ValidationError, TemplateFault) as error:
            self.faults.append(_fault(path, error))
        else:
            self.words, self.templates = words, again

    def _take_template(self, kind: ActionKind, path: Path) -> None:
        try:
            self.templates[kind] = read_template(path, self.words)
        except (OSError, TemplateFault) as error:
            self.faults.append(_fault(path, error))


def _fault(path: Path, error: Exception) -> Fault:
    line = error.line if isinstance(error, TemplateFault) else 0
    return Fault("/".join(path.parts[-3:]), line, str(error))


def _file_of(folder: Path, kind: ActionKind) -> Path | None:
    found = (folder / f"{kind.value}{suffix}" for suffix in SUFFIXES)
    return next((path for path in found if path.is_file()), None)
