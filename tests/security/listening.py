"""The real server with the real protocol on a port, and deliveries as WeCom writes them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import uvicorn

from moderator.cli.listening import Doors, _Server, uvicorn_config
from moderator.cli.slow_senders import SlowSenders
from moderator.rehearsal import callbacks
from moderator.rehearsal.invention import MODERATION_APP
from moderator.settings import ServerSettings, Settings
from moderator.wecom.envelope import Envelope, SealedCallback

PATH = f"/wecom/callback/{MODERATION_APP}"


@asynccontextmanager
async def listening(app: Any, slow: SlowSenders) -> AsyncIterator[int]:
    """The port of a server."""
    async with serving(app, slow) as (port, _):
        yield port


@asynccontextmanager
async def serving(
    app: Any, slow: SlowSenders | None = None, *, keep_alive: float | None = None
) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """The port and the server, which is asked to look around all the time."""
    door = Doors.open(ServerSettings(host="127.0.0.1", port=0)).public
    config = uvicorn_config(ServerSettings(), app, lifespan="off")
    config.load()
    if keep_alive is not None:
        config.timeout_keep_alive = keep_alive  # type: ignore[assignment]
    server: uvicorn.Server = _Server(config, slow)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[door])
    looking = asyncio.create_task(_look_always(server))
    try:
        yield door.getsockname()[1], server
    finally:
        looking.cancel()
        server.should_exit = True
        await server.shutdown(sockets=[door])


async def _look_always(server: uvicorn.Server) -> None:
    while True:
        await server.on_tick(0)
        await asyncio.sleep(0.01)


def sealed(settings: Settings, content: str, *, number: int = 1) -> tuple[str, SealedCallback]:
    """The address and the callback of a text message to the moderation app."""
    app = settings.wecom.apps[MODERATION_APP]
    envelope = Envelope(
        token=app.token.get_secret_value(),
        encoding_aes_key=app.encoding_aes_key.get_secret_value(),
        receive_id=settings.wecom.corp_id,
    )
    head = callbacks.Head(
        corp=settings.wecom.corp_id, sender="ZhangSan", at=1_790_000_000, agent_id=app.agent_id
    )
    plain = callbacks.text(head, number, content)
    callback = envelope.seal(plain, timestamp="1790000000", nonce="1")
    query = {"msg_signature": callback.signature, "timestamp": "1790000000", "nonce": "1"}
    return f"{PATH}?{urlencode(query)}", callback
