"""Units of discipline: given, lapsed, converted, offset."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from moderator.domain.decision import Merit, Standing, Strike, UnitChange
from moderator.domain.rule import Severity
from moderator.policy.policy import Conversion, Offset, Policy, Unit
from moderator.policy.units import Reckoning

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
THREE_WARNINGS = Conversion(id="three-warnings", of="warning", count=3, into="demerit")
THREE_DEMERITS = Conversion(id="three-demerits", of="demerit", count=3)
POLICY = Policy(
    ladders=(),
    units={
        "warning": Unit(id="warning", title="警告", lapses=timedelta(days=365)),
        "demerit": Unit(id="demerit", title="记过", lapses=timedelta(days=730)),
    },
    conversions=(THREE_WARNINGS, THREE_DEMERITS),
    offsets={
        "praise": Offset(merit="praise", title="嘉奖", of="warning"),
        "credit": Offset(
            merit="credit", title="记功", of="warning", count=2, waits=timedelta(days=30)
        ),
    },
)


def strike(days_ago: float, units: Mapping[str, int]) -> Strike:
    return Strike(
        violation=str(int(1000 - days_ago)),
        category="abuse",
        severity=Severity.MEDIUM,
        at=NOW - timedelta(days=days_ago),
        units=units,
    )


def warned(*days_ago: float) -> tuple[Strike, ...]:
    return tuple(strike(days, {"warning": 1}) for days in days_ago)


def merit(days_ago: float, kind: str = "praise", count: int = 1) -> Merit:
    return Merit(id="1", kind=kind, count=count, at=NOW - timedelta(days=days_ago))


def stands(*strikes: Strike, merits: tuple[Merit, ...] = ()) -> Mapping[str, int]:
    return Reckoning(POLICY).standing(Standing(strikes, merits), NOW)


def changed(standing: Standing, given: Mapping[str, int], *, days_ago: float = 0) -> UnitChange:
    at = NOW - timedelta(days=days_ago)
    return Reckoning(POLICY).change(standing, given, at=at, now=NOW)


def test_three_warnings_make_one_demerit() -> None:
    """S3 第四篇四(三): the third warning turns the three into a demerit, and says so."""
    change = changed(Standing(warned(20, 10)), {"warning": 1})

    assert change == UnitChange(
        given={"warning": 1},
        before={"warning": 2},
        after={"demerit": 1},
        converted=("three-warnings",),
    )


def test_the_ninth_warning_reaches_three_demerits() -> None:
    """Conversions follow from one another: nine warnings call for what three demerits call for."""
    change = changed(Standing(warned(*range(80, 0, -10))), {"warning": 1})

    assert change.after == {"demerit": 3}
    assert change.converted == ("three-warnings", "three-demerits")


def test_a_fourth_demerit_calls_for_it_again() -> None:
    """What uses nothing up is called for by every further unit, and by nothing else."""
    standing = Standing(tuple(strike(days, {"demerit": 1}) for days in (30, 20, 10)))

    assert changed(standing, {"demerit": 1}).converted == ("three-demerits",)
    assert changed(standing, {"warning": 1}).converted == ()


@pytest.mark.parametrize(("days", "left"), [(364.9, {"warning": 1}), (365, {})])
def test_a_unit_lapses(days: float, left: dict[str, int]) -> None:
    """A warning stands for a year from when it was given."""
    assert stands(*warned(days)) == left


def test_a_lapsed_warning_does_not_convert() -> None:
    """Two warnings of this year and one of the year before make no demerit."""
    assert changed(Standing(warned(370, 10)), {"warning": 1}).after == {"warning": 2}


def test_a_demerit_from_warnings_stands_from_the_day_of_the_third() -> None:
    """The conversion gives a new unit with a life of its own."""
    assert stands(*warned(500, 490, 480)) == {"demerit": 1}
    assert stands(*warned(750, 740, 731)) == {}


def test_a_merit_offsets_the_oldest_unit() -> None:
    """功过抵消: what is left is the newer one, which lapses later."""
    strikes = warned(364, 10)

    assert stands(*strikes, merits=(merit(1),)) == {"warning": 1}
    later = Reckoning(POLICY).standing(Standing(strikes, (merit(1),)), NOW + timedelta(days=5))
    assert later == {"warning": 1}


def test_a_merit_without_anything_to_offset_is_spent() -> None:
    """A kind of merit that does not wait offsets nothing that comes later."""
    assert stands(*warned(5), merits=(merit(10),)) == {"warning": 1}


def test_a_merit_may_wait_for_what_it_offsets() -> None:
    """Two units within thirty days are offset by one merit of this kind, and no third."""
    assert stands(*warned(20, 15, 10), merits=(merit(25, "credit"),)) == {"warning": 1}
    assert stands(*warned(20), merits=(merit(51, "credit"),)) == {"warning": 1}


def test_what_the_policy_does_not_know_any_more_counts_for_nothing() -> None:
    """Units and merits of an earlier policy neither stand nor fail."""
    assert stands(strike(3, {"fine": 2}), merits=(merit(1, "medal"),)) == {}


def test_a_message_that_was_sent_earlier_converts_where_it_stands() -> None:
    """What is recorded late is reckoned at the time it was sent."""
    change = changed(Standing(warned(20, 10)), {"warning": 1}, days_ago=400)

    assert (change.after, change.converted) == ({"warning": 2}, ())


def test_reckoning_again_with_one_strike_more_is_reckoning_from_the_beginning() -> None:
    """What is remembered between two reckonings changes no result."""
    remembering = Reckoning(POLICY)
    for number in range(1, 12):
        strikes = warned(*range(number * 10, 0, -10))
        standing = Standing(strikes, (merit(35),))
        again = remembering.change(standing, {"warning": 1}, at=NOW, now=NOW)
        assert again == Reckoning(POLICY).change(standing, {"warning": 1}, at=NOW, now=NOW)
