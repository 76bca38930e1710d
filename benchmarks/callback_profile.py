"""Where the time of a clean message goes, in one process and without a network."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from starlette.types import ASGIApp

from moderator.domain.message import Message
from moderator.intake.callback import CallbackEndpoint
from moderator.intake.reception import Reception
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.keeping import Keeper
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.recording.spool import Spool
from moderator.matching.conversation import Conversation
from moderator.pipeline import Pipeline
from moderator.rehearsal import callbacks
from moderator.rehearsal.invention import encoding_aes_key
from moderator.rulebook.book import Rulebook
from moderator.telemetry.metrics import Metrics
from moderator.wecom import events
from moderator.wecom.envelope import Envelope, SealedCallback
from report import table

_CORP: Final = "wwcorp"
_APP: Final = "guard"
_NUMBER: Final = 2000
_TURNS: Final = 5


def profile(book: Rulebook, clean: Sequence[str]) -> str:
    """A table: microseconds of processor time, the least of several turns.

    `clean` are texts in which no rule of the book finds anything.
    """
    envelope = Envelope(token="t" * 8, encoding_aes_key=encoding_aes_key(), receive_id=_CORP)
    reception, metrics = _reception(book, envelope), Metrics()
    endpoint = CallbackEndpoint(reception, metrics)

    def sealed(turn: int) -> list[SealedCallback]:
        return [
            _sealed(envelope, turn * _NUMBER + number, clean[number % len(clean)])
            for number in range(_NUMBER)
        ]

    def read(one: bytes) -> Message:
        message = events.read(one, app=_APP, corp=_CORP)
        assert isinstance(message, Message)
        return message

    def count(_: Message) -> None:
        metrics.count_callback(_APP, 200, 0.001)
        metrics.count_message("clean")

    whole = [_asked(endpoint, sealed(turn)) for turn in range(_TURNS)]
    empty = [_asked(_empty_route(), sealed(turn)) for turn in range(_TURNS)]
    bodies = sealed(_TURNS)
    plain = [_open(envelope, one) for one in bodies]
    messages = [read(one) for one in plain]
    conversation = Conversation()
    steps: dict[str, float] = {
        "opening the envelope: XML, SHA-1, base64, AES": _least(_open_with(envelope), bodies),
        "reading the event: XML, the message": _least(read, plain),
        "the rules": _least(lambda one: book.screen.screen(one.fields[0].text), messages),
        "what the sender said before": _least(
            lambda one: conversation.hits(one, [], screen=book.screen, flooding=book.flooding),
            messages,
        ),
        "counting": _least(count, messages),
    }
    total = min(whole)
    rows: list[list[object]] = [[name, taken] for name, taken in steps.items()]
    rows.append(["query, answer and the steps between", total - sum(steps.values())])
    rows += [["**all of it, without the server**", total], ["the empty FastAPI route", min(empty)]]
    return table(["", "µs"], rows)


def _least(step: Callable[[Any], object], things: Iterable[Any]) -> float:
    turns = []
    for _ in range(_TURNS):
        began = time.process_time()
        for thing in things:
            step(thing)
        turns.append((time.process_time() - began) / _NUMBER * 1e6)
    return min(turns)


def _asked(app: ASGIApp, requests: Sequence[SealedCallback]) -> float:
    async def ask() -> float:
        calls = [_call(app, request) for request in requests]
        began = time.process_time()
        for call in calls:
            await call()
        return (time.process_time() - began) / len(requests) * 1e6

    return asyncio.run(ask())


def _call(app: ASGIApp, request: SealedCallback) -> Callable[[], Awaitable[None]]:
    query = {
        "msg_signature": request.signature,
        "timestamp": request.timestamp,
        "nonce": request.nonce,
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/wecom/callback/{_APP}",
        "root_path": "",
        "scheme": "http",
        "http_version": "1.1",
        "query_string": urlencode(query).encode(),
        "headers": [(b"host", b"x"), (b"content-length", str(len(request.body)).encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(_: Any) -> None:
        return

    return lambda: app(scope, receive, send)


def _empty_route() -> FastAPI:
    app = FastAPI()

    @app.post("/wecom/callback/{app}")
    async def receive(app: str, request: Request) -> Response:  # noqa: ARG001 - the path has it
        await request.body()
        return Response()

    return app


def _reception(book: Rulebook, envelope: Envelope) -> Reception:
    """As the service builds it; no database and no spool is ever asked for a clean message."""
    engine = Engine("postgresql://nobody@127.0.0.1:1/nothing")
    cipher = EvidenceCipher([secrets.token_bytes(32)])
    fingerprinter = Fingerprinter(secrets.token_bytes(32))
    keeper = Keeper(
        Recorder(engine, cipher, fingerprinter, keep=timedelta(days=1)),
        FailedMessages(engine),
        Spool(Path("/nonexistent/spool.sqlite"), limit=0),
        cipher,
        policy=lambda: book.policy,
        clock=_now,
    )
    pipeline = Pipeline(book=lambda: book, conversation=Conversation(), keeper=keeper, clock=_now)
    return Reception(
        corp=_CORP,
        envelopes={_APP: envelope},
        pipeline=pipeline,
        keeper=keeper,
        metrics=Metrics(),
        tell=lambda _: None,
        apply=_nothing,
    )


def _sealed(envelope: Envelope, number: int, content: str) -> SealedCallback:
    head = callbacks.Head(
        corp=_CORP, sender=f"member{number % 20_000}", at=int(time.time()), agent_id=1000002
    )
    plain = callbacks.text(head, number, content)
    return envelope.seal(plain, timestamp="1790000000", nonce=str(number))


def _open(envelope: Envelope, one: SealedCallback) -> bytes:
    return envelope.open(
        one.body, signature=one.signature, timestamp=one.timestamp, nonce=one.nonce
    )


def _open_with(envelope: Envelope) -> Callable[[SealedCallback], bytes]:
    return lambda one: _open(envelope, one)


async def _nothing(_: object) -> None:
    return


def _now() -> datetime:
    return datetime.now(UTC)
