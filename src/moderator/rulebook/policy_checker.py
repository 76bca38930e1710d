"""Whether a policy can be followed: what has run out, and what the settings do not allow."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

from moderator.domain.decision import ActionKind
from moderator.policy.hours import local_date
from moderator.rulebook.contradictions import Complaint
from moderator.rulebook.documents import Document, NotYaml, parse
from moderator.rulebook.faults import Fault
from moderator.rulebook.policies import read_policy
from moderator.rulebook.policy_format import ActionEntry, PolicyFile
from moderator.rulebook.reading import POLICY_FILE, Reading
from moderator.settings import Settings

Location = tuple[int | str, ...]

# What an action needs to be carried out at all, and how it is called in the settings.
_NEEDS: Final[Mapping[ActionKind, tuple[str, Callable[[Settings], object]]]] = MappingProxyType(
    {
        ActionKind.NOTIFY_CONFIDENTIALITY: (
            "compliance.confidentiality_users",
            lambda settings: settings.compliance.confidentiality_users,
        ),
        ActionKind.PROPOSE_TO_HR: (
            "compliance.hr_users",
            lambda settings: settings.compliance.hr_users,
        ),
        ActionKind.DISABLE_ACCOUNT: (
            "wecom.contacts_secret",
            lambda settings: settings.wecom.contacts_secret,
        ),
        ActionKind.REPORT_TO_SIEM: ("siem.url", lambda settings: settings.siem.url),
        ActionKind.NOTIFY_GROUP: (
            "wecom.apps.….groups or robots.keys",
            lambda settings: [*_groups(settings), *settings.robots.keys],
        ),
        ActionKind.PUBLISH_NOTICE: (
            "compliance.notice_groups",
            lambda settings: [*settings.compliance.notice_groups, *_groups(settings)],
        ),
    }
)


def check_policy(
    reading: Reading, directory: Path, *, now: datetime, settings: Settings | None = None
) -> tuple[Fault, ...]:
    """Every fault of the policy file, with its line; without `settings` only its own."""
    path = directory / POLICY_FILE
    own = tuple(fault for fault in reading.faults if fault.file in {str(path), str(directory)})
    document = _document(path)
    if document is None or read_policy(document)[0] is None:
        return own
    entry = PolicyFile.model_validate(document.value)
    rules = {packed.rule.id for packed in reading.rules}
    categories = {packed.rule.category for packed in reading.rules}
    found = [
        *_exemptions(entry, now, rules, categories),
        *_categories(entry, categories),
        *(_impossible(entry, settings) if settings else ()),
    ]
    return tuple(sorted({*own, *(document.fault(*complaint) for complaint in found)}))


def _document(path: Path) -> Document | None:
    try:
        return parse(path.read_text("utf-8-sig"), file=str(path))[0]
    except (OSError, UnicodeDecodeError, NotYaml):  # the reading has told it
        return None


def _exemptions(
    entry: PolicyFile, now: datetime, rules: Collection[str], categories: Collection[str]
) -> Iterator[Complaint]:
    today = local_date(now, entry.timezone)
    for index, exemption in enumerate(entry.exemptions):
        at: Location = ("exemptions", index)
        if exemption.until < today:
            message = f"the exemption `{exemption.id}` ended on {exemption.until}: remove it"
            yield (*at, "until"), message
        for position, rule in enumerate(exemption.rules):
            if rule not in rules:
                yield (*at, "rules", position), f"there is no rule `{rule}`"
        for position, category in enumerate(exemption.categories):
            if category not in categories:
                yield (*at, "categories", position), f"no rule is of category `{category}`"


def _categories(entry: PolicyFile, known: Collection[str]) -> Iterator[Complaint]:
    for index, ladder in enumerate(entry.ladders):
        for position, category in enumerate(ladder.categories):
            if category not in known:
                at = ("ladders", index, "categories", position)
                yield at, f"no rule is of category `{category}`"


def _impossible(entry: PolicyFile, settings: Settings) -> Iterator[Complaint]:
    for at, action in _actions(entry):
        what, given = _NEEDS.get(action.do, ("", None))
        if given is not None and not given(settings):
            yield at, f"`{action.do}` cannot be carried out: the settings name no {what}"


def _actions(entry: PolicyFile) -> Iterator[tuple[Location, ActionEntry]]:
    for index, ladder in enumerate(entry.ladders):
        for place, rung in enumerate(ladder.rungs):
            for position, action in enumerate(rung.actions):
                yield ("ladders", index, "rungs", place, "actions", position), action
    for index, conversion in enumerate(entry.conversions):
        for position, action in enumerate(conversion.actions):
            yield ("conversions", index, "actions", position), action


def _groups(settings: Settings) -> list[str]:
    return [group for app in settings.wecom.apps.values() for group in app.groups]
