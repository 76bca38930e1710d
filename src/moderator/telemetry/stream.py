"""What is counted with every message: plain numbers, handed to Prometheus in batches.

Prometheus' own counters take a lock, and in several processes a mapped file, for each number.
"""

import asyncio
from collections import Counter as Numbers
from collections.abc import Iterable
from functools import cache
from typing import Final

from prometheus_client import Counter, Histogram
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_MOST: Final = 256  # answers: to hand on so many takes a fraction of a millisecond
_LONGEST: Final = 1.0  # seconds until others may read what this process counted


class Stream(Collector):
    """Counts in the thread of the event loop; settles whenever its registry is collected.

    Register it before the metrics that it feeds.  Where several processes have their numbers
    `shared` in files, and any of them may be asked, it settles every second as well.
    """

    def __init__(self, *, shared: bool) -> None:
        self._shared = shared
        self._answered = Numbers[tuple[str, int]]()
        self._seconds: list[tuple[str, float]] = []
        self._ended = Numbers[str]()
        self._due: asyncio.TimerHandle | None = None

    def feed(self, callbacks: Counter, seconds: Histogram, messages: Counter) -> None:
        """Where everything goes; before anything is counted."""
        self._callbacks = callbacks
        self._messages = messages
        self._child = cache(seconds.labels)

    def count_callback(self, app: str, status: int, seconds: float) -> None:
        self._answered[app, status] += 1
        self._seconds.append((app, seconds))
        if len(self._seconds) >= _MOST:
            self.settle()
        elif self._shared and self._due is None:
            self._settle_later()

    def count_message(self, outcome: str) -> None:
        """What it counts is shown at the latest when the message is answered."""
        self._ended[outcome] += 1

    def collect(self) -> Iterable[Metric]:
        """Nothing of its own."""
        self.settle()
        return ()

    def settle(self) -> None:
        """Hand on what was counted since the last time."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        answered, self._answered = self._answered, Numbers()
        taken, self._seconds = self._seconds, []
        ended, self._ended = self._ended, Numbers()
        for (app, status), number in answered.items():
            self._callbacks.labels(app, str(status)).inc(number)
        for app, seconds in taken:
            self._child(app).observe(seconds)
        for outcome, number in ended.items():
            self._messages.labels(outcome).inc(number)

    def _settle_later(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # a command, not a service: whoever asks is told at once
            return
        self._due = loop.call_later(_LONGEST, self.settle)
