"""An export on its way to whoever asked for it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from moderator.domain.access import Actor
from moderator.errors import LedgerError, NotFound
from moderator.exporting.table import Format
from moderator.ledger.desk.export_files import pieces
from moderator.ledger.desk.exports import Export, Exports
from moderator.ledger.desk.progress import Course, Progress
from moderator.ledger.desk.selections import Selection
from moderator.web.problems import Refusal

AT_ONCE: Final = 2  # exports of one process; each holds a connection and a snapshot
STALLED: Final = 60.0  # seconds in which nothing of an export was taken

_BODY: Final = {"type": "http.response.body"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloads:
    """Hands exports out, a few at a time."""

    exports: Exports
    progress: Progress
    clock: Callable[[], datetime]
    patience: float = STALLED
    slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def of(
        self,
        selection: Selection,
        format_: Format,
        actor: Actor,
        zone: ZoneInfo,
        watch: str = "",
    ) -> "Download":
        """`watch` is a name by which the same actor may ask `course` how far it is."""
        return Download(self, selection, format_, actor, zone, watch)

    async def course(self, watch: str, actor: Actor) -> Course:
        """How far an export of theirs is.  Raises `NotFound` once it has ended."""
        course = await self.progress.of(work_of(watch, actor.name))
        if course is None or not course.under_way(self.clock()):
            raise NotFound(f"export watched as {watch}")
        return course


class Download(Response):
    """Streams one export; the connection breaks off where the export does.

    Whoever goes away, or takes nothing for `patience`, has an aborted export in the audit log.
    Raises `Refusal` 429 while others are under way.
    """

    def __init__(
        self,
        downloads: Downloads,
        selection: Selection,
        format_: Format,
        actor: Actor,
        zone: ZoneInfo,
        watch: str = "",
    ) -> None:
        self.status_code = HTTPStatus.OK
        self.background = None
        self._from = downloads
        self._selection = selection
        self._format = format_
        self._by = actor.name
        self._zone = zone
        self._watch = watch
        self._at = downloads.clock()
        self.init_headers(
            {
                "content-type": format_.media_type,
                "content-disposition": f'attachment; filename="{self._name()}"',
            }
        )

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        if self._from.slots.locked():
            raise Refusal(
                HTTPStatus.TOO_MANY_REQUESTS,
                "busy",
                f"{AT_ONCE} exports are under way; try again when one of them is done.",
                headers={"Retry-After": "30"},
            )
        async with self._from.slots:
            await self._watched(receive, send)

    async def _watched(self, receive: Receive, send: Send) -> None:
        sending = asyncio.create_task(self._send(send))
        gone = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def _send(self, send: Send) -> None:
        begun = False
        beginning = self._from.exports.begin(self._selection, self._format, by=self._by)
        async with (
            beginning as export,
            self._told(export),
            aclosing(pieces(export, self._zone, self._at)) as made,
        ):
            async for piece in made:
                if not begun:
                    await self._hand(send, self._start(export))
                    begun = True
                await self._hand(send, {**_BODY, "body": piece, "more_body": True})
        # The log has its end: only now is the file whole for whoever receives it.
        await self._hand(send, {**_BODY, "body": b"", "more_body": False})

    @asynccontextmanager
    async def _told(self, export: Export) -> AsyncIterator[None]:
        """Reports how many rows are written to whoever watches."""
        progress, course = self._from.progress, None
        if self._watch:
            total = await self._from.exports.total(self._selection)
            work = work_of(self._watch, self._by)
            course = await progress.begin(work, by=self._by, total=total)
        if course is None:
            yield
            return
        try:
            async with progress.telling(course, lambda: export.tally.rows):
                yield
        finally:
            with suppress(LedgerError):  # then it is soon given up for lost
                await progress.end(course)

    async def _hand(self, send: Send, event: Message) -> None:
        async with asyncio.timeout(self._from.patience):
            await send(event)

    def _start(self, export: Export) -> Message:
        known = [(b"x-export-id", export.id.encode())]
        if self._format is Format.XLSX:  # the others are not counted before they are sent
            known.append((b"x-export-rows", str(export.tally.rows).encode()))
            known.append((b"x-export-sha256", export.tally.hash.encode()))
        return {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": [*self.raw_headers, *known],
        }

    def _name(self) -> str:
        return f"{self._selection.subject}-{self._at:%Y%m%dT%H%M%SZ}.{self._format}"


def work_of(watch: str, by: str) -> str:
    return f"export/{by}/{watch}"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
