"""What may be decided over the API, and what is answered: checked before use."""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from moderator.ledger.desk.decisions import DecisionKind
from moderator.ledger.desk.job_records import Chosen, ItemState, JobKind, JobState, Order
from moderator.ledger.records import Status
from moderator.web.answers import ActionDetail, ViolationDetail
from moderator.web.problems import Problem
from moderator.web.questions import Id, InBody, Name, Note, Question, Words
from moderator.web.searching import Department, ViolationSearch

MOST_IDS: Final = 1000

Version = Annotated[
    int,
    Field(ge=1, lt=2**31, description="`version` of the violation as it was read."),
    InBody,
]
# An account's name, or `wecom:` and a userid.
Person = Annotated[str, Field(max_length=128, pattern=r"^[^\x00]*$")]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Confirmation(Question):
    """It is a violation."""

    decision: Literal["confirm"]
    note: Note = ""
    version: Version

    @property
    def status(self) -> Status:
        return Status.CONFIRMED


class Dismissal(Question):
    """It is a false alarm, or excused; `note` says why."""

    decision: Literal["dismiss"]
    note: Words
    version: Version

    @property
    def status(self) -> Status:
        return Status.DISMISSED


class Reopening(Question):
    """It has to be decided again."""

    decision: Literal["reopen"]
    note: Note = ""
    version: Version

    @property
    def status(self) -> Status:
        return Status.OPEN


Verdict = Annotated[Confirmation | Dismissal | Reopening, Field(discriminator="decision")]


class AssignmentGiven(Question):
    """Whose case it becomes; empty: nobody's."""

    assignee: Person
    version: Version


class NoteGiven(Question):
    """Something to remember about the case.

    Notes are permanent and stored as written: they outlive the message, so do not quote it.
    """

    text: Words
    version: Version


class EscalationGiven(Question):
    """Who should decide, and why."""

    to: Name
    reason: Words
    version: Version


class UndoGiven(Question):
    """The record as it was read, whose last decision is to be undone."""

    version: Version


class ChangedViolation(Problem):
    """Nothing was done; `current` is the record as somebody else left it."""

    current: ViolationDetail | None = None


class DecidedAction(Problem):
    """Nothing was done; `current` is the action as it is now."""

    current: ActionDetail | None = None


class DecisionAnswer(_Answer):
    """One decision or note about a violation."""

    id: int
    version: int = Field(description="The record's from then on.")
    kind: DecisionKind
    at: AwareDatetime
    actor: str
    reason: str = Field(description="Or the text of a note.")
    whom: str = Field(description="Whose case it became, or who was asked to decide.")
    undoes: int | None = Field(description="The decision that this one undid.")
    job: int | None = Field(description="The bulk job that it was part of.")


class DecisionList(_Answer):
    """Everything that was decided about a violation, the oldest first."""

    items: tuple[DecisionAnswer, ...]


class PresenceAnswer(_Answer):
    """Who else looked at the violation within the last minute."""

    others: tuple[str, ...]


class Item(Question):
    """A violation of a job."""

    id: Annotated[Id, InBody]
    version: Version | None = Field(
        None, description="As it was read; none: as it is when the job begins."
    )


class ChosenViolations(Question):
    """Violations one by one."""

    violations: list[Item] = Field(min_length=1, max_length=MOST_IDS)

    def chosen(self) -> Chosen:
        return Chosen(ids={item.id: item.version for item in self.violations})


class _Search(ViolationSearch):
    department: Annotated[Department, InBody] | None = None


class MatchingViolations(Question):
    """All violations that match when the job begins, at most 10,000."""

    filter: _Search

    def chosen(self) -> Chosen:
        return Chosen(wanted=self.filter.as_filter(None))


class _Bulk(Question):
    of: ChosenViolations | MatchingViolations


class BulkConfirmation(_Bulk):
    """Confirm them all."""

    kind: Literal["confirm"]
    reason: Note = ""

    @property
    def order(self) -> Order:
        return Order(JobKind.CONFIRM, self.reason)


class BulkDismissal(_Bulk):
    """Dismiss them all, for one reason."""

    kind: Literal["dismiss"]
    reason: Words

    @property
    def order(self) -> Order:
        return Order(JobKind.DISMISS, self.reason)


class BulkReopening(_Bulk):
    """Open them all again."""

    kind: Literal["reopen"]
    reason: Note = ""

    @property
    def order(self) -> Order:
        return Order(JobKind.REOPEN, self.reason)


class BulkAssignment(_Bulk):
    """Make them all somebody's cases; an empty `assignee` makes them nobody's."""

    kind: Literal["assign"]
    assignee: Person

    @property
    def order(self) -> Order:
        return Order(JobKind.ASSIGN, whom=self.assignee)


BulkOrder = Annotated[
    BulkConfirmation | BulkDismissal | BulkReopening | BulkAssignment, Field(discriminator="kind")
]


class JobUndoing(Question):
    """Why the job is undone."""

    reason: Note = ""


class JobAnswer(_Answer):
    """A bulk job and its progress."""

    id: int
    kind: JobKind
    actor: str
    reason: str
    whom: str = Field(description="Whose cases they become, for an assignment.")
    chosen: dict[str, object] = Field(description="The filter, or how many ids.")
    state: JobState
    total: int
    counts: dict[ItemState, int] = Field(description="By result; together they are `total`.")
    undoes: int | None = Field(description="The job that this one takes back.")
    created_at: AwareDatetime
    ended_at: AwareDatetime | None
    cancelled_by: str


class JobPage(_Answer):
    """Jobs, newest first; `next` is the `cursor` of the following page."""

    items: tuple[JobAnswer, ...]
    next: str | None


class ItemAnswer(_Answer):
    """What became of one violation of a job."""

    violation_id: int
    version: int = Field(description="The version that it is, or was, to be decided at.")
    state: ItemState
    outcome: str
    decision: int | None
    at: AwareDatetime | None


class ItemPage(_Answer):
    """Violations of a job, by id; `next` is the `cursor` of the following page."""

    items: tuple[ItemAnswer, ...]
    next: str | None


class ViewGiven(Question):
    """The query string of a list's address, without the question mark."""

    query: Annotated[str, Field(max_length=4000, pattern=r"^[^\x00]*$")]


class ViewAnswer(_Answer):
    """A saved view."""

    name: str
    query: str
    saved_at: AwareDatetime


class ViewList(_Answer):
    """Your saved views, by name."""

    items: tuple[ViewAnswer, ...]
