"""When a rate has jumped."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.policy.alarm import Counts, Sensitivity, jumped, upper_tail

USUAL = Counts(hits=30, messages=100_000)


def exact(least: int, trials: int, share: Fraction) -> Fraction:
    """The definition, in whole numbers."""
    return sum(
        (
            math.comb(trials, hits) * share**hits * (1 - share) ** (trials - hits)
            for hits in range(max(least, 0), trials + 1)
        ),
        Fraction(0),
    )


@given(
    trials=st.integers(0, 120),
    least=st.integers(-1, 121),
    share=st.fractions(min_value=0, max_value=1, max_denominator=1000),
)
def test_the_tail_is_what_its_definition_says(trials: int, least: int, share: Fraction) -> None:
    """To a millionth of its own size, however small it is."""
    assert upper_tail(least, trials, float(share)) == pytest.approx(
        float(exact(least, trials, share)), rel=1e-6, abs=1e-300
    )


@pytest.mark.parametrize(
    ("least", "trials", "share", "known"),
    [
        # Computed once with scipy 1.17 (binom.sf); 20,000 random cases agreed to 7e-8 there.
        (60, 1000, 0.03, 5.802225924157976e-07),
        (500, 10_000_000, 3e-5, 3.799798274152262e-26),
        (2, 9, 0.01, 0.003435730017846292),
    ],
)
def test_the_tail_agrees_with_scipy(least: int, trials: int, share: float, known: float) -> None:
    """Values of an independent implementation, from the middle to the far end."""
    assert upper_tail(least, trials, share) == pytest.approx(known, rel=1e-7)


def test_ten_times_the_usual_rate_is_a_jump() -> None:
    """Thirty hits in what is usually three."""
    assert jumped(Counts(hits=30, messages=10_000), USUAL, rules=700) is not None


def test_the_usual_rate_is_none() -> None:
    """Nor is a bit more of it."""
    assert jumped(Counts(hits=10, messages=10_000), USUAL, rules=700) is None


def test_a_rule_that_never_hit_before_jumps_at_few() -> None:
    """No hit in 100,000 messages and a dozen in 500 is no chance."""
    silent = Counts(hits=0, messages=100_000)

    assert jumped(Counts(hits=12, messages=500), silent, rules=700) is not None


def test_a_short_history_says_too_little() -> None:
    """A service that starts has no usual rate yet."""
    young = Counts(hits=0, messages=999)

    assert jumped(Counts(hits=500, messages=1000), young, rules=1) is None


def test_few_hits_raise_nothing_however_improbable() -> None:
    """Nine people are not worth holding a rule up."""
    silent = Counts(hits=0, messages=10_000_000)

    assert jumped(Counts(hits=9, messages=100), silent, rules=1) is None


def test_a_certain_but_small_rise_raises_nothing() -> None:
    """With many messages every difference is certain; only a large one matters."""
    busy = Counts(hits=100_000, messages=10_000_000)
    doubled = Counts(hits=20_000, messages=1_000_000)

    assert jumped(doubled, busy, rules=1) is None
    assert jumped(doubled, busy, rules=1, sensitivity=Sensitivity(least_ratio=1.5)) is not None


def test_more_rules_need_more_certainty() -> None:
    """What is an alarm for one rule may be chance among a thousand."""
    now = Counts(hits=12, messages=10_000)

    assert jumped(now, USUAL, rules=1) is not None
    assert jumped(now, USUAL, rules=1000) is None


def test_false_alarms_are_as_rare_as_promised() -> None:
    """Summed over everything that may happen at the usual rate, exactly."""
    limits = Sensitivity(least_hits=2, least_ratio=1.0001)
    share, total = Fraction(1, 11), 200  # hits, of which a tenth as many messages are new
    false = sum(
        exact(hits, total, share) - exact(hits + 1, total, share)
        for hits in range(total + 1)
        if jumped(
            Counts(hits=hits, messages=10_000),
            Counts(hits=total - hits, messages=100_000),
            rules=7,
            sensitivity=limits,
        )
        is not None
    )

    assert 0 < false < Fraction(1, 1000) / 7
