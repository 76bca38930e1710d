"""When a rule's hit rate jumps: an exact binomial test against its history."""

import math
from dataclasses import dataclass
from typing import Final

_NEGLIGIBLE: Final = 1e-17  # of the sum so far; less than a double can hold of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many people a rule hit, an hour counting each once, in so many messages."""

    hits: int
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """What counts as a jump.

    `significance` is the chance of a false alarm among all rules at one look; it is divided by
    their number.  A rate that is not `least_ratio` times the usual one, fewer than `least_hits`
    and a history of fewer than `least_messages` raise no alarm however improbable they are.
    """

    significance: float = 0.001
    least_hits: int = 10
    least_messages: int = 1000
    least_ratio: float = 3.0


def jumped(
    now: Counts, usual: Counts, *, rules: int, sensitivity: Sensitivity | None = None
) -> float | None:
    """How improbable what happens `now` is for a rule with such a history; None without an alarm.

    If the rate were the same, each of all the hits would lie in the newer messages with the share
    that these have of all messages.  That takes into account how well the history is known: no hit
    in 1,000 messages says less than no hit in a million.
    """
    limits = sensitivity or Sensitivity()
    if now.hits < limits.least_hits or usual.messages < limits.least_messages:
        return None
    if now.hits * usual.messages < limits.least_ratio * usual.hits * now.messages:
        return None
    share = now.messages / (now.messages + usual.messages)
    probability = upper_tail(now.hits, now.hits + usual.hits, share)
    return probability if probability < limits.significance / max(rules, 1) else None


def upper_tail(least: int, trials: int, share: float) -> float:
    """P(X ≥ `least`) for X binomial with `trials` and `share`; relative error below 1e-6.

    Summed from the end that is nearer, so that it takes some ten standard deviations of steps.
    """
    if least <= 0:
        return 1.0
    if least > trials or share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    if least > trials * share:
        return min(_tail(least, trials, share), 1.0)
    return max(1.0 - _tail(trials - least + 1, trials, 1.0 - share), 0.0)


def _tail(least: int, trials: int, share: float) -> float:
    """The same for a `least` at or above the mean: every term is smaller than the one before."""
    term = total = math.exp(_log_probability(least, trials, share))
    odds = share / (1.0 - share)
    for hits in range(least, trials):
        term *= (trials - hits) / (hits + 1) * odds
        total += term
        if term < total * _NEGLIGIBLE:
            break
    return total


def _log_probability(hits: int, trials: int, share: float) -> float:
    ways = math.lgamma(trials + 1) - math.lgamma(hits + 1) - math.lgamma(trials - hits + 1)
    return ways + hits * math.log(share) + (trials - hits) * math.log1p(-share)
