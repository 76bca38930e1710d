"""Texts that must not be hits, kept beside the rules (`rules/regression/*.yaml`)."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationError

from moderator.rulebook.documents import Document, NotYaml, parse
from moderator.rulebook.entries import Entry, Id, Listed, complaints, keys_of, plain_text
from moderator.rulebook.faults import Fault
from moderator.rulebook.reading import rule_files

FOLDER = "regression"


class TextEntry(Entry):
    """A text and the rules that must leave it alone; none named: all of them."""

    text: Annotated[str, Field(min_length=1)]
    rules: Listed[Id] = Field(default_factory=list)


class RegressionFile(Entry):
    """Texts that people complained about in this or another system."""

    category: Id | None = Field(None, description="What they were mistaken for.")
    description: str = ""
    texts: Listed[Annotated[TextEntry, BeforeValidator(plain_text)]]


@dataclass(frozen=True, slots=True)
class Regression:
    """One text and where it stands; `rules` empty: no rule at all may hit."""

    file: str
    line: int
    text: str
    rules: frozenset[str]


def read_regressions(directory: Path) -> tuple[tuple[Regression, ...], tuple[Fault, ...]]:
    """Every regression of a rules directory, and the faults of the files they stand in."""
    folder = directory / FOLDER
    regressions: list[Regression] = []
    faults: list[Fault] = []
    for path in rule_files(folder) if folder.is_dir() else ():
        try:
            document, found = parse(path.read_text("utf-8-sig"), file=str(path))
            faults += found
            regressions += _regressions(document)
        except NotYaml as error:
            faults.append(error.fault)
        except ValidationError as error:
            found_in = complaints(error, keys_of(RegressionFile) | keys_of(TextEntry))
            faults += [document.fault(location, message) for location, message in found_in]
        except (OSError, UnicodeDecodeError) as error:
            faults.append(Fault(str(path), 0, f"cannot be read: {error}"))
    return tuple(regressions), tuple(faults)


def _regressions(document: Document) -> Iterator[Regression]:
    entry = RegressionFile.model_validate(document.value)
    for index, item in enumerate(entry.texts):
        line = document.line(("texts", index))
        yield Regression(document.file, line, item.text, frozenset(item.rules))
