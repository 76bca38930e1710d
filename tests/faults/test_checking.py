"""The checker: a suite that cannot fail proves nothing, so each invariant is broken once."""

from dataclasses import replace

import pytest
from faults.checking import Action, Evidence, Sent, Shown, Violation, check

WARN, CARD = "/message/send", "/appchat/send"


def sent(msgid: str, *, breaks: bool = True, answered: bool = True) -> Sent:
    return Sent(msgid=msgid, sender="ann", breaks_a_rule=breaks, answered=answered)


def action(number: int, violation: int, kind: str, *tries: bool) -> Action:
    """Accepted, after tries of which nobody heard (True) or somebody did."""
    history = (*(("sending" if unheard else "queued", unheard) for unheard in tries),)
    return Action(
        id=number,
        violation=violation,
        kind=kind,
        state="accepted",
        history=(*history, ("accepted", False)),
    )


def shown(path: str, violation: int, *, reached: bool = True, reason: str = "") -> Shown:
    return Shown(path=path, violation=violation, reached=reached, reason=reason)


GOOD = Evidence(
    sent=(sent("1"), sent("2"), sent("3", breaks=False), sent("4", answered=False)),
    violations=(
        Violation(id=7, msgid="1", sender="ann", offence=1),
        Violation(id=9, msgid="2", sender="ann", offence=2),
    ),
    actions=(
        action(1, 7, "warn_sender"),
        action(2, 7, "notify_compliance"),
        action(3, 9, "warn_sender"),
        action(4, 9, "notify_compliance"),
    ),
    shown=(shown(WARN, 7), shown(CARD, 7), shown(CARD, 9), shown(WARN, 9)),
)


def test_a_good_run_holds() -> None:
    """Unanswered messages may be missing, clean ones must be."""
    verdict = check(GOOD)
    assert verdict.faults == ()
    assert verdict.counts["sent"] == 4
    assert verdict.counts["unanswered"] == 1
    assert verdict.counts["shown twice in the window"] == 0


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"violations": GOOD.violations[:1], "actions": GOOD.actions[:2]}, "2 was answered 200"),
        (
            {"violations": (*GOOD.violations, replace(GOOD.violations[1], id=11, offence=3))},
            "recorded 2 times",
        ),
        ({"sent": GOOD.sent[1:]}, "never sent"),
        ({"sent": (replace(GOOD.sent[0], breaks_a_rule=False), *GOOD.sent[1:])}, "breaks no rule"),
        (
            {"violations": (GOOD.violations[0], replace(GOOD.violations[1], offence=1))},
            "numbered [1, 1]",
        ),
        ({"spooled": 1}, "left in the spool"),
        ({"failed": 2}, "kept as failed"),
        ({"actions": (replace(GOOD.actions[0], state="sending"), *GOOD.actions[1:])}, "as sending"),
        ({"actions": GOOD.actions[1:]}, "0 actions warn_sender"),
        (
            {"actions": (action(1, 7, "warn_sender"), *GOOD.actions)},
            "2 actions warn_sender",
        ),
        (
            {"actions": (replace(GOOD.actions[0], history=()), *GOOD.actions[1:])},
            "its history ends in []",
        ),
        (
            {
                "actions": (
                    replace(GOOD.actions[0], history=(("accepted", False),) * 2),
                    *GOOD.actions[1:],
                )
            },
            "accepted 2 times",
        ),
        ({"shown": GOOD.shown[1:]}, "never shown"),
        ({"shown": (*GOOD.shown, shown(WARN, 7))}, "shown 2 times"),
        ({"shown": (*GOOD.shown, shown(CARD, 8))}, "calls for nothing there"),
        ({"shown": (*GOOD.shown, shown(WARN, 9, reached=False, reason="rate"))}, "dropped"),
        ({"shown": GOOD.shown[::-1]}, "ann was warned in the order [9, 7]"),
    ],
)
def test_whatever_does_not_hold_is_named(change: dict[str, object], fault: str) -> None:
    faults = check(replace(GOOD, **change)).faults  # type: ignore[arg-type]
    assert any(fault in told for told in faults), faults


def test_a_second_showing_is_counted_where_nobody_heard_of_the_first() -> None:
    """The one window that cannot be closed: WeCom did it, and who asked died before it was told."""
    twice = replace(
        GOOD,
        actions=(GOOD.actions[0], action(2, 7, "notify_compliance", True), *GOOD.actions[2:]),
        shown=(*GOOD.shown, shown(CARD, 7)),
    )
    verdict = check(twice)
    assert verdict.faults == ()
    assert verdict.counts["shown twice in the window"] == 1


def test_a_third_showing_after_one_unheard_try_is_a_fault() -> None:
    """Each of them needs an unheard try of its own."""
    thrice = replace(
        GOOD,
        actions=(GOOD.actions[0], action(2, 7, "notify_compliance", True), *GOOD.actions[2:]),
        shown=(*GOOD.shown, shown(CARD, 7), shown(CARD, 7)),
    )
    assert check(thrice).faults == ("action 2 (notify_compliance) was shown 3 times",)


def test_what_wecom_recognised_as_a_repetition_was_shown_to_nobody() -> None:
    repeated = shown(WARN, 7, reached=False, reason="duplicate")
    assert check(replace(GOOD, shown=(*GOOD.shown, repeated))).faults == ()
