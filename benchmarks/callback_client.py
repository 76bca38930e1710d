"""A client that costs little: prepared requests over kept connections, one answer at a time.

It shares the machine with the server it measures, so it must not be what is measured.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

_END = b"\r\n\r\n"


@dataclass(slots=True)
class Run:
    """What came of a run: seconds of each answer, and how many had which status."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


def post(host: str, path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/xml\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class _Connection(asyncio.Protocol):
    """Sends the next request when the last one was answered, and the plan says it is time."""

    def __init__(self, plan: Iterator[tuple[float, bytes]], run: Run, done: asyncio.Event) -> None:
        self._plan = plan
        self._run = run
        self._done = done
        self._began = 0.0
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head, end, body = self._seen.partition(_END)
        if not end or len(body) < _length(head):
            return
        self._run.latencies.append(time.perf_counter() - self._began)
        self._run.statuses[int(head[9:12])] += 1
        self._seen = b""
        self._next()

    def connection_lost(self, _: Exception | None) -> None:
        self._done.set()

    def _next(self) -> None:
        due, request = next(self._plan, (0.0, b""))
        if not request:
            self._transport.close()
            return
        now = time.perf_counter()
        if due <= now:
            # Time that it had to wait for a free connection counts: the sender felt it.
            self._send(request, due or now)
        else:
            asyncio.get_running_loop().call_at(
                asyncio.get_running_loop().time() + due - now, self._send, request, due
            )

    def _send(self, request: bytes, began: float) -> None:
        self._began = began
        self._transport.write(request)


def _length(head: bytes) -> int:
    name = b"content-length: "
    at = head.lower().find(name)
    return 0 if at < 0 else int(head[at + len(name) :].split(b"\r\n", 1)[0])


async def send_all(
    host: str, port: int, requests: Sequence[bytes], *, connections: int, rate: float = 0
) -> Run:
    """Send all requests, as fast as answers come or at a steady `rate` per second."""
    run, begin = Run(), time.perf_counter() + 0.05
    plan = iter([(begin + n / rate if rate else 0.0, one) for n, one in enumerate(requests)])
    ends = [asyncio.Event() for _ in range(connections)]
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    for end in ends:
        await loop.create_connection(partial(_Connection, plan, run, end), host, port)
    for end in ends:
        await end.wait()
    run.seconds = time.perf_counter() - began
    return run
