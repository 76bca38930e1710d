"""What an examination finds."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    NOTE = "note"  # works without, or could not be examined
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    `about` is the setting or part in question, `what` what was found, `cause` why it is so.
    `mend` is where it is mended: the page of the WeCom admin console, a setting or a command.
    """

    about: str
    level: Level
    what: str
    cause: str = ""
    mend: str = ""


def ok(about: str, what: str) -> Finding:
    return Finding(about=about, level=Level.OK, what=what)


def note(about: str, what: str, *, cause: str = "", mend: str = "") -> Finding:
    return Finding(about=about, level=Level.NOTE, what=what, cause=cause, mend=mend)


def fault(about: str, what: str, *, cause: str = "", mend: str = "") -> Finding:
    return Finding(about=about, level=Level.FAULT, what=what, cause=cause, mend=mend)
