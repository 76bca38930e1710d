"""What the pages about cases are made with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.access.accounts import Accounts
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.counting.alarms import Alarms
from moderator.ledger.desk.jobs import Jobs
from moderator.ledger.desk.judging import Judging
from moderator.ledger.desk.presence import Presence
from moderator.ledger.desk.views import Views
from moderator.ledger.directory.departments import Departments
from moderator.ledger.evidence.packs import Packs
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.reading.violations import Violations
from moderator.ledger.records import ViolationRecord
from moderator.ledger.standing.merits import Merits
from moderator.rulebook.book import Rulebook
from moderator.web.access import Access
from moderator.web.allowing import Allowing
from moderator.web.console.pages import Pages
from moderator.web.health import Part


class Notice(Protocol):
    """One notice as its reader gets it."""

    @property
    def kind(self) -> ActionKind: ...
    @property
    def state(self) -> ActionState: ...
    @property
    def content(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The parts; `notices` previews the notices of a violation, `health` checks every part."""

    pages: Pages
    access: Access
    corp: str
    violations: Violations
    judging: Judging
    unmaskings: Unmaskings
    packs: Packs
    outbox: Outbox
    merits: Merits
    presence: Presence
    views: Views
    jobs: Jobs
    accounts: Accounts
    alarms: Alarms
    allowing: Allowing
    departments: Departments
    book: Callable[[], Rulebook]
    notices: Callable[[ViolationRecord], Awaitable[Sequence[Notice]]]
    health: Callable[[], Awaitable[Mapping[str, Part]]]
