"""The sockets on which the service listens, and what may be asked through each."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import structlog
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from moderator.cli.certificates import Certificates
from moderator.cli.direct import Answers, DirectCallbacks
from moderator.cli.slow_senders import BoundedHead, SlowSenders
from moderator.intake.callback import PATH as CALLBACK_PATH
from moderator.intake.callback import CallbackEndpoint
from moderator.settings import ServerSettings
from moderator.web.front import Moderator
from moderator.web.headers import SecurityHeaders

_BACKLOG: Final = 2048
_DRAIN_SECONDS: Final = 10  # WeCom has hung up after five
_TICKS_BETWEEN_LOOKS: Final = 10  # uvicorn's ticks have a tenth of a second


class Doors(NamedTuple):
    """`public` is the one that WeCom knows; the API, the console and metrics may have their own."""

    public: socket.socket
    internal: socket.socket | None = None

    @classmethod
    def open(cls, server: ServerSettings) -> "Doors":
        """Raises `OSError` for an address or port that cannot be had."""
        public = _listening(server.host, server.port)
        if server.internal_port is None:
            return cls(public)
        return cls(public, _listening(server.internal_host, server.internal_port))

    @classmethod
    def inherited(cls, descriptors: str) -> "Doors":
        """The sockets that another process of ours has opened, by their descriptors (`5,6`)."""
        return cls(*(socket.socket(fileno=int(number)) for number in descriptors.split(",")))

    @property
    def descriptors(self) -> list[int]:
        return [door.fileno() for door in self if door is not None]


class _Server(uvicorn.Server):
    """Tells where it listens, which uvicorn does not where the socket was opened for it.

    And cuts off slow senders and takes renewed certificates, which uvicorn does not either.
    `ending` has something in it once somebody has asked this process to end.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        slow: SlowSenders | None = None,
        ending: Sequence[object] = (),
    ) -> None:
        super().__init__(config)
        self._slow = slow or SlowSenders()
        self._ending = ending
        self._certificates = _certificates(config)

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_BETWEEN_LOOKS == 0:
            self._slow.cut_off(self.server_state.connections, time.monotonic())
            if self._certificates and self.config.ssl:
                self._certificates.renew(self.config.ssl)
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        scheme = "https" if self.config.is_ssl else "http"
        for door in sockets or ():
            host, port = door.getsockname()[:2]
            structlog.get_logger("moderator.serve").info(f"running on {scheme}://{host}:{port}")
        self.should_exit = self.should_exit or bool(self._ending)


class PublicDoor:
    """Lets callbacks and the question for life through, and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._closed = SecurityHeaders(PlainTextResponse("Not Found", 404))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_public(scope["path"]):
            await self._app(scope, receive, send)
        else:
            await self._closed(scope, receive, send)


async def serve_at(
    doors: Doors,
    app: ASGIApp,
    server: ServerSettings,
    ending: Sequence[object] = (),
    slow: SlowSenders | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; what was begun is finished first.

    It ends at once where something stands in `ending` by the time that it listens.
    """
    if doors.internal is None:
        await _Server(uvicorn_config(server, app), slow, ending).serve(sockets=[doors.public])
        return
    async with _beside(uvicorn_config(server, app, lifespan="off"), doors.internal):
        outer = uvicorn_config(server, app, public=True)
        await _Server(outer, slow, ending).serve(sockets=[doors.public])


def uvicorn_config(
    server: ServerSettings,
    app: ASGIApp | str = "",
    *,
    public: bool = False,
    lifespan: str = "auto",
) -> uvicorn.Config:
    """How uvicorn runs the service; the wide events replace its access log.

    `public` is for a door at which only WeCom is answered.
    """
    return uvicorn.Config(
        app=PublicDoor(app) if public and not isinstance(app, str) else app,
        http=_protocol_of(app),  # type: ignore[arg-type]
        access_log=False,
        log_config=None,
        server_header=False,
        ws="none",
        lifespan=lifespan,  # type: ignore[arg-type]
        ssl_certfile=server.certificate,
        ssl_keyfile=server.private_key,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )


def _certificates(config: uvicorn.Config) -> Certificates | None:
    if config.ssl_certfile is None:
        return None
    key = Path(config.ssl_keyfile) if config.ssl_keyfile else None
    return Certificates(Path(config.ssl_certfile), key)


def _protocol_of(app: ASGIApp | str) -> Callable[..., BoundedHead]:
    if isinstance(app, Moderator) and isinstance(app.callbacks, CallbackEndpoint):
        return partial(DirectCallbacks, app.callbacks, Answers())
    return BoundedHead


@asynccontextmanager
async def _beside(config: uvicorn.Config, door: socket.socket) -> AsyncIterator[None]:
    """A second server in the same loop; signals stay with the first."""
    config.load()
    server = _Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[door])
    running = asyncio.create_task(server.main_loop())
    try:
        yield
    finally:
        server.should_exit = True
        await running
        await server.shutdown(sockets=[door])


def _is_public(path: str) -> bool:
    return path.startswith(CALLBACK_PATH) or path == "/livez"


def _listening(host: str, port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named; without it answers wait 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen(_BACKLOG)
    listener.set_inheritable(True)
    return listener
