"""What lies before a person."""

from datetime import UTC, datetime, timedelta

from moderator.domain.decision import ActionKind, Merit, Standing, Strike
from moderator.domain.rule import Severity
from moderator.policy.policy import Conversion, Ladder, Offset, Policy, Rung, Unit
from moderator.policy.prospects import Prospects, prospects

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
YEAR = timedelta(days=365)
TALK = Ladder(
    id="talk",
    categories=frozenset({"abuse"}),
    window=timedelta(days=90),
    rungs=(
        Rung(at=1, actions=(ActionKind.REMIND_SENDER,)),
        Rung(at=3, actions=(ActionKind.WARN_SENDER,), units={"warning": 1}),
    ),
)
REST = Ladder(id="rest", window=YEAR, rungs=(Rung(at=2, actions=(ActionKind.WARN_SENDER,)),))
POLICY = Policy(
    ladders=(TALK, REST),
    units={
        "warning": Unit(id="warning", title="警告", lapses=YEAR),
        "mark": Unit(id="mark", title="记录"),
    },
    conversions=(
        Conversion(id="three", of="warning", count=3, into="mark"),
        Conversion(id="two", of="mark", count=2),
    ),
    offsets={"praise": Offset(merit="praise", title="嘉奖", of="warning")},
)


def strike(days_ago: float, category: str = "abuse", **units: int) -> Strike:
    return Strike(
        violation=str(int(1000 - days_ago)),
        category=category,
        severity=Severity.MEDIUM,
        at=NOW - timedelta(days=days_ago),
        units=units,
    )


def seen(*strikes: Strike, merits: tuple[Merit, ...] = ()) -> Prospects:
    return prospects(Standing(strikes, merits), POLICY, NOW)


def test_a_clean_person() -> None:
    """Nothing stands against a person without strikes."""
    assert seen() == Prospects((), ())


def test_what_lapses_when() -> None:
    """Each unit lapses its time after it was given, the oldest first."""
    (warnings,) = seen(strike(300, warning=1), strike(10, warning=1)).units

    assert (warnings.unit.title, warnings.number) == ("警告", 2)
    assert warnings.lapses == (NOW + timedelta(days=65), NOW + timedelta(days=355))


def test_what_never_lapses() -> None:
    """A unit without a time limit never lapses."""
    (marks,) = seen(strike(4000, mark=1)).units

    assert marks.lapses == (None,)


def test_next_threshold_of_units() -> None:
    """The next conversion is as far away as units are missing."""
    (warnings,) = seen(strike(20, warning=1), strike(10, warning=1)).units

    assert warnings.next is POLICY.conversions[0]
    assert warnings.missing == 1


def test_threshold_passed() -> None:
    """Where a conversion uses nothing up, every further unit calls for it again."""
    (marks,) = seen(strike(3, mark=1), strike(2, mark=1), strike(1, mark=1)).units

    assert marks.next is POLICY.conversions[1]
    assert marks.missing == 1


def test_an_offset_unit_does_not_stand() -> None:
    """What a merit took away does not lapse any more and brings no threshold nearer."""
    praise = Merit(id="1", kind="praise", count=1, at=NOW - timedelta(days=5))
    (warnings,) = seen(strike(20, warning=1), strike(10, warning=1), merits=(praise,)).units

    assert warnings.lapses == (NOW + timedelta(days=355),)
    assert warnings.missing == 2


def test_where_on_the_ladder() -> None:
    """A ladder tells the rung that was reached, and how far the next one is."""
    (talk,) = seen(strike(20), strike(10)).ladders

    assert (talk.ladder, talk.reached, talk.next) == (TALK, *TALK.rungs)
    assert talk.missing == 1
    assert talk.lapses == NOW + timedelta(days=70)


def test_the_highest_rung() -> None:
    """Above the highest rung there is none."""
    (talk,) = seen(strike(3), strike(2), strike(1), strike(0)).ladders

    assert talk.next is None
    assert talk.missing == 0
    assert talk.reached is TALK.rungs[1]


def test_below_the_first_rung() -> None:
    """A ladder may begin with a later offence: before it no rung is reached."""
    (rest,) = seen(strike(1, "flooding")).ladders

    assert (rest.ladder, rest.reached, rest.missing) == (REST, None, 1)


def test_strikes_outside_the_window() -> None:
    """What the ladder's window has left behind is not counted."""
    assert seen(strike(91)).ladders == ()
