"""Leaks and harmless office talk in words of our own; `prose.yaml` has no example of any rule."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from samples import Sample, Template, filled_sample

_TURNS = 10  # times that each line without a place to vary is used, with other values
_FIXED = {"one-time code": "credential", "vendor key": "credential", "person": "personal-data"}


def leaks() -> Iterator[Sample]:
    """Our own leaks; `family` says of what kind."""
    wrappings = _prose()["wrappings"]
    for number, (kind, category, text) in enumerate([*_passwords(), *_others()]):
        template = Template(text, f"{kind} {number}", category, f"own: {kind}")
        yield filled_sample(template, wrappings[number % len(wrappings)])


def harmless(times: int) -> Iterator[str]:
    """Office talk that must not hit, each line with `times` different values."""
    wrappings = _prose()["wrappings"]
    for number in range(times):
        for text in _prose()["harmless"]:
            template = Template(text, str(number), "", "")
            yield filled_sample(template, wrappings[number % len(wrappings)]).text


def _passwords() -> Iterator[tuple[str, str, str]]:
    """Every sentence about every place, the kinds of password taking turns."""
    prose = _prose()
    for language in ("Chinese", "English"):
        for at, sentence in enumerate(prose[kind := f"password, {language}"]):
            for step, place in enumerate(prose[f"places, {language}"]):
                value = prose["passwords"][(at + step) % len(prose["passwords"])]
                yield kind, "credential", sentence.format(place=place, value=value)


def _others() -> Iterator[tuple[str, str, str]]:
    for kind, category in _FIXED.items():
        for _ in range(_TURNS):
            yield from ((kind, category, text) for text in _prose()[kind])


@cache
def _prose() -> Mapping[str, Sequence[str]]:
    content: Mapping[str, Sequence[str]] = yaml.safe_load(
        Path(__file__).with_name("prose.yaml").read_text("utf-8")
    )
    return content
