"""Waiting for a notice of PostgreSQL."""

import asyncio

from moderator.ledger.database.engine import Engine
from moderator.ledger.database.listening import Listener
from moderator.ledger.recording.inserting import CHANNEL


async def test_whoever_listens_can_always_be_stopped(database: Engine) -> None:
    """Also when something is notified at the very moment; it may not be lost that it was."""
    listener = Listener(database, CHANNEL)
    await listener.wait(0)  # connects

    async def listen() -> None:
        while True:
            await listener.wait(60)

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    listener._heard.set()
    await asyncio.sleep(0)
    listening.cancel()
    await asyncio.wait({listening}, timeout=5)

    stopped = listening.cancelled()
    listening.cancel()
    await listener.close()
    assert stopped
