"""Templates of notices: one file for each kind of action that tells somebody something.

`KIND.txt.j2` is sent as text, `KIND.md.j2` as WeCom's markdown.  They are Jinja2 in its sandbox,
may use the names of `notices.particulars` and nothing else, and must show `number`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from moderator.domain.decision import ActionKind
from moderator.enforcement.notices import GROUNDS_BYTES, Occasion, particulars
from moderator.enforcement.samples import samples
from moderator.enforcement.wording import Words
from moderator.wecom.messages import MARKDOWN_BYTES, TEXT_BYTES, cut

TELLING: Final = (
    ActionKind.REMIND_SENDER,
    ActionKind.WARN_SENDER,
    ActionKind.ASK_RECALL,
    ActionKind.NOTIFY_GROUP,
    ActionKind.NOTIFY_GROUP_OWNER,
    ActionKind.NOTIFY_SUPERIOR,
    ActionKind.NOTIFY_DEPARTMENT_ADMIN,
    ActionKind.NOTIFY_COMPLIANCE,
    ActionKind.NOTIFY_CONFIDENTIALITY,
    ActionKind.ASK_OWNER_TO_REMOVE,
    ActionKind.ASK_OWNER_TO_MUTE,
    ActionKind.PROPOSE_TO_HR,
    ActionKind.PUBLISH_NOTICE,
)


class Format(StrEnum):
    """The two forms that members, groups and robots all take; the value is WeCom's msgtype."""

    TEXT = "text"
    MARKDOWN = "markdown"

    @property
    def bytes(self) -> int:
        return TEXT_BYTES if self is Format.TEXT else MARKDOWN_BYTES


SUFFIXES: Final[Mapping[str, Format]] = {".txt.j2": Format.TEXT, ".md.j2": Format.MARKDOWN}

# Plain text for phones, not HTML: what people can write is stripped of markup before it gets here.
_SANDBOX: Final = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined,
    autoescape=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


class TemplateFault(Exception):
    """Why a template cannot be used, for whoever wrote it; `line` from 1, 0 for the whole."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Notice:
    """A text that is ready to be sent, within WeCom's bytes."""

    format: Format
    content: str


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """One template that was tried on samples of everything it may meet."""

    format: Format
    template: Template

    def write(self, occasion: Occasion, words: Words) -> Notice:
        """Fill in the particulars; where that is too long, the quoted clauses are cut first."""
        content = self._filled(occasion, words, GROUNDS_BYTES)
        excess = len(content.encode("utf-8", "replace")) - self.format.bytes
        if excess > 0:
            content = self._filled(occasion, words, GROUNDS_BYTES - excess)
        return Notice(self.format, cut(content, self.format.bytes))

    def _filled(self, occasion: Occasion, words: Words, grounds_bytes: int) -> str:
        values = particulars(occasion, words, grounds_bytes=grounds_bytes)
        return self.template.render(values).strip()


def read_template(path: Path, words: Words) -> NoticeTemplate:
    """Read and try a template; raises `TemplateFault` and `OSError`."""
    format_ = next(form for suffix, form in SUFFIXES.items() if path.name.endswith(suffix))
    try:
        source = path.read_text("utf-8")
        _refuse_unknown_names(source, words)
        template = NoticeTemplate(format_, _SANDBOX.from_string(source))
        _try(template, words)
    except TemplateSyntaxError as error:
        raise TemplateFault(error.message or "is no template", error.lineno) from error
    except (TemplateError, UnicodeDecodeError) as error:
        raise TemplateFault(f"{type(error).__name__}: {error}") from error
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise TemplateFault(f"cannot be filled in: {error}") from error
    return template


def try_words(words: Words) -> None:
    """Raise `TemplateFault` where a turn of phrase asks for what it does not get."""
    try:
        for occasion in samples(words):
            particulars(occasion, words)
    except (LookupError, ValueError) as error:
        raise TemplateFault(f"a phrase cannot be filled in: {error}") from error


def _refuse_unknown_names(source: str, words: Words) -> None:
    # Of all branches, also those that no sample takes.
    known = particulars(next(samples(words)), words)
    unknown = meta.find_undeclared_variables(_SANDBOX.parse(source)) - set(known)
    if unknown:
        raise TemplateFault(f"there is no {', '.join(sorted(unknown))}")


def _try(template: NoticeTemplate, words: Words) -> None:
    for occasion in samples(words):
        notice = template.write(occasion, words)
        if str(occasion.violation.id) not in notice.content:
            raise TemplateFault("must show the record's number, and has no room for it where full")
        without_clauses = replace(occasion, violation=replace(occasion.violation, clauses=()))
        if template.write(without_clauses, words).content.endswith("…"):
            raise TemplateFault(f"is longer than {template.format.bytes} bytes")
