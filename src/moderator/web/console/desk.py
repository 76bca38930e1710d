"""What the pages about cases are made with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.accounts import Accounts
from moderator.ledger.alarms import Alarms
from moderator.ledger.departments import Departments
from moderator.ledger.jobs import Jobs
from moderator.ledger.judging import Judging
from moderator.ledger.merits import Merits
from moderator.ledger.outbox import Outbox
from moderator.ledger.packs import Packs
from moderator.ledger.presence import Presence
from moderator.ledger.records import ViolationRecord
from moderator.ledger.unmasking import Unmaskings
from moderator.ledger.views import Views
from moderator.ledger.violations import Violations
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
    """The parts; `notices` writes what is told about a violation, `health` asks every part."""

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
