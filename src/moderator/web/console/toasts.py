"""What was just done, said on the page that follows; with the way to take it back."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request

_LARGEST: Final = 2**63 - 1


class Done(StrEnum):
    """What can have been done; its words are `toast.VALUE`."""

    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    ASSIGNED = "assigned"
    NOTED = "noted"
    UNDONE = "undone"
    NOTHING_TO_UNDO = "nothing_to_undo"
    CHANGED = "changed"  # by somebody else, before
    APPROVED = "approved"
    REFUSED = "refused"
    PROPOSED = "proposed"  # again
    DECIDED_BEFORE = "decided_before"  # by somebody else
    ASKED = "asked"  # to read
    GRANTED = "granted"  # to read, to somebody else
    NOT_GRANTED = "not_granted"
    UNMASKING_NEEDED = "unmasking_needed"
    SAVED = "saved"
    DELETED = "deleted"
    CANCELLED = "cancelled"
    NOTHING_CHOSEN = "nothing_chosen"
    TOO_MANY = "too_many"  # for one bulk job


_UNDOABLE = frozenset(
    {Done.CONFIRMED, Done.DISMISSED, Done.REOPENED, Done.ESCALATED, Done.ASSIGNED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Toast:
    """`of` is the case, `version` what its record has since: undoing is refused on any other.

    `action` is the proposal that was decided on.
    """

    done: Done
    of: int = 0
    version: int = 0
    action: int = 0

    def query(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})

    @property
    def undoing(self) -> str:
        """Where it is taken back; empty where it cannot be."""
        if self.action and self.done in {Done.APPROVED, Done.REFUSED}:
            return f"/console/actions/{self.action}/undo"
        if self.of and self.done in _UNDOABLE:
            return f"/console/cases/{self.of}/undo"
        return ""


def toast_of(request: Request) -> Toast | None:
    """What the address says was done; None where it says nothing that makes sense."""
    query = request.query_params
    if query.get("done", "") not in set(Done):
        return None
    numbers = {name: _number(query.get(name, "")) for name in ("of", "version", "action")}
    return Toast(done=Done(query["done"]), **numbers)


def with_toast(address: str, toast: Toast) -> str:
    """The address, saying on its page what was done."""
    return f"{address}{'&' if '?' in address else '?'}{toast.query()}"


def _number(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return number if number <= _LARGEST else 0
