"""A book that follows its files."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from watchfiles import awatch

from moderator.rulebook.book import Rulebook
from moderator.rulebook.faults import Fault
from moderator.rulebook.identity import digest
from moderator.rulebook.loader import build_rulebook
from moderator.rulebook.reading import Reading, read_directory, received


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchState:
    """What the watcher saw last and what serves.

    `received` and `applied` (64 hex digits) name the files as they stand on disk and as they
    serve; they differ while a file is broken.  `reloads` counts the books swapped in, `failures`
    the readings that brought a fault, `faults` are those of the last reading.
    """

    received: str
    applied: str
    faults: tuple[Fault, ...]
    reloads: int = 0
    failures: int = 0


class RulebookWatcher:
    """Holds the book that serves and swaps in a new one when files change.

    `current` is read without a lock: the swap is one assignment on the event loop.
    """

    def __init__(
        self,
        directory: Path,
        book: Rulebook,
        *,
        on_change: Callable[[Rulebook, WatchState], None] | None = None,
        debounce_ms: int = 300,
        look_again_ms: int = 5_000,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._directory = directory
        self._book = book
        self._clock = clock
        self._since = clock()
        self._state = _state(book.reading)
        self._on_change = on_change
        self._debounce_ms = debounce_ms
        self._look_again_ms = look_again_ms
        self._reloading = asyncio.Lock()
        self._stop = asyncio.Event()

    @property
    def current(self) -> Rulebook:
        return self._book

    @property
    def state(self) -> WatchState:
        return self._state

    @property
    def since(self) -> datetime:
        """Since when this process serves what the book says."""
        return self._since

    async def run(self) -> None:
        """Follow the files until `stop`.

        Besides the system's notices the directory is looked at every few seconds: network mounts
        and some container volumes give no notice.
        """
        async for _ in self._occasions():
            await self.reload()

    async def reload(self) -> Rulebook:
        """Read the files if they changed; the book that serves afterwards, new or not."""
        async with self._reloading:
            if await asyncio.to_thread(self._changed):
                reading = await asyncio.to_thread(
                    read_directory, self._directory, before=self._book.reading
                )
                await self._take(reading)
            return self._book

    def _changed(self) -> bool:
        # Asked every few seconds: hashing the files is cheap, understanding them is not.
        try:
            return digest(dict(received(self._directory))) != self._state.received
        except OSError:
            return True

    def stop(self) -> None:
        """Let `run` return."""
        self._stop.set()

    def _occasions(self) -> AsyncIterator[object]:
        return awatch(
            self._directory,
            watch_filter=None,  # a mounted ConfigMap changes by a link that has no rule file's name
            debounce=self._debounce_ms,
            rust_timeout=self._look_again_ms,
            yield_on_timeout=True,
            stop_event=self._stop,
        )

    async def _take(self, reading: Reading) -> None:
        try:
            book = await asyncio.to_thread(build_rulebook, reading, last_good=self._book)
        except Exception as error:  # noqa: BLE001 - whatever is wrong, the last good book serves on
            fault = Fault(str(self._directory), 0, f"no book could be built: {error!r}")
            reading = replace(reading, faults=(*reading.faults, fault))
            book = self._book
        self._swap(book, reading)

    def _swap(self, book: Rulebook, reading: Reading) -> None:
        before, state = self._state, _state(reading)
        if state == replace(before, reloads=0, failures=0):
            return
        if book.hash != self._book.hash:
            self._since = self._clock()
        self._state = replace(
            state,
            reloads=before.reloads + (book.hash != self._book.hash),
            failures=before.failures + bool(reading.faults),
        )
        self._book = book
        if self._on_change is not None:
            self._on_change(book, self._state)


def _state(reading: Reading) -> WatchState:
    return WatchState(
        received=digest(dict(reading.received)),
        applied=digest(dict(reading.applied)),
        faults=reading.faults,
    )
