"""Which violations somebody looks for: filters, order and page, as an address has them."""

from http import HTTPStatus
from typing import Annotated, Final

from pydantic import Field

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.rule import Severity
from moderator.ledger.records import Cursor, Sort, Status, ViolationFilter
from moderator.web import cursors
from moderator.web.answers import SeverityLabel
from moderator.web.problems import Refusal
from moderator.web.questions import Limit, Moment, Name, Question

_PAGING: Final = {"limit", "cursor"}

Department = Annotated[int, Field(ge=1, le=2**31 - 1)]
# Shorter ones are in everything; longer ones are nobody's name.
Text = Annotated[str, Field(min_length=2, max_length=64, pattern=r"^[^\x00]*$")]


class ViolationSearch(Question):
    """Which violations are meant; what is left out fits any.  Ranges exclude their end."""

    sent_after: Moment | None = Field(None, description="Sent at that time or later.")
    sent_before: Moment | None = Field(None, description="Sent before that time.")
    recorded_after: Moment | None = Field(None, description="Recorded at that time or later.")
    recorded_before: Moment | None = Field(None, description="Recorded before that time.")
    sender: Name | None = Field(None, description="userid of the sender.")
    department: Department | None = Field(
        None, description="Id of a department, with all below it, as it was then."
    )
    chat: Name | None = Field(None, description="chatid of the group.")
    app: Name | None = Field(None, description="Name of the app in the settings.")
    category: Name | None = Field(None, description="Of the gravest rule that hit.")
    severity: SeverityLabel | None = Field(None, description="At least this severe.")
    max_severity: SeverityLabel | None = Field(None, description="At most this severe.")
    rule: Name | None = Field(None, description="Id of a rule that hit.")
    clause: Name | None = Field(None, description="Id of a clause of the policy.")
    status: list[Status] = Field([], max_length=3, description="Any of these; none: all.")
    assignee: Annotated[str, Field(max_length=128, pattern=r"^[^\x00]*$")] | None = Field(
        None, description="Whose case it is; empty: nobody's."
    )
    escalated_to: Name | None = Field(None, description="Who was asked to decide.")
    fingerprint: Name | None = Field(None, description="Fingerprint of a masked value.")
    action_state: list[ActionState] = Field(
        [], max_length=11, description="With an action in any of these states."
    )
    action_kind: ActionKind | None = Field(
        None, description="With an action of this kind; of these states, if any are given."
    )
    text: Text | None = Field(
        None,
        description="Part of a name, of a department's name, of a userid or of a note, or the"
        " whole of a userid, chatid, MsgId or id.  What people wrote is encrypted and cannot be"
        " searched.",
    )

    def as_filter(self, bound: frozenset[int] | None) -> ViolationFilter:
        """The filter for somebody who may see no more than the departments of `bound`."""
        return ViolationFilter(
            sent_from=self.sent_after,
            sent_until=self.sent_before,
            recorded_from=self.recorded_after,
            recorded_until=self.recorded_before,
            sender=self.sender,
            department=self.department,
            bound=bound,
            chat=self.chat,
            app=self.app,
            category=self.category,
            severity=Severity.of(self.severity) if self.severity else None,
            max_severity=Severity.of(self.max_severity) if self.max_severity else None,
            rule=self.rule,
            clause=self.clause,
            statuses=tuple(self.status),
            assignee=self.assignee,
            escalated_to=self.escalated_to,
            fingerprint=self.fingerprint,
            action_states=tuple(self.action_state),
            action_kind=self.action_kind,
            text=self.text,
        )


class ViolationQuery(ViolationSearch):
    """Which violations to list, in which order, and from where on."""

    sort: Sort = Field(
        Sort.NEWEST,
        description="By when they were sent, or by severity and then the oldest first."
        "  Where only `recorded_after` or `recorded_before` is given: by when they were recorded.",
    )
    limit: Limit = 50
    cursor: Annotated[str, Field(min_length=cursors.LENGTH, max_length=cursors.LENGTH)] | None = (
        Field(None, description="`next` of the page before, with the same filters and order.")
    )

    @property
    def after(self) -> Cursor | None:
        """Where the page begins.  Raises `Refusal` where that is no page of this list."""
        if self.cursor is None:
            return None
        try:
            return cursors.read(self.cursor, self._question())
        except ValueError as fault:
            told = f"The cursor {fault}."
            raise Refusal(HTTPStatus.NOT_FOUND, "no_such_page", told) from fault

    def cursor_at(self, end: Cursor | None) -> str | None:
        """Where the page after this one begins."""
        return cursors.written(end, self._question()) if end else None

    def _question(self) -> str:
        return self.model_dump_json(exclude=_PAGING, exclude_defaults=True)


class ViolationCount(ViolationSearch):
    """Which violations to count, and how far."""

    most: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1000, description="Stop counting at this number."
    )
