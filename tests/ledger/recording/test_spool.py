"""The spool: on the disk when it says so, bounded, and nothing left behind."""

import asyncio
import sys
from pathlib import Path

import pytest

from moderator.errors import SpoolUnavailable
from moderator.ledger.recording.spool import Kept, Kind, Spool

_WRITER = """
import asyncio, sys
from pathlib import Path
from moderator.ledger.recording.spool import Kept, Kind, Spool

async def write():
    spool = Spool(Path(sys.argv[1]), limit=64 * 1024 * 1024)
    async def one(number):
        while True:
            key = str(number)
            row = Kept(kind=Kind.VIOLATION, key=key, key_id="k", sealed=b"x" * 900)
            await spool.keep(row)
            print(number, flush=True)
            number += 100
    await asyncio.gather(*map(one, range(100)))

asyncio.run(write())
"""


def content_of(folder: Path) -> bytes:
    return b"".join(part.read_bytes() for part in folder.iterdir())


async def fill(spool: Spool) -> None:
    for number in range(1000):
        await spool.keep(row(str(number), bytes(4000)))


def row(key: str, sealed: bytes = b"sealed") -> Kept:
    return Kept(kind=Kind.VIOLATION, key=key, key_id="k", sealed=sealed)


async def test_rows_come_back_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    """Also after a restart, and each key once."""
    spool = Spool(tmp_path / "s.sqlite", limit=1024 * 1024)
    for key in ("b", "a", "c", "a"):
        await spool.keep(row(key))
    await spool.close()

    again = Spool(tmp_path / "s.sqlite", limit=1024 * 1024)
    assert [one.key for one in await again.oldest()] == ["b", "a", "c"]
    await again.close()


async def test_what_was_dropped_leaves_no_trace(tmp_path: Path) -> None:
    """A deleted row is overwritten, not only forgotten."""
    spool = Spool(tmp_path / "s.sqlite", limit=1024 * 1024)
    await spool.keep(row("a", b"find me if you can"))
    await spool.drop([one.id for one in await spool.oldest()])
    await spool.close()

    assert b"find me" not in content_of(tmp_path)


async def test_a_full_spool_says_so_and_takes_more_when_it_was_emptied(tmp_path: Path) -> None:
    """Bounded: a full disk would take the whole machine down."""
    spool = Spool(tmp_path / "s.sqlite", limit=256 * 1024)
    with pytest.raises(SpoolUnavailable, match="full"):
        await fill(spool)
    filling = await spool.filling()
    assert filling.used <= filling.limit == 256 * 1024

    await spool.drop([one.id for one in await spool.oldest()])
    await spool.keep(row("after"))
    await spool.close()


async def test_a_spool_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A folder that cannot be made is no reason to answer 200."""
    (tmp_path / "file").touch()
    spool = Spool(tmp_path / "file" / "s.sqlite", limit=1024 * 1024)

    with pytest.raises(SpoolUnavailable):
        await spool.keep(row("a"))
    await spool.close()


async def test_a_row_that_is_set_aside_holds_up_no_other(tmp_path: Path) -> None:
    """It stays, is counted apart, and waits again after `try_again`."""
    spool = Spool(tmp_path / "s.sqlite", limit=1024 * 1024)
    await spool.keep(row("poison"))
    await spool.keep(row("good"))
    (first, _) = await spool.oldest()
    await spool.refuse(first.id)

    assert [one.key for one in await spool.oldest()] == ["good"]
    filling = await spool.filling()
    assert (filling.waiting, filling.refused) == (1, 1)
    await spool.try_again()
    assert [one.key for one in await spool.oldest()] == ["poison", "good"]
    await spool.close()


async def test_only_one_process_empties_it(tmp_path: Path) -> None:
    """Two at once would decide messages of one person in any order."""
    first = Spool(tmp_path / "s.sqlite", limit=1024 * 1024)
    second = Spool(tmp_path / "s.sqlite", limit=1024 * 1024)

    with first.alone() as one, second.alone() as other:
        assert (one, other) == (True, False)
    with second.alone() as other:
        assert other
    await first.close()
    await second.close()


async def test_a_spool_nobody_needed_makes_no_file(tmp_path: Path) -> None:
    """Looking into it costs nothing on a machine whose PostgreSQL is well."""
    spool = Spool(tmp_path / "folder" / "s.sqlite", limit=1024 * 1024)

    assert await spool.oldest() == []
    assert (await spool.filling()).waiting == 0
    await spool.try_again()
    assert not (tmp_path / "folder").exists()
    await spool.close()


@pytest.mark.parametrize("acknowledged", [1, 37, 500, 2000])
async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, acknowledged: int) -> None:
    """Killed while a hundred write at once: each row that was acknowledged is there, whole."""
    path = tmp_path / "s.sqlite"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    said = [(await process.stdout.readline()).decode().strip() for _ in range(acknowledged)]
    process.kill()
    said += (await process.stdout.read()).decode().split("\n")[:-1]
    await process.wait()

    spool = Spool(path, limit=64 * 1024 * 1024)
    kept = {one.key: one.sealed for one in await spool.oldest(1_000_000)}
    await spool.close()
    assert set(said) - {""} <= set(kept)
    assert set(kept.values()) == {b"x" * 900}


async def test_what_is_left_in_the_spool_of_another_database_is_told(tmp_path: Path) -> None:
    """After a move to another server nobody would look into the old one's; it stays as it is."""
    own, old, empty = (Spool(tmp_path / f"{name}.sqlite", limit=2**20) for name in "abc")
    for spool in (own, old, empty):
        await spool.keep(row("1"))
    await empty.drop([one.id for one in await empty.oldest()])
    await old.keep(row("2"))
    await old.close()
    (tmp_path / "not.sqlite").write_text("a spool", "utf-8")

    assert await own.others() == {tmp_path / "b.sqlite": 2}
    await own.close()
    await empty.close()


async def test_a_folder_that_is_not_there_has_no_other_spools(tmp_path: Path) -> None:
    """The first row makes it."""
    spool = Spool(tmp_path / "folder" / "s.sqlite", limit=2**20)

    assert await spool.others() == {}
    await spool.close()
