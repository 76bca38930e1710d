"""Where the time of a callback goes, in one process: bytes in, bytes out, no network between."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from uvicorn.server import ServerState

from callback_client import post
from moderator.cli.direct import Answers, DirectCallbacks
from moderator.cli.listening import uvicorn_config
from moderator.cli.slow_senders import BoundedHead
from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.intake.callback import CallbackEndpoint
from moderator.intake.reception import Reception, Report
from moderator.intake.wide_event import MessageLog
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.keeping import Keeper
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.recording.spool import Spool
from moderator.matching.conversation import Conversation
from moderator.pipeline import Moderated, Outcome, Pipeline, find
from moderator.rehearsal import callbacks
from moderator.rehearsal.invention import encoding_aes_key
from moderator.rulebook.book import Rulebook
from moderator.settings import LogSettings, ServerSettings
from moderator.telemetry.logging import configure_logging
from moderator.telemetry.metrics import Metrics
from moderator.wecom import events
from moderator.wecom.envelope import Envelope, SealedCallback
from report import table

_CORP: Final = "wwcorp"
_APP: Final = "guard"
_NUMBER: Final = 2000
_TURNS: Final = 5
_CONNECTIONS: Final = 64
_KEPT: Final = timedelta(days=1)
_DATE: Final = (b"date", b"Sun, 01 Nov 2026 00:00:00 GMT")


def profile(book: Rulebook, clean: Sequence[str], banned: str, dsn: str) -> str:
    """Two tables: microseconds of processor time.

    `clean` are texts in which no rule of the book finds anything, unlike in `banned`; violations
    are committed to the database at `dsn`.
    """
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        configure_logging(LogSettings(), stream=nowhere)
        loop = uvicorn_config(ServerSettings()).get_loop_factory()
        with asyncio.Runner(loop_factory=loop) as runner:
            return runner.run(_Profile(book, clean, banned, Engine(dsn)).tables())


class _Profile:
    """What is asked, and of whom."""

    def __init__(self, book: Rulebook, clean: Sequence[str], banned: str, engine: Engine) -> None:
        self._book = book
        self._clean = clean
        self._banned = banned
        self._engine = engine
        self._numbers = iter(range(10**9))
        self._envelope = Envelope(
            token="t" * 8, encoding_aes_key=encoding_aes_key(), receive_id=_CORP
        )
        cipher = EvidenceCipher([secrets.token_bytes(32)])
        self._recorder = Recorder(
            engine, cipher, Fingerprinter(secrets.token_bytes(32)), keep=_KEPT, within=_KEPT
        )
        self._keeper = Keeper(
            self._recorder,
            FailedMessages(engine),
            Spool(Path("/nonexistent/spool.sqlite"), limit=0),
            cipher,
            policy=lambda: book.policy,
            clock=_now,
        )

    async def tables(self) -> str:
        ours = _Connections(partial(DirectCallbacks, self._endpoint(), Answers()))
        empty = _Connections(BoundedHead)
        await ours.asked(self._requests(1.0))
        turns = [await self._turn(ours, empty) for _ in range(_TURNS)]
        clean, one, many, route = (
            min(turn.clean for turn in turns),
            median(turn.clean + 100 * (turn.hundredth - turn.clean) for turn in turns),
            min(turn.all for turn in turns),
            min(turn.empty for turn in turns),
        )
        told = [self._told_clean(clean, route), self._told_violation(one, many)]
        await self._engine.dispose()
        return "\n\n".join(told)

    async def _turn(self, ours: "_Connections", empty: "_Connections") -> "_Turn":
        return _Turn(
            clean=await ours.asked(self._requests(0.0)),
            hundredth=await ours.asked(self._requests(0.01)),
            all=await ours.asked(self._requests(1.0)),
            empty=await empty.asked(self._requests(0.0)),
        )

    def _told_clean(self, total: float, empty: float) -> str:
        bodies = [self._sealed(text) for text in self._clean[:_NUMBER]]
        plain = [self._open(one) for one in bodies]
        messages = [_read(one) for one in plain]
        screen, conversation, metrics = self._book.screen, Conversation(), Metrics()

        def count(_: object) -> None:
            metrics.count_callback(_APP, 200, 0.001)
            metrics.count_message("clean")

        steps = {
            "opening the envelope: XML, SHA-1, base64, AES": _least(self._open, bodies),
            "reading the event: XML, the message": _least(_read, plain),
            "the rules": _least(lambda one: screen.screen(one.fields[0].text), messages),
            "what the sender said before": _least(
                lambda one: conversation.hits(one, [], screen=screen, flooding=self._book.flooding),
                messages,
            ),
            "counting": _least(count, messages),
        }
        return _told(
            "a clean message",
            steps,
            "HTTP, query, answer and the steps between",
            **{
                "all of it, from bytes to bytes": total,
                "the empty FastAPI route, from bytes to bytes": empty,
            },
        )

    def _told_violation(self, one: float, many: float) -> str:
        messages = [_read(self._open(self._sealed(self._banned))) for _ in range(_NUMBER // 10)]
        findings = {message.key: self._found(message) for message in messages}
        log = MessageLog(clean=False)

        def tell(message: Message) -> None:
            moderated = Moderated(Outcome.SPOOLED, findings[message.key])
            log(Report(_APP, Outcome.SPOOLED, message, moderated))

        steps = {
            "the rules, and what they found": _least(self._found, messages),
            "covering, encrypting": _least(
                lambda message: self._recorder.case(
                    message,
                    findings[message.key],
                    policy=self._book.policy,
                    rulebook=self._book.hash,
                    now=message.sent_at,
                ),
                messages,
            ),
            "the log line": _least(tell, messages),
        }
        return _told(
            "a violation",
            steps,
            "the envelope, the decision, rows, statements, tasks, and the steps between",
            **{
                f"all of it, where all are violations ({_CONNECTIONS} at once)": many,
                "all of it, one among a hundred (what they cost more than clean ones)": one,
            },
        )

    def _found(self, message: Message) -> Finding:
        finding = find(message, self._book, Conversation())
        assert finding
        return finding

    def _requests(self, violations: float) -> list[bytes]:
        every = round(1 / violations) if violations else 10**9
        number = _NUMBER // 4 if violations == 1.0 else _NUMBER
        texts = (
            self._clean[place % len(self._clean)] if (place + 1) % every else self._banned
            for place in range(number)
        )
        return [_request(self._sealed(text)) for text in texts]

    def _sealed(self, content: str) -> SealedCallback:
        number = next(self._numbers)
        head = callbacks.Head(
            corp=_CORP, sender=f"member{number % 20_000}", at=int(time.time()), agent_id=1000002
        )
        plain = callbacks.text(head, number, content)
        return self._envelope.seal(plain, timestamp="1790000000", nonce=str(number))

    def _open(self, one: SealedCallback) -> bytes:
        return self._envelope.open(
            one.body, signature=one.signature, timestamp=one.timestamp, nonce=one.nonce
        )

    def _endpoint(self) -> CallbackEndpoint:
        """As the service builds it."""
        metrics = Metrics()
        reception = Reception(
            corp=_CORP,
            envelopes={_APP: self._envelope},
            pipeline=Pipeline(
                book=lambda: self._book,
                conversation=Conversation(),
                keeper=self._keeper,
                clock=_now,
            ),
            keeper=self._keeper,
            metrics=metrics,
            tell=MessageLog(clean=False),
            apply=_nothing,
        )
        return CallbackEndpoint(reception, metrics)


@dataclass(frozen=True, slots=True)
class _Turn:
    """Microseconds of a request; of a hundredth, all and none of them violations."""

    clean: float
    hundredth: float
    all: float
    empty: float


class _Connections:
    """Kept connections without a network: each asks again as soon as it is answered."""

    def __init__(self, protocol: Callable[..., BoundedHead]) -> None:
        config = uvicorn_config(ServerSettings(), _empty_route(), lifespan="off")
        config.load()
        state, loop = ServerState(), asyncio.get_running_loop()
        state.default_headers = [_DATE]
        made = partial(protocol, config=config, server_state=state, app_state={}, _loop=loop)
        self._ends = [_End(made()) for _ in range(_CONNECTIONS)]

    async def asked(self, requests: Sequence[bytes]) -> float:
        """Microseconds of processor time for one."""
        left = iter(requests)
        began = time.process_time()
        await asyncio.gather(*(end.ask(left) for end in self._ends))
        return (time.process_time() - began) / len(requests) * 1e6


class _End(asyncio.Transport):
    """What a protocol writes its answers to."""

    def __init__(self, protocol: BoundedHead) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self._protocol = protocol
        self._answered = asyncio.Event()
        self._refused = b""
        protocol.connection_made(self)

    async def ask(self, requests: Iterator[bytes]) -> None:
        for request in requests:
            self._answered.clear()
            self._protocol.data_received(request)
            await self._answered.wait()
            if self._refused:
                raise RuntimeError(f"refused: {self._refused[:40]!r}")
            await asyncio.sleep(0)  # the others' turn

    def write(self, data: Any) -> None:
        if data.startswith(b"HTTP") and not data.startswith(b"HTTP/1.1 200 "):
            self._refused = bytes(data)
        self._answered.set()

    def is_closing(self) -> bool:
        return False

    def resume_reading(self) -> None:
        return


def _told(what: str, steps: dict[str, float], rest: str, **totals: float) -> str:
    first = next(iter(totals.values()))
    rows: list[list[object]] = [[name, taken] for name, taken in steps.items()]
    rows.append([rest, first - sum(steps.values())])
    rows += [[f"**{name}**", taken] for name, taken in totals.items()]
    return table([what, "µs"], rows)


def _least(step: Callable[[Any], object], things: Sequence[Any]) -> float:
    turns = []
    for _ in range(_TURNS):
        began = time.process_time()
        for thing in things:
            step(thing)
        turns.append((time.process_time() - began) / len(things) * 1e6)
    return min(turns)


def _request(one: SealedCallback) -> bytes:
    query = {"msg_signature": one.signature, "timestamp": one.timestamp, "nonce": one.nonce}
    return post("127.0.0.1", f"/wecom/callback/{_APP}?{urlencode(query)}", one.body)


def _read(plain: bytes) -> Message:
    message = events.read(plain, app=_APP, corp=_CORP)
    assert isinstance(message, Message)
    return message


def _empty_route() -> FastAPI:
    app = FastAPI()

    @app.post("/wecom/callback/{app}")
    async def receive(app: str, request: Request) -> Response:  # noqa: ARG001 - the path has it
        await request.body()
        return Response()

    return app


async def _nothing(_: object) -> None:
    return


def _now() -> datetime:
    return datetime.now(UTC)
