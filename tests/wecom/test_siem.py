"""Reports are signed after Standard Webhooks, so that the receiver knows whose they are."""

import base64
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from moderator.errors import WeComUnreachable
from moderator.rehearsal.serving import serving
from moderator.settings import SiemSettings
from moderator.wecom.siem import Siem, signed

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def new_secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(24)).decode()


@dataclass
class Receiver:
    """Takes reports and answers with `statuses` in turn, then with 204."""

    statuses: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        self.received.append((dict(request.headers), await request.body()))
        status = self.statuses.pop(0) if self.statuses else 204
        if status == 307:
            return RedirectResponse("/elsewhere", status_code=status)
        return Response(status_code=status)


@asynccontextmanager
async def receiving(receiver: Receiver, *secrets: str) -> AsyncIterator[Siem]:
    app = Starlette(routes=[Route("/reports", receiver.take, methods=["POST"])])
    async with serving(app) as url, httpx.AsyncClient() as http:
        settings = SiemSettings.model_validate(
            {"url": f"{url}/reports", "secrets": secrets or (new_secret(),)}
        )
        yield Siem(settings, http, clock=lambda: NOW)


def expected(secret: str, event_id: str, timestamp: str, body: bytes) -> str:
    """The signature, computed from the specification and nothing of ours."""
    key = base64.b64decode(secret.split("_", 1)[1])
    content = b".".join([event_id.encode(), timestamp.encode(), body])
    return "v1," + base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def test_the_signature_is_that_of_the_published_example() -> None:
    """The example of the specification's reference libraries."""
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)

    headers = signed("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body, [SecretStr(secret)])

    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_a_report_carries_id_time_and_signature() -> None:
    """What the receiver needs to check it, over the very bytes that it got."""
    receiver, secret = Receiver(), new_secret()
    async with receiving(receiver, secret) as siem:
        status = await siem.post("ww1-7", "violation.recorded", {"violation": 7, "who": "张三"})

    [(headers, body)] = receiver.received
    assert status == 204
    assert headers["webhook-id"] == "ww1-7"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["webhook-signature"] == expected(
        secret, "ww1-7", headers["webhook-timestamp"], body
    )
    assert json.loads(body) == {
        "type": "violation.recorded",
        "timestamp": "2026-03-02T09:30:00+00:00",
        "data": {"violation": 7, "who": "张三"},
    }


async def test_while_a_secret_is_replaced_both_sign() -> None:
    """The receiver may still know the old one only."""
    receiver, old, new = Receiver(), new_secret(), new_secret()
    async with receiving(receiver, new, old) as siem:
        await siem.post("ww1-7", "violation.recorded", {})

    [(headers, body)] = receiver.received
    both = [expected(secret, "ww1-7", headers["webhook-timestamp"], body) for secret in (new, old)]
    assert headers["webhook-signature"].split(" ") == both


@pytest.mark.parametrize("status", [307, 400, 401, 429, 500, 503])
async def test_whatever_is_no_success_is_told_as_unreachable(status: int) -> None:
    """So that it is tried again; nothing is sent on to where a redirect points."""
    receiver = Receiver([status])
    async with receiving(receiver) as siem:
        with pytest.raises(WeComUnreachable, match=f"HTTP {status}"):
            await siem.post("ww1-7", "violation.recorded", {})

    assert len(receiver.received) == 1


async def test_a_receiver_that_is_gone_for_good_is_not_asked_again() -> None:
    """410 is the specification's word for that; it is an answer, no failure."""
    async with receiving(Receiver([410])) as siem:
        assert await siem.post("ww1-7", "violation.recorded", {}) == 410


async def test_a_receiver_that_is_away_is_unreachable_and_its_address_is_not_told() -> None:
    """An address may hold a key."""
    settings = SiemSettings.model_validate(
        {"url": "http://127.0.0.1:9/key-in-path", "secrets": (new_secret(),)}
    )
    async with httpx.AsyncClient() as http:
        siem = Siem(settings, http, clock=lambda: NOW)
        with pytest.raises(WeComUnreachable) as unreachable:
            await siem.post("ww1-7", "violation.recorded", {})

    assert "key-in-path" not in str(unreachable.value)
    assert settings.timeout == timedelta(seconds=10)
