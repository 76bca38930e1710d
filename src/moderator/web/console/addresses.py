"""Addresses of pages with their filters, so that what is looked at can be kept and sent on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: what it says, and where the page without it is."""

    text: str
    without: str


def address(path: str, values: Mapping[str, Any], **changes: Any) -> str:
    """`path` with those of `values` that say something, some of them changed (None: left out)."""
    wanted = {name: value for name, value in {**values, **changes}.items() if value}
    query = urlencode(wanted, doseq=True)
    return f"{path}?{query}" if query else path


def chips(path: str, values: Mapping[str, Any], told: Iterable[tuple[str, str]]) -> list[Chip]:
    """A chip for each filter of `told` (name and words) that is set."""
    return [Chip(text, address(path, values, **{name: None})) for name, text in told]
