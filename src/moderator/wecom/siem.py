"""Signed reports to a receiver outside WeCom, after Standard Webhooks 1.0.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
It stands here because nothing else speaks HTTP outwards, and passes the same gate.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import httpx
from pydantic import SecretStr

from moderator.errors import WeComUnreachable
from moderator.settings import SiemSettings
from moderator.wecom.gate import Call, Gate, OpenGate

PATH: Final = "siem"  # what its calls are called in metrics and errors: its address is a setting


class Siem:
    """One receiver."""

    def __init__(
        self,
        settings: SiemSettings,
        http: httpx.AsyncClient,
        *,
        clock: Callable[[], datetime],
        gate: Gate | None = None,
    ) -> None:
        """`settings` must have an address."""
        self._url = str(settings.url)
        self._secrets = settings.secrets
        self.events: frozenset[str] = frozenset(settings.events)
        self._timeout = settings.timeout.total_seconds()
        self._http = http
        self._clock = clock
        self._gate = gate or OpenGate()

    async def post(self, event_id: str, event: str, facts: Mapping[str, Any]) -> int:
        """Post `facts` as an event of the type `event`; the HTTP status, 2xx or 410.

        Raises `WeComUnreachable` for any other answer and for none.
        """
        now = self._clock()
        body = _body({"type": event, "timestamp": now.isoformat(), "data": facts})
        headers = signed(event_id, now, body, self._secrets)
        async with self._gate.passing(Call(path=PATH)):
            return await self._send(body, headers)

    async def _send(self, body: bytes, headers: Mapping[str, str]) -> int:
        try:
            response = await self._http.post(
                self._url,
                content=body,
                headers=dict(headers),
                timeout=self._timeout,
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            raise WeComUnreachable(PATH, type(error).__name__) from error
        if response.is_success or response.status_code == HTTPStatus.GONE:
            return response.status_code
        raise WeComUnreachable(PATH, f"HTTP {response.status_code}")


def signed(
    event_id: str, at: datetime, body: bytes, secrets: Sequence[SecretStr]
) -> Mapping[str, str]:
    """The headers that go with `body`: one signature for each of `secrets` (`whsec_…`)."""
    moment = int(at.timestamp())
    content = f"{event_id}.{moment}.".encode() + body
    return {
        "content-type": "application/json; charset=utf-8",
        "webhook-id": event_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": " ".join(_signature(content, secret) for secret in secrets),
    }


def _signature(content: bytes, secret: SecretStr) -> str:
    key = base64.b64decode(secret.get_secret_value().removeprefix("whsec_"))
    mac = hmac.new(key, content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def _body(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
