"""The words of the console: the same in both languages, and all of them in the catalogue."""

import re
import string
from html.parser import HTMLParser
from pathlib import Path

import pytest

import moderator.web.console
from moderator.web.console.catalogue import LANGUAGES, Catalogue, catalogues

PLACES = Path(moderator.web.console.__file__).parent
TEMPLATES = sorted((PLACES / "templates").glob("*.html"))
SCRIPTS = sorted((PLACES / "static").glob("*.js"))
SPOKEN = {
    "title",
    "aria-label",
    "placeholder",
    "alt",
    "value",
}  # attributes that people get to read
BOTH = catalogues()
NAMES = {"CSV", "JSON", "XLSX"}  # of formats, the same in every language
_JINJA = re.compile(
    r"\{% block body_class %\}.*?\{% endblock %\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL
)
_SAYS = re.compile(r"""\bsay\(\s*["']([a-z_]+\.[a-z_0-9-]+)["']\s*[,)]""")
_LETTERS = re.compile(r"[^\W\d_]{2,}|[\u4e00-\u9fff]")


class Words(HTMLParser):
    """Collects what a page says outside of its markup."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within.append(tag)
        for name, value in attrs:
            if name in SPOKEN and tag != "meta" and name != "value":
                self._keep(value or "")

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "kbd" not in self._within:  # the names of keys are the same everywhere
            self._keep(data)

    def _keep(self, text: str) -> None:
        self.found += _LETTERS.findall(text)


def fields(catalogue: Catalogue, key: str) -> set[str]:
    """What a message asks to be filled in."""
    told = catalogue._messages[key]
    return {name for _, name, _, _ in string.Formatter().parse(told) if name}


def test_both_languages_have_the_same_messages() -> None:
    """Only a singular may stand in one language alone."""
    spoken = {
        language: {key for key in one.keys if not key.endswith("_one")}
        for language, one in BOTH.items()
    }

    assert spoken["zh"] ^ spoken["en"] == set()


def test_messages_ask_for_the_same_values() -> None:
    """What is filled in does not depend on the language."""
    keys = [key for key in BOTH["zh"].keys if key in BOTH["en"].keys]

    assert [key for key in keys if fields(BOTH["zh"], key) != fields(BOTH["en"], key)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_is_empty(language: str) -> None:
    """A message says something."""
    catalogue = BOTH[language]  # type: ignore[index]

    assert [key for key in catalogue.keys if not catalogue._messages[key].strip()] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(template: Path) -> None:
    """Everything that a person reads comes from the catalogue or from the ledger."""
    words = Words()
    words.feed(_JINJA.sub("", template.read_text("utf-8")))

    assert set(words.found) <= NAMES


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_ask_only_for_messages_that_there_are(template: Path) -> None:
    """A message that nobody wrote is found here, not by a visitor."""
    known = BOTH["zh"].keys

    assert set(_SAYS.findall(template.read_text("utf-8"))) - known == set()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_style_and_no_script_of_their_own(template: Path) -> None:
    """The policy of every page forbids both; what it forbids would silently not work."""
    source = template.read_text("utf-8")

    assert (
        re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?![^>]*\bsrc=)", source) == []
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_neither_speak_nor_write_markup(script: Path) -> None:
    """Words come with the page, and nothing that came from a person becomes markup."""
    source = re.sub(r"//.*", "", script.read_text("utf-8"))

    assert (
        re.findall(r"[\u4e00-\u9fff]|innerHTML|outerHTML|insertAdjacentHTML|\beval\b", source) == []
    )


def test_a_singular_is_used_for_one() -> None:
    """English has one; Chinese needs none."""

    assert BOTH["en"].say("time.days", count=1) == "1 day"
    assert BOTH["en"].say("time.days", count=2) == "2 days"
    assert BOTH["zh"].say("time.days", count=1) == "1 天"
