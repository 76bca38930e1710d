"""Senders who are slow on purpose: cut off before they cost anybody else.

uvicorn waits for ever for a head or a body that does not come, and reads heads of any length
(<https://www.uvicorn.org/settings/>: the only time-out is that between two requests).  Nothing
here is paid for by a request: connections are looked at once a second.
"""

import resource
from collections.abc import Collection
from typing import Any, Final, NamedTuple

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE: Final = 10.0  # seconds for a whole head, and for a whole body; WeCom hangs up after five
HEAD_LIMIT: Final = 64 * 1024  # bytes, as h11 has it
_MOST_FILES: Final = 65_536
_OTHER_FILES: Final = 256  # PostgreSQL, WeCom, rule files, the spool


class BoundedHead(HttpToolsProtocol):
    """Refuses a request whose head goes on after `HEAD_LIMIT` bytes.

    `heads` is how many heads were read to their end.
    """

    heads = 0
    _in_head = False
    _unread = 0

    def data_received(self, data: bytes) -> None:
        self._unread += len(data)
        super().data_received(data)
        if self._in_head and self._unread > HEAD_LIMIT and not self.transport.is_closing():
            self.send_400_response("Far too long a head.")

    def on_message_begin(self) -> None:
        self._in_head, self._unread = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self.heads += 1
        super().on_headers_complete()


class _Waiting(NamedTuple):
    head: int
    since: float


class SlowSenders:
    """Cuts off whoever owes us the rest of a request for longer than `patience` seconds.

    Of more than `most` connections it cuts off those that have owed longest, at once.
    """

    def __init__(self, *, patience: float = PATIENCE, most: int | None = None) -> None:
        self._patience = patience
        self._most = room_for_connections() if most is None else most
        self._waiting: dict[Any, _Waiting] = {}
        self._log = structlog.get_logger("moderator.serve")

    def cut_off(self, connections: Collection[Any], now: float) -> int:
        """Look at all connections of a uvicorn server; the number that were cut off."""
        self._waiting = {
            one: self._waited(one, now) for one in connections if _owes_the_rest(one.cycle)
        }
        longest = sorted(self._waiting, key=lambda one: self._waiting[one].since)
        late = [one for one in longest if now - self._waiting[one].since > self._patience]
        excess = longest[: max(0, len(connections) - self._most)]
        cut = late if len(late) > len(excess) else excess
        for one in cut:
            one.transport.abort()
        if cut:
            self._log.warning("slow senders cut off", connections=len(cut), of=len(connections))
        return len(cut)

    def _waited(self, one: Any, now: float) -> _Waiting:
        before = self._waiting.get(one)
        return before if before and before.head == one.heads else _Waiting(one.heads, now)


def room_for_connections() -> int:
    """How many connections the system lets this process have, raised as far as it may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(1, wanted - _OTHER_FILES)


def _owes_the_rest(cycle: Any) -> bool:
    """Whether the next thing to happen on a connection is up to its sender."""
    return cycle is None or cycle.response_complete or cycle.more_body
