"""What the stand-in received, in order."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call and what became of it.

    `app` is the name of the caller, `contacts` for the contacts secret, or empty where no token was
    good.  `answer` is what was (or, with `fault` set, would have been) answered.  `reached` are the
    people on whose screen something really appeared; `dropped` says why for the others
    (`rate`, `duplicate`, `disabled`).  Secrets, tokens and robot keys are left out.
    """

    number: int
    at: float
    method: str
    path: str
    app: str
    payload: Mapping[str, Any]
    errcode: int
    answer: Mapping[str, Any]
    reached: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    fault: str = ""

    @property
    def arrived(self) -> bool:
        return bool(self.reached)


class Journal:
    """The calls received, oldest first; the oldest fall out beyond `keep`."""

    def __init__(self, keep: int = 200_000) -> None:
        self._calls: deque[Call] = deque(maxlen=keep)
        self._received = 0
        self._news = asyncio.Event()

    def write(self, **entry: Any) -> Call:
        self._received += 1
        call = Call(number=self._received, **entry)
        self._calls.append(call)
        self._news.set()
        return call

    def calls(self, path: str = "", *, app: str = "") -> list[Call]:
        """All calls, or those whose path ends in `path` and whose caller is `app`."""
        return [
            call
            for call in self._calls
            if call.path.endswith(path) and (not app or call.app == app)
        ]

    def delivered(self, path: str = "") -> list[Call]:
        """The calls that really put something on somebody's screen."""
        return [call for call in self.calls(path) if call.arrived]

    def clear(self) -> None:
        self._calls.clear()

    async def wait_for(self, path: str, count: int = 1, *, within: float = 10.0) -> list[Call]:
        """Wait until `count` calls of `path` were carried out; raises `TimeoutError`.

        Only for a stand-in that runs in the same event loop.
        """
        async with asyncio.timeout(within):
            while len(found := self._carried_out(path)) < count:
                self._news.clear()
                await self._news.wait()
        return found

    def as_json(self) -> dict[str, Any]:
        return {"received": self._received, "calls": [asdict(call) for call in self._calls]}

    def _carried_out(self, path: str) -> list[Call]:
        return [call for call in self.calls(path) if call.errcode == 0]
