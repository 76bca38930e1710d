"""The ground that the models of rule and policy files stand on, and their faults in words."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from moderator.rulebook.documents import Location

Item = TypeVar("Item")
EntryT = TypeVar("EntryT", bound="Entry")


_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "must be text (numbers, and what holds a colon, are put in quotes)",
    "string_too_short": "is empty",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping of keys and values",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
}


class Entry(BaseModel):
    """A mapping in a file: unknown keys and loose types are faults."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _listed(value: Any) -> Any:
    return [] if value is None else value


Listed = Annotated[list[Item], BeforeValidator(_listed)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=80)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def complaints(
    error: ValidationError, known: Iterable[str]
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    """Each fault of a validation as a path and a sentence; `known` are the keys to suggest."""
    keys = tuple(known)
    for fault in error.errors(include_url=False, include_input=False):
        yield fault["loc"], _sentence(fault["type"], fault["loc"], fault["msg"], keys)


def unknown_key(key: str, known: Iterable[str]) -> str:
    """The sentence about a key that nothing reads, with the known key it resembles."""
    close = get_close_matches(key, set(known) - {key}, n=1)
    return f"unknown key `{key}`" + (f"; did you mean `{close[0]}`?" if close else "")


def plain_text(value: Any) -> Any:
    """A plain text where a mapping with `text` may stand too; for validators that run before."""
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict):
        raise ValueError(f"{_SENTENCES['string_type']} or a mapping")  # noqa: TRY004 - for pydantic
    return value


def keys_of(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in model.model_fields.items())


def _sentence(kind: str, location: Location, message: str, keys: tuple[str, ...]) -> str:
    name = ".".join(step for step in location if isinstance(step, str))
    if kind == "extra_forbidden":
        return unknown_key(str(location[-1]), keys)
    said = _SENTENCES.get(kind) or message.removeprefix("Value error, ").replace(
        "Input should", "must"
    )
    return f"`{name}` {said}" if name else said
