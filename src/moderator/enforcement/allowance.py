"""How many messages may go to one receiver: beyond it WeCom drops them and says nothing.

Counted in the memory of one process: two processes together may exceed it, and a restart forgets
what was sent in the last hour.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

Windows = tuple[tuple[int, timedelta], ...]  # (at most, in so long), …

# Less than WeCom's 30/min and 1000/h, and 200/min and 10,000/day: other programs send through the
# same app, and WeCom's clock is not ours (`wecom.md` §6.1, §6.4).
TO_MEMBER: Final[Windows] = ((25, timedelta(minutes=1)), (900, timedelta(hours=1)))
TO_GROUP: Final[Windows] = ((180, timedelta(minutes=1)), (9_000, timedelta(days=1)))


class Crowded(Exception):
    """The receivers have got as much as they can get for now; nothing was sent."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(f"no room for {wait}")


class Allowance:
    """Sliding windows for each receiver."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows
        self._longest = max(length for _, length in windows)
        self._sent: defaultdict[str, list[datetime]] = defaultdict(list)
        self._promised: defaultdict[str, list[datetime]] = defaultdict(list)
        self._swept_at = datetime.min.replace(tzinfo=UTC)

    def spend(self, receivers: Sequence[str], now: datetime) -> None:
        """Count one message to each of `receivers`, or raise `Crowded` and count none.

        Whoever is turned away gets the time of a place in the queue, so that a crowd does not come
        back all at once, again and again.
        """
        self._sweep(now)
        room_at = max(self._room_at(self._sent_to(one, now), now) for one in receivers)
        if room_at > now:
            raise Crowded(self._promise(receivers, now) - now)
        for one in receivers:
            self._sent[one].append(now)

    def _promise(self, receivers: Sequence[str], now: datetime) -> datetime:
        at = max(self._room_at(self._expected(one, now), now) for one in receivers)
        for one in receivers:
            self._promised[one].append(at)
        return at

    def _expected(self, receiver: str, now: datetime) -> list[datetime]:
        _forget(self._promised[receiver], now)
        return self._sent_to(receiver, now) + self._promised[receiver]

    def _sent_to(self, receiver: str, now: datetime) -> list[datetime]:
        _forget(self._sent[receiver], now - self._longest)
        return self._sent[receiver]

    def _room_at(self, times: Sequence[datetime], now: datetime) -> datetime:
        """When one more fits after `times`, which rise."""
        frees = (times[-most] + length for most, length in self._windows if len(times) >= most)
        return max([now, *times[-1:], *frees])

    def _sweep(self, now: datetime) -> None:
        # Receivers nobody writes to any more; not at every call, for there may be very many.
        if now - self._swept_at < self._longest:
            return
        self._swept_at = now
        for kept, start in ((self._sent, now - self._longest), (self._promised, now)):
            for receiver in [one for one, times in kept.items() if not times or times[-1] <= start]:
                del kept[receiver]


def _forget(times: list[datetime], until: datetime) -> None:
    del times[: bisect_right(times, until)]
