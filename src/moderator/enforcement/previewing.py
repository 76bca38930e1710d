"""The notices of a violation to each person concerned, before or after they are sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.post import occasion_of
from moderator.enforcement.stationery import StationeryShelf
from moderator.enforcement.templates import TELLING
from moderator.ledger.records import ActionRecord, ClaimedAction, ViolationRecord

_NEVER: Final = frozenset({ActionState.CANCELLED, ActionState.UNSUPPORTED})


@dataclass(frozen=True, slots=True)
class Preview:
    """The text of one notice, in the language in which this deployment writes."""

    kind: ActionKind
    state: ActionState
    content: str


class Previews:
    """Writes the notices of a violation as the worker does, and sends nothing."""

    def __init__(self, shelf: StationeryShelf, *, recall_within: timedelta) -> None:
        self._shelf = shelf
        self._recall_within = recall_within

    async def of(self, violation: ViolationRecord) -> Sequence[Preview]:
        """The notices that were sent or may be, those to the sender first."""
        stationery = await self._shelf.current()
        telling = (one for one in violation.actions if one.kind in TELLING)
        wanted = (one for one in telling if one.state not in _NEVER)
        return [
            Preview(
                action.kind,
                action.state,
                stationery.write(
                    action.kind, occasion_of(_claimed(action, violation), self._recall_within)
                ).content,
            )
            for action in sorted(wanted, key=lambda one: TELLING.index(one.kind))
        ]


def _claimed(action: ActionRecord, violation: ViolationRecord) -> ClaimedAction:
    return ClaimedAction(
        id=action.id,
        kind=action.kind,
        reason=action.reason,
        attempts=action.attempts,
        created_at=action.created_at,
        violation=violation,
        detail=action.detail,
    )
