"""A row of the audit log in the reader's words: what was done, to what, and what else it says."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from moderator.ledger.audit import AuditRow
from moderator.web.console.catalogue import Catalogue

_UNTOLD: Final = {"version", "decision"}  # of use to machines; exports have them
# What a subject's page is, by what stands before its slash.
_PLACES: Final = {
    "violation": "/console/cases/",
    "person": "/console/people/",
    "job": "/console/jobs/",
    "rule": "/console/rules/",
}
# Where the words for the values of a fact stand.
_SECTIONS: Final = {
    "roles": "role",
    "scope": "right",
    "rights": "right",
    "method": "way",
    "kind": "action",
    "state": "state",
    "format": "way",
}
_DIGEST: Final = re.compile(r"[0-9a-f]{24,}")
_SHORT: Final = 12


def told(row: AuditRow, catalogue: Catalogue) -> str:
    """What was done; what nobody wrote words for as it is kept."""
    key = f"deed.{row.deed.action}"
    return catalogue.say(key) if catalogue.has(key) else row.deed.action


def facts(detail: Mapping[str, Any], catalogue: Catalogue) -> list[tuple[str, str]]:
    """What else the row says; names and values in words where they are known."""
    return [
        (
            catalogue.say(key) if catalogue.has(key := f"deed.fact_{name}") else name,
            _shown(value, _SECTIONS.get(name, ""), catalogue),
        )
        for name, value in detail.items()
        if name not in _UNTOLD and value not in (None, "", [], {}, False)
    ]


def subject_of(subject: str, catalogue: Catalogue) -> str:
    """To what it was done: `violation/17` is a case; long digests are cut."""
    kind, _, name = subject.partition("/")
    key = f"deed.subject_{kind}"
    short = name[:_SHORT] if _DIGEST.fullmatch(name) else name
    return catalogue.say(key, name=short).strip() if catalogue.has(key) else subject


def place_of(subject: str) -> str:
    """Where the subject's page is; empty where it has none."""
    kind, _, name = subject.partition("/")
    return f"{_PLACES[kind]}{quote(name, safe='')}" if kind in _PLACES and name else ""


def _shown(value: Any, section: str, catalogue: Catalogue) -> str:
    if isinstance(value, Mapping):
        return ", ".join(
            f"{name}: {_shown(one, section, catalogue)}" for name, one in value.items()
        )
    if isinstance(value, list):
        return ", ".join(_shown(one, section, catalogue) for one in value)
    if value is True:
        return catalogue.say("deed.is_so")
    return catalogue.word(section, str(value))
