"""What the console says, in every language that it speaks."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from starlette.requests import HTTPConnection

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
COOKIE: Final = "moderator_language"
_FOLDER: Final = Path(__file__).parent / "languages"


class Catalogue:
    """The messages of one language by `SECTION.name`; one file `languages/LANGUAGE/SECTION.yaml`.

    Where a message has a singular, the section holds `name` and `name_one`.
    """

    def __init__(self, language: Language, folder: Path = _FOLDER) -> None:
        self.language = language
        self._messages = dict(_read(folder / language))

    def say(self, key: str, **values: Any) -> str:
        """The message with its values filled in; `KeyError` for one that nobody wrote."""
        singular = values.get("count") == 1 and self._messages.get(f"{key}_one")
        return (singular or self._messages[key]).format(**values)

    def word(self, section: str, id_: str) -> str:
        """What a thing of that id is called; a company's own things are called by their id."""
        return self._messages.get(f"{section}.{id_}", id_)

    def has(self, key: str) -> bool:
        return key in self._messages

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._messages)


def catalogues() -> Mapping[Language, Catalogue]:
    """Both languages, read from their files."""
    return {language: Catalogue(language) for language in LANGUAGES}


def language_of(request: HTTPConnection) -> Language:
    """What the person chose before, else what their browser prefers, else Chinese."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return "en" if chosen == "en" else "zh"
    preferred = request.headers.get("accept-language", "").lower()
    return "en" if preferred.startswith("en") else "zh"


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("*.yaml")):
        for name, text in yaml.safe_load(path.read_text("utf-8")).items():
            yield f"{path.stem}.{name}", str(text)
