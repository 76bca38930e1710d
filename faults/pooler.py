"""A pooler between service and server, as PgBouncer is in transaction mode.

Each transaction gets whichever connection to the server is free.  What a client has prepared, set
or listens to stays with the connection on which it did so, and may meet another client there.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SOCKET: Final = ".s.PGSQL.5432"
_CHOICE: Final = 3  # connections that are free whenever one is taken
_TERMINATE: Final = b"X"
_IDLE: Final = b"I"  # of ReadyForQuery: no transaction is open
_CANCEL: Final = 80877102  # instead of a protocol version


@dataclass(frozen=True, slots=True)
class _Backend:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: bytes


class Pooler:
    """Listens in `folder` for what is meant for the server's socket in `target`."""

    def __init__(self, target: Path, folder: Path, *, chance: random.Random) -> None:
        self._target = target / _SOCKET
        self._folder = folder
        self._chance = chance
        self._server: asyncio.Server | None = None
        self.transactions = 0
        self._startup = b""
        self._free: list[_Backend] = []
        self._passing: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._server = await asyncio.start_unix_server(self._accept, self._folder / _SOCKET)

    async def close(self) -> None:
        """Hang up on everybody."""
        if self._server:
            self._server.close()
        for passing in self._passing:
            passing.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)
        for backend in self._free:
            backend.writer.close()

    def to(self, dsn: str) -> str:
        """The same address, but through the pooler."""
        return dsn.replace(str(self._target.parent), str(self._folder))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = asyncio.ensure_future(self._pass(reader, writer))
        self._passing.add(passing)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await passing
        finally:
            self._passing.discard(passing)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._startup = await _sized(reader)  # all clients here want the same
        if int.from_bytes(self._startup[4:8]) == _CANCEL:
            return
        greeted = await self._connected()
        self._free.append(greeted)
        writer.write(greeted.greeting)
        reading = asyncio.create_task(_message(reader))
        while (message := await reading)[:1] != _TERMINATE:
            reading = await self._transact(message, reader, writer)

    async def _transact(
        self, message: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> asyncio.Task[bytes]:
        """Stay with one connection until no transaction is open; what will be said after it."""
        backend = await self._taken()
        answering = asyncio.create_task(_answer(backend, writer))
        try:
            while message[:1] != _TERMINATE:
                backend.writer.write(message)
                reading = asyncio.create_task(_message(reader))
                await asyncio.wait({reading, answering}, return_when=asyncio.FIRST_COMPLETED)
                if answering.done():
                    self.transactions += 1
                    self._free.append(backend)
                    return reading
                message = await reading
            raise ConnectionResetError("hung up in the middle of a transaction")
        finally:
            if not answering.done():
                answering.cancel()
                backend.writer.close()

    async def _taken(self) -> _Backend:
        """Any free connection, once there are some to choose from."""
        while len(self._free) < _CHOICE:
            self._free.append(await self._connected())
        return self._free.pop(self._chance.randrange(len(self._free)))

    async def _connected(self) -> _Backend:
        reader, writer = await asyncio.open_unix_connection(self._target)
        writer.write(self._startup)
        return _Backend(reader, writer, await _greeting(reader))


async def _answer(backend: _Backend, writer: asyncio.StreamWriter) -> None:
    """Hand answers on until one says that no transaction is open any more."""
    message = b""
    while message[:1] != b"Z" or message[-1:] != _IDLE:
        message = await _message(backend.reader)
        writer.write(message)
    await writer.drain()


async def _greeting(reader: asyncio.StreamReader) -> bytes:
    """What the server says first, with the key of a process that there is not."""
    said = b""
    while (message := await _message(reader))[:1] != b"Z":
        said += b"K" + (12).to_bytes(4) + bytes(8) if message[:1] == b"K" else message
    return said + message


async def _message(reader: asyncio.StreamReader) -> bytes:
    kind = await reader.readexactly(1)
    return kind + await _sized(reader)


async def _sized(reader: asyncio.StreamReader) -> bytes:
    length = await reader.readexactly(4)
    return length + await reader.readexactly(int.from_bytes(length) - 4)
