"""Batches: nobody waits for a clock, and everybody gets their own answer."""

import asyncio
from collections.abc import Iterator, Sequence

import pytest

from moderator.ledger.database.batching import Batches


class Desk:
    """Writes batches down; `hold` keeps a write from ending, `began` tells of the first."""

    def __init__(self) -> None:
        self.written: list[list[int]] = []
        self.began = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()

    async def write(self, items: Sequence[int]) -> list[int | Exception]:
        self.written.append(list(items))
        self.began.set()
        await self.hold.wait()
        return [ZeroDivisionError() if item < 0 else item * 2 for item in items]


async def gathered(batches: Batches[int, int], *items: int) -> list[int | BaseException]:
    return await asyncio.gather(*(batches.submit(item) for item in items), return_exceptions=True)


async def test_a_single_item_is_written_at_once() -> None:
    """In quiet times nothing is gained by waiting."""
    desk = Desk()

    assert await Batches(desk.write, most=10).submit(4) == 8
    assert desk.written == [[4]]


async def test_those_who_come_during_a_write_share_the_next() -> None:
    """In order, and never more than `most` at once."""
    desk = Desk()
    batches = Batches(desk.write, most=3)
    desk.hold.clear()
    first = asyncio.create_task(batches.submit(0))
    await desk.began.wait()
    others = asyncio.create_task(gathered(batches, 1, 2, 3, 4))
    await asyncio.sleep(0)
    desk.hold.set()

    assert await first == 0
    assert await others == [2, 4, 6, 8]
    assert desk.written == [[0], [1, 2, 3], [4]]


async def test_a_refused_item_spoils_no_other() -> None:
    """An exception in an item's place is raised to whoever brought it."""
    good, bad = await gathered(Batches(Desk().write, most=10), 1, -1)

    assert good == 2
    assert isinstance(bad, ZeroDivisionError)


async def test_a_write_that_breaks_is_told_to_all_and_the_next_goes_on() -> None:
    """One broken batch must not leave anybody waiting for ever."""
    answers: Iterator[OSError | list[int]] = iter([OSError("disk"), [7]])

    async def write(_: Sequence[int]) -> list[int]:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    batches = Batches(write, most=10)
    with pytest.raises(OSError, match="disk"):
        await batches.submit(1)
    assert await batches.submit(2) == 7


async def test_whoever_hangs_up_takes_nobody_along() -> None:
    """The item of a caller who was cancelled is written, and so are the others."""
    desk = Desk()
    batches = Batches(desk.write, most=10)
    desk.hold.clear()
    gone = asyncio.create_task(batches.submit(1))
    await desk.began.wait()
    stays = asyncio.create_task(batches.submit(2))
    gone.cancel()
    desk.hold.set()

    assert await stays == 4
    assert desk.written == [[1], [2]]


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    """Whoever gave up while others were being written has done something else about it."""
    desk = Desk()
    batches = Batches(desk.write, most=10)
    desk.hold.clear()
    first = asyncio.create_task(batches.submit(1))
    await desk.began.wait()
    gone = asyncio.create_task(batches.submit(2))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.sleep(0)
    desk.hold.set()

    assert await first == 2
    assert await batches.submit(3) == 6
    assert desk.written == [[1], [3]]
