"""Faults on demand: what the stand-in does wrong, so that a test can watch the service cope."""

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class Fault(StrEnum):
    """What goes wrong."""

    ERRCODE = "errcode"  # not carried out; the errcode is answered
    SLOW = "slow"  # carried out, answered after `seconds`
    RESET = "reset"  # not carried out; the connection breaks
    LOST_ANSWER = "lost_answer"  # carried out; the connection breaks before the answer
    GARBAGE = "garbage"  # not carried out; HTTP 200 with a page instead of JSON
    STATUS = "status"  # not carried out; an HTTP status from a gateway in between


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The next `times` calls whose path ends in `path` (empty: any) meet `fault`."""

    path: str
    fault: Fault
    times: int = 1
    errcode: int = -1
    seconds: float = 0.0
    status: int = 502

    @property
    def before_work(self) -> bool:
        return self.fault not in {Fault.SLOW, Fault.LOST_ANSWER}


class Failures:
    """The failures that are still to come, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Failure] = []

    def add(self, failure: Failure) -> None:
        self._waiting.append(failure)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, path: str) -> Failure | None:
        """The failure that this call meets, counted down."""
        for index, failure in enumerate(self._waiting):
            if path.endswith(failure.path):
                self._count_down(index, failure)
                return failure
        return None

    def _count_down(self, index: int, failure: Failure) -> None:
        if failure.times > 1:
            self._waiting[index] = replace(failure, times=failure.times - 1)
        else:
            del self._waiting[index]


class BrokenConnection(Response):
    """Promises more than it sends; the server then closes the connection."""

    def __init__(self) -> None:
        super().__init__(b"{", headers={"content-length": "1000"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})


async def spoil(failure: Failure, answer: Response) -> Response:
    """What goes over the wire instead of `answer`."""
    match failure.fault:
        case Fault.SLOW:
            await asyncio.sleep(failure.seconds)
            return answer
        case Fault.RESET | Fault.LOST_ANSWER:
            return BrokenConnection()
        case Fault.GARBAGE:
            return Response("<html><body>502 Bad Gateway</body></html>", media_type="text/html")
        case Fault.STATUS:
            return Response("", status_code=failure.status)
        case Fault.ERRCODE:
            return answer
