"""Callbacks answered as they are parsed, without an ASGI cycle, a task and a scope for each.

What goes this way is what WeCom sends: one POST after the other, of known and moderate length.
Anything else takes uvicorn's way, where the same endpoint answers.
"""

import asyncio
import re
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from moderator.cli.slow_senders import BoundedHead
from moderator.intake.callback import PATH, CallbackEndpoint, without_words

_ADDRESS: Final = re.compile(re.escape(PATH).encode() + rb"([0-9A-Za-z_.-]+)\?([!-\"$-~]*)")
_MOST_BYTES: Final = 64 * 1024  # of a body; longer ones are bounded in their number, too
_NOT_PLAIN: Final = frozenset({b"expect", b"transfer-encoding", b"upgrade"})

Header = tuple[bytes, bytes]


class Answers:
    """The answers that are nothing but a status, as they go over the wire, made once a second."""

    def __init__(self) -> None:
        self._headers: Sequence[Header] = ()
        self._made: dict[HTTPStatus, bytes] = {}

    def of(self, status: HTTPStatus, headers: Sequence[Header]) -> bytes:
        """`headers` are uvicorn's own, which it replaces when the date changes."""
        if headers is not self._headers:
            self._headers, self._made = headers, {}
        made = self._made.get(status)
        if made is None:
            made = self._made[status] = _written(status, headers)
        return made


@dataclass(slots=True)
class Waiting:
    """Stands where uvicorn looks for its cycle, while what was found is not safe yet.

    Who sends on is queued behind it, and who hangs up or shuts down is heard, as with uvicorn's.
    """

    response_complete: bool = False
    disconnected: bool = False
    keep_alive: bool = True
    more_body: bool = False
    message_event: asyncio.Event = field(default_factory=asyncio.Event)


class DirectCallbacks(BoundedHead):
    """Asks the endpoint as soon as a delivery is whole.

    The first request of each read goes this way, so that nobody keeps the others waiting by
    sending thousands at once.
    """

    def __init__(self, callbacks: CallbackEndpoint, answers: Answers, **parts: Any) -> None:
        """`parts` as uvicorn hands them to its protocols."""
        super().__init__(**parts)
        self._callbacks = callbacks
        self._answers = answers
        self._first = False
        self._asked: tuple[str, bytes] | None = None  # the app and the query, until it is whole
        self._body = b""
        self._ending = False
        self._rested = 0.0  # when the last answer went out
        self._idle: Any = None

    def on_message_begin(self) -> None:
        self._first = self._unread > 0  # nothing was read since the request before this one
        self._in_head, self._unread = True, 0
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        self._asked = self._delivery()
        if self._asked is None:
            self._go_usual_way()
        else:
            self._in_head = False
            self.heads += 1

    def on_body(self, body: bytes) -> None:
        if self._asked is None:
            super().on_body(body)
        else:
            self._body += body

    def on_message_complete(self) -> None:
        if self._asked is None:
            super().on_message_complete()
            return
        (app, query), body = self._asked, self._body
        self._asked, self._body = None, b""
        try:
            status = self._callbacks.deliver(app, query, body)
        except Exception as error:  # noqa: BLE001 - told and answered as uvicorn does
            status = _failed(error)
        if isinstance(status, HTTPStatus):
            self._answer(status)
        else:
            self._wait_for(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle is not None:
            self._idle.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        if self._asked is None:
            super().shutdown()
        else:
            self._ending = True  # WeCom may not deliver again what it has begun to

    def _delivery(self) -> tuple[str, bytes] | None:
        """The app and the query, where this is a delivery that can be answered at once."""
        if not self._first or not self._cycle_is_over() or self.flow.write_paused:
            return None
        address = _ADDRESS.fullmatch(self.url)
        if address is None or self.parser.get_method() != b"POST" or not self._is_plain():
            return None
        return address[1].decode(), address[2]

    def _is_plain(self) -> bool:
        length = -1
        for name, value in self.headers:
            if name == b"content-length":
                length = int(value)
            elif name in _NOT_PLAIN:
                return False
        if not 0 <= length <= _MOST_BYTES or not self.parser.should_keep_alive():
            return False
        return bool(self.parser.get_http_version() == "1.1")

    def _go_usual_way(self) -> None:
        """Begin uvicorn's cycle, for a request of which the head is here."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers += headers
        super().on_headers_complete()

    def _wait_for(self, status: Awaitable[HTTPStatus]) -> None:
        cycle: Any = Waiting()
        self.cycle = cycle
        task = self.loop.create_task(self._answer_when_safe(cycle, status))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _answer_when_safe(self, cycle: Waiting, status: Awaitable[HTTPStatus]) -> None:
        try:
            answer = await status
        except BaseException:  # told and answered as uvicorn does
            self.logger.exception("Exception in a callback")
            answer = HTTPStatus.INTERNAL_SERVER_ERROR
        if self.flow.write_paused and not cycle.disconnected:
            await self.flow.drain()
        cycle.response_complete = True
        if cycle.disconnected or self.transport.is_closing():
            return
        self.transport.write(self._answers.of(answer, self.server_state.default_headers))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _answer(self, status: HTTPStatus) -> None:
        self.server_state.total_requests += 1
        self.transport.write(self._answers.of(status, self.server_state.default_headers))
        if self._ending:
            self.transport.close()
            return
        self._rested = self.loop.time()
        if self._idle is None:
            self._idle = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def _close_if_idle(self) -> None:
        """Close what nobody has used for uvicorn's keep-alive time; one timer for many answers."""
        self._idle = None
        left = self._rested + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle = self.loop.call_later(left, self._close_if_idle)
        elif self._is_idle():
            self.timeout_keep_alive_handler()

    def _is_idle(self) -> bool:
        """Whether nothing was begun, and uvicorn has no time-out of its own for that."""
        begun = self._in_head or self._asked is not None or not self._cycle_is_over()
        return not begun and self.timeout_keep_alive_task is None

    def _cycle_is_over(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete


async def _failed(error: Exception) -> HTTPStatus:
    raise error


def _written(status: HTTPStatus, headers: Sequence[Header]) -> bytes:
    start, rest = without_words(status)
    lines = [b"%s: %s\r\n" % header for header in (*headers, *start["headers"])]
    body: bytes = rest["body"]
    return b"".join((STATUS_LINE[status], *lines, b"\r\n", body))
