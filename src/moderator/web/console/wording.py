"""What the service keeps in the words of its log, told in the reader's language."""

from typing import Final

from moderator.web.console.catalogue import Catalogue
from moderator.web.console.shapes import SHAPES

_AND: Final = "; "


def worded(text: str, catalogue: Catalogue) -> str:
    """Sentences are told one by one where they are not known together; others as they are."""
    whole = _by_shape(text, catalogue)
    if whole is not None:
        return whole
    parts = [_by_shape(part, catalogue) or part for part in text.split(_AND)]
    return catalogue.say("outcome.and").join(parts)


def _by_shape(text: str, catalogue: Catalogue) -> str | None:
    for shape, key in SHAPES:
        if found := shape.fullmatch(text):
            parts = found.groupdict()
            values = {name: _part(name, value, catalogue) for name, value in parts.items()}
            return catalogue.say(f"outcome.{key}", **values)
    return None


def _part(name: str, value: str, catalogue: Catalogue) -> str:
    """A part by its own shape, measures and offices by their names, anything else as it is."""
    match name:
        case "rest":
            return worded(value, catalogue)
        case "kinds":
            kinds = [catalogue.word("action", one) for one in value.split(", ")]
            return catalogue.say("outcome.listed").join(kinds)
        case "whom":
            office = f"office.{value.replace(' ', '_').lower()}"
            return catalogue.say(office) if catalogue.has(office) else value
    return value
