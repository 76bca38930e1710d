"""Letting an API alone that does not answer: one breaker for each family of calls."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from moderator.wecom.gate import Family

FAILURES: Final = 5  # in a row; fewer may be one lost packet and its repetitions
FIRST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(minutes=5)


@dataclass(slots=True)
class _Breaker:
    failures: int = 0
    open_until: datetime | None = None  # None: closed
    openings: int = 0  # in a row
    probing: bool = False


class Breakers:
    """Counts failures in a row; opens, lets one call probe when its time is over, and closes.

    `on_change` hears of each family that opens (True) or closes (False).  Each probe that fails
    doubles the time, up to five minutes.  It is this process's own: others find out for themselves.
    """

    def __init__(
        self,
        *,
        on_change: Callable[[Family, bool], None] = lambda _family, _open: None,
        failures: int = FAILURES,
        first: timedelta = FIRST,
    ) -> None:
        self._on_change = on_change
        self._failures = failures
        self._first = first
        self._breakers: defaultdict[Family, _Breaker] = defaultdict(_Breaker)

    def open_until(self, family: Family, now: datetime) -> datetime | None:
        """When a call may be made; None for at once."""
        breaker = self._breakers[family]
        if breaker.open_until is None:
            return None
        if now < breaker.open_until:
            return breaker.open_until
        return now + self._first if breaker.probing else None

    def begin(self, family: Family) -> bool:
        """A call begins; True where it is the probe, which must end by one of the following."""
        breaker = self._breakers[family]
        if breaker.open_until is None:
            return False
        breaker.probing = True
        return True

    def answered(self, family: Family) -> bool:
        """WeCom answered, whatever it said; True if the breaker closed by that."""
        breaker = self._breakers[family]
        closed = breaker.open_until is not None
        self._breakers[family] = _Breaker()
        if closed:
            self._on_change(family, False)
        return closed

    def failed(self, family: Family, now: datetime, *, probe: bool) -> None:
        """No answer came, or the one that it is busy."""
        breaker = self._breakers[family]
        breaker.failures += 1
        if probe:
            breaker.probing = False
        if probe or (breaker.open_until is None and breaker.failures >= self._failures):
            self._open(family, breaker, now)

    def abandoned(self, family: Family) -> None:
        """The probe was given up before it told anything."""
        self._breakers[family].probing = False

    def _open(self, family: Family, breaker: _Breaker, now: datetime) -> None:
        opened = breaker.open_until is None
        breaker.open_until = now + min(LONGEST, self._first * int(2 ** min(breaker.openings, 10)))
        breaker.openings += 1
        if opened:
            self._on_change(family, True)
