"""What an open alarm holds up."""

from datetime import UTC, datetime

import pytest

from moderator.domain.decision import ActionKind, ActionState, PlannedAction
from moderator.policy.holding import hold

SINCE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HELD = {"invoices": SINCE}


def planned(kind: ActionKind, state: ActionState = ActionState.QUEUED) -> PlannedAction:
    return PlannedAction(kind=kind, state=state, reason="ads/2")


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind.destructive])
def test_what_destroys_waits_for_a_person(kind: ActionKind) -> None:
    """The reason says which alarm and since when."""
    (held,) = hold([planned(kind)], "invoices", HELD)

    assert held.state is ActionState.PROPOSED
    assert held.reason == ("ads/2: held by an alarm on rule invoices since 2026-03-02 09:30 UTC")


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if not kind.destructive])
def test_everything_else_goes_on(kind: ActionKind) -> None:
    """People are still warned and compliance is still told."""
    assert list(hold([planned(kind)], "invoices", HELD)) == [planned(kind)]


def test_other_rules_are_not_held() -> None:
    """An alarm is about one rule."""
    action = planned(ActionKind.REMOVE_FROM_GROUP)

    assert list(hold([action], "abuse", HELD)) == [action]


def test_what_was_cancelled_stays_cancelled() -> None:
    """The kill switch and exemptions go before."""
    action = planned(ActionKind.DISABLE_ACCOUNT, ActionState.CANCELLED)

    assert list(hold([action], "invoices", HELD)) == [action]
