"""An ASGI app on a real port, served by the real uvicorn."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp


@asynccontextmanager
async def serving(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `app` inside this event loop and yield its URL; port 0 takes a free one.

    Signals stay with the caller.  Raises `OSError` for a port in use and `RuntimeError` when the
    app's lifespan does not start.
    """
    listener = _listen(host, port)
    server = _server(app)
    try:
        await server.startup(sockets=[listener])
    except SystemExit as exit_:  # uvicorn leaves the process where an app does not start
        listener.close()
        raise RuntimeError("the app did not start") from exit_
    running = asyncio.create_task(server.main_loop())
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        await server.shutdown(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the protocol is named; without it, Nagle's algorithm and
    # delayed acknowledgements cost 40 ms a request.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    listener.listen()
    return listener


def _server(app: ASGIApp) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=5,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    return server
