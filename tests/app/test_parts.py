"""What follows from the settings alone."""

from pathlib import Path

import pytest

from moderator.app import spool_of
from moderator.ledger.recording.spool import Kept, Kind
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import build_settings

URL = "postgresql+asyncpg://{}@db.internal:5432/moderator?ssl=require"
ROW = Kept(kind=Kind.VIOLATION, key="1", key_id="k", sealed=b"sealed")


@pytest.mark.parametrize(
    ("url", "waiting"),
    [
        (URL.format("moderator:new"), 1),
        (URL.format("another:old"), 1),
        (URL.format("moderator:old").replace("/moderator?", "/another?"), 0),
        (URL.format("moderator:old").replace("db.", "db2."), 0),
    ],
    ids=["another password", "another role", "another database", "another server"],
)
async def test_the_spool_is_that_of_a_database_whoever_asks_it(
    tmp_path: Path, url: str, waiting: int
) -> None:
    """A password that is changed during an outage must not hide what waits for its end."""

    world = invent_world()

    def settings(address: str) -> dict[str, object]:
        values = settings_of(world, api_url="http://127.0.0.1:1", database_url=address)
        return values | {"spool": {"directory": str(tmp_path)}}

    spool = spool_of(build_settings(settings(URL.format("moderator:old"))))
    await spool.keep(ROW)
    await spool.close()

    found = spool_of(build_settings(settings(url)))
    assert len(await found.oldest()) == waiting
    assert len(await found.others()) == 1 - waiting
    await found.close()
