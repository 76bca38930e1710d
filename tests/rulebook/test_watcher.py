"""A book that follows its files."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from moderator.rulebook import watcher as watching
from moderator.rulebook.book import Rulebook
from moderator.rulebook.loader import load_rulebook
from moderator.rulebook.watcher import RulebookWatcher, WatchState

Write = Callable[..., Path]

PACK = """
category: gambling
description: 赌博
rules:
  - {id: one, description: x, words: [六合彩], examples: [六合彩]}
"""
CHANGED = PACK.replace("六合彩", "七合彩")


def hits(watcher: RulebookWatcher, text: str) -> list[str]:
    return [hit.rule for hit in watcher.current.screen.screen(text)]


def watcher_of(directory: Path) -> RulebookWatcher:
    return RulebookWatcher(directory, load_rulebook(directory))


async def test_a_reload_serves_what_the_files_say_now(write: Write) -> None:
    """The new book takes the place of the old one as a whole."""
    watcher = watcher_of(write(a=PACK))
    before = watcher.current

    write(a=CHANGED)
    book = await watcher.reload()

    assert book is watcher.current is not before
    assert hits(watcher, "七合彩六合彩") == ["one"]
    assert (watcher.state.reloads, watcher.state.failures) == (1, 0)


async def test_an_unchanged_directory_leaves_the_book_alone(write: Write) -> None:
    """Looking again costs nothing and counts nothing."""
    watcher = watcher_of(write(a=PACK))
    before = watcher.current

    await watcher.reload()

    assert watcher.current is before
    assert (watcher.state.reloads, watcher.state.failures) == (0, 0)


async def test_it_tells_since_when_a_book_serves(write: Write) -> None:
    """From when it was taken into use; a reading that changes nothing does not make it younger."""
    directory, now = write(a=PACK), datetime(2026, 3, 2, 9, tzinfo=UTC)
    times = [now + timedelta(hours=hours) for hours in (2, 0)]
    watcher = RulebookWatcher(directory, load_rulebook(directory), clock=times.pop)

    await watcher.reload()
    assert watcher.since == now

    write(a=CHANGED)
    await watcher.reload()
    assert watcher.since == now + timedelta(hours=2)


@pytest.mark.parametrize("file", [PACK, "rules: ["])
async def test_files_that_did_not_change_are_not_read_again(
    write: Write, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """The directory is looked at every few seconds; broken files are no reason to hurry."""
    watcher = watcher_of(write(a=PACK))
    write(a=file)
    await watcher.reload()

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the files were read")

    monkeypatch.setattr(watching, "read_directory", refuse)

    await watcher.reload()

    assert hits(watcher, "六合彩") == ["one"]


async def test_a_broken_file_is_shown_and_counted_and_stops_nothing(write: Write) -> None:
    """Its last good rules serve, the other files follow their changes."""
    watcher = watcher_of(write(a=PACK, b=PACK.replace("one", "two").replace("六合彩", "时时彩")))
    write(a="rules: [", b=PACK.replace("one", "two").replace("六合彩", "双色球"))

    await watcher.reload()

    assert hits(watcher, "六合彩") == ["one"]
    assert hits(watcher, "双色球") == ["two"]
    assert [Path(fault.file).name for fault in watcher.state.faults] == ["a.yaml"]
    assert watcher.state.failures == 1
    assert watcher.state.received != watcher.state.applied


async def test_a_mended_file_serves_again(write: Write) -> None:
    """Received and applied agree once nothing is broken."""
    watcher = watcher_of(write(a=PACK))
    write(a="rules: [")
    await watcher.reload()
    write(a=CHANGED)

    await watcher.reload()

    assert hits(watcher, "七合彩") == ["one"]
    assert watcher.state.faults == ()
    assert watcher.state.received == watcher.state.applied


async def test_whoever_asked_is_told_of_each_change(write: Write) -> None:
    """Metrics follow the book without asking for it."""
    told: list[tuple[Rulebook, WatchState]] = []
    directory = write(a=PACK)
    watcher = RulebookWatcher(
        directory,
        load_rulebook(directory),
        on_change=lambda book, state: told.append((book, state)),
    )
    write(a=CHANGED)
    await watcher.reload()
    await watcher.reload()

    assert told == [(watcher.current, watcher.state)]


@pytest.mark.parametrize("step", ["read_directory", "build_rulebook"])
async def test_files_are_read_and_books_built_off_the_event_loop(
    write: Write, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A large book must not hold up the answers to callbacks."""
    threads: list[threading.Thread] = []
    real = getattr(watching, step)

    def noted(*arguments: Any, **options: Any) -> Any:
        threads.append(threading.current_thread())
        return real(*arguments, **options)

    watcher = watcher_of(write(a=PACK))
    monkeypatch.setattr(watching, step, noted)
    write(a=CHANGED)
    await watcher.reload()

    assert threads
    assert threading.main_thread() not in threads


@asynccontextmanager
async def running(watcher: RulebookWatcher) -> AsyncIterator[None]:
    task = asyncio.create_task(watcher.run())
    yield
    watcher.stop()
    await asyncio.wait_for(task, 5)


async def changed_book(changes: "asyncio.Queue[Rulebook]") -> Rulebook:
    return await asyncio.wait_for(changes.get(), 10)


async def test_a_change_on_disk_serves_within_seconds(write: Write) -> None:
    """Editing a file is all that is needed; stopping ends the watch."""
    directory = write(a=PACK)
    changes: asyncio.Queue[Rulebook] = asyncio.Queue()
    watcher = RulebookWatcher(
        directory,
        load_rulebook(directory),
        on_change=lambda book, _: changes.put_nowait(book),
        debounce_ms=20,
        look_again_ms=200,
    )

    async with running(watcher):
        write(a=CHANGED)
        book = await changed_book(changes)

    assert book is watcher.current
    assert hits(watcher, "七合彩") == ["one"]


async def test_a_change_without_a_notice_is_found_too(write: Write, tmp_path: Path) -> None:
    """Where rules are links to another place (a mounted ConfigMap), no notice comes."""
    elsewhere = tmp_path / "elsewhere.txt"
    elsewhere.write_text(PACK, "utf-8")
    directory = tmp_path / "rules"
    directory.mkdir()
    (directory / "a.yaml").symlink_to(elsewhere)
    (write() / "policy.yaml").rename(directory / "policy.yaml")
    changes: asyncio.Queue[Rulebook] = asyncio.Queue()
    watcher = RulebookWatcher(
        directory,
        load_rulebook(directory),
        on_change=lambda book, _: changes.put_nowait(book),
        look_again_ms=50,
    )

    async with running(watcher):
        elsewhere.write_text(CHANGED, "utf-8")
        await changed_book(changes)

    assert hits(watcher, "七合彩") == ["one"]


async def test_a_directory_that_vanishes_does_not_end_the_service(write: Write) -> None:
    """The book serves on and the fault is shown."""
    directory = write(a=PACK)
    watcher = watcher_of(directory)
    for path in directory.iterdir():
        path.unlink()
    directory.rmdir()

    for _ in range(3):
        await watcher.reload()

    assert hits(watcher, "六合彩") == ["one"]
    assert [fault.file for fault in watcher.state.faults] == [str(directory)]
    assert watcher.state.failures == 1
