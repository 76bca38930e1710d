"""How often something may happen."""

from bisect import bisect_right
from collections import defaultdict

from moderator.rehearsal.world import Windows


class Allowance:
    """Sliding windows for each key; with `blocks`, excess closes the window for its own length.

    Blocking is what WeCom does with API calls (`wecom.md` §7.3): 60 s, 60 min, a day.
    """

    def __init__(self, windows: Windows, *, blocks: bool = False) -> None:
        self._windows = windows
        self._blocks = blocks
        self._spent: defaultdict[str, list[float]] = defaultdict(list)
        self._closed_until: dict[str, float] = {}

    def spend(self, key: str, now: float, amount: int = 1) -> bool:
        """Whether `amount` more fit at `now` (seconds); counts them if they do."""
        if now < self._closed_until.get(key, 0.0):
            return False
        if (full := self._full(key, now, amount)) is not None:
            self._closed_until[key] = now + full if self._blocks else 0.0
            return False
        self._spent[key].extend([now] * amount)
        return True

    def _full(self, key: str, now: float, amount: int) -> float | None:
        spent = self._spent[key]
        longest = max(seconds for _, seconds in self._windows)
        del spent[: bisect_right(spent, now - longest)]
        for limit, seconds in self._windows:
            if len(spent) - bisect_right(spent, now - seconds) + amount > limit:
                return seconds
        return None
