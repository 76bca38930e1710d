"""Callbacks: whether the settings can open them, and whether the running service has the same."""

import base64
import os
import secrets
import time
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx

from moderator.app import envelopes_of
from moderator.cli.diagnosis import pages
from moderator.cli.diagnosis.findings import Finding, fault, note, ok
from moderator.cli.diagnosis.refusals import why_unreachable
from moderator.errors import EnvelopeError
from moderator.settings import Settings
from moderator.wecom.envelope import Envelope
from moderator.wecom.xml import only_text

_NOT_CIPHERTEXT: Final = base64.b64encode(b"none").decode()
_PATIENCE: Final = 5.0  # seconds; WeCom itself waits one
_PAGE: Final = "接收消息 → 设置API接收"
_START: Final = "start the service (`moderator serve`), or give another --url"


class Callbacks:
    """Examines the callback of every app as WeCom does when its address is saved."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient, url: str) -> None:
        """`url` is where the running service is asked; empty: nowhere."""
        self._apps = settings.wecom.apps
        self._envelopes = envelopes_of(settings.wecom)
        self._http = http
        self._url = url.rstrip("/")

    async def examine(self) -> AsyncIterator[Finding]:
        for app, envelope in self._envelopes.items():
            yield _form(app, envelope)
            if self._url:
                yield await self._service(app, envelope)
        if not self._url:
            yield note("callbacks", "the running service was not asked", mend="--url https://…")

    async def _service(self, app: str, envelope: Envelope) -> Finding:
        about = f"callback of {app}"
        word = secrets.token_hex(8).encode()
        try:
            answer = await self._ask(app, envelope, _sealed(envelope, word))
            if answer.status_code == HTTPStatus.OK and answer.content == word:
                return ok(about, f"the service at {self._url} has the same token and key")
            if answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN}:
                other = await self._ask(app, envelope, _NOT_CIPHERTEXT)
                return self._differs(app, answer.status_code, other.status_code)
        except httpx.HTTPError as error:
            cause = why_unreachable(error)
            return fault(about, f"no answer from {self._url}", cause=cause, mend=_START)
        return self._not_ours(about, app, answer)

    def _differs(self, app: str, status: int, without_ciphertext: int) -> Finding:
        """Which part differs: one that is signed but not encrypted fails later than a forged one.

        A service with our token gets as far as decrypting (400); another one stops before (403).
        """
        if without_ciphertext == HTTPStatus.FORBIDDEN:
            part, setting = "Token", "token"
        elif status == HTTPStatus.BAD_REQUEST:
            part, setting = "EncodingAESKey", "encoding_aes_key"
        else:
            part, setting = "corp id (receive_id)", "receive_id"
        return fault(
            f"callback of {app}",
            f"the service at {self._url} has another {part}",
            cause=f"wecom.apps.{app}.{setting} here is not what the service was started with",
            mend=f"{pages.of_app(self._apps[app].agent_id, _PAGE)}; then restart the service",
        )

    def _not_ours(self, about: str, app: str, answer: httpx.Response) -> Finding:
        what = f"{self._url} answers HTTP {answer.status_code} instead of the signed word"
        if answer.status_code == HTTPStatus.NOT_FOUND:
            cause = f"the service knows no app called {app}, or a proxy leads elsewhere"
        else:
            cause = "something else than the service answers there"
        page = pages.of_app(self._apps[app].agent_id, f"{_PAGE}: URL")
        return fault(about, what, cause=cause, mend=f"{page}, and what stands before the service")

    async def _ask(self, app: str, envelope: Envelope, echo: str) -> httpx.Response:
        timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
        signature = envelope.sign(timestamp=timestamp, nonce=nonce, ciphertext=echo)
        query = {
            "msg_signature": signature,
            "timestamp": timestamp,
            "nonce": nonce,
            "echostr": echo,
        }
        path = f"{self._url}/wecom/callback/{app}"
        return await self._http.get(path, params=query, timeout=_PATIENCE)


def _form(app: str, envelope: Envelope) -> Finding:
    """What is sealed with the key opens with it: the key has the right form, no more."""
    about = f"wecom.apps.{app}.encoding_aes_key"
    word = os.urandom(16)
    sealed = envelope.seal(word, timestamp="0", nonce="0")
    try:
        opened = envelope.open(sealed.body, signature=sealed.signature, timestamp="0", nonce="0")
    except EnvelopeError as error:
        return fault(about, f"cannot be used: {error}", mend=_PAGE)
    if opened != word:
        return fault(about, "does not open what it sealed", mend=_PAGE)
    return ok(about, "has the right form")


def _sealed(envelope: Envelope, word: bytes) -> str:
    return only_text(envelope.seal(word, timestamp="0", nonce="0").body, "Encrypt")


def is_address(url: str) -> bool:
    """Whether `url` can be asked at all."""
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
