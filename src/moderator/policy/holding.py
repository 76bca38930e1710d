"""What an alarm on a rule holds up."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from moderator.domain.decision import ActionState, PlannedAction


def hold(
    actions: Iterable[PlannedAction], rule: str, held_rules: Mapping[str, datetime]
) -> Iterator[PlannedAction]:
    """Make proposals of the destructive actions of a rule whose alarm is open since then."""
    since = held_rules.get(rule)
    for action in actions:
        if since and action.kind.destructive and action.state is ActionState.QUEUED:
            why = f"held by an alarm on rule {rule} since {since:%Y-%m-%d %H:%M %Z}"
            reason = ": ".join(filter(None, (action.reason, why)))
            yield replace(action, state=ActionState.PROPOSED, reason=reason, not_before=None)
        else:
            yield action
