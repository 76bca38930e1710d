"""The sealed envelope of WeCom callbacks: sign, open, seal (`wecom.md` §1.1-1.4).

A callback is signed over the base64 text as received and encrypted with AES-256-CBC, the IV being
the first half of the key.  Inside stand 16 random bytes, the length of the message (4 bytes,
big-endian), the message and the receiveid, padded by PKCS#7 to a multiple of 32.
"""

import base64
import binascii
import hashlib
import hmac
import html
import json
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from moderator.errors import MalformedEnvelope, SignatureMismatch, WrongReceiver
from moderator.wecom import xml

MOST_BYTES = 1024 * 1024

_RANDOM = 16
_HEADER = _RANDOM + 4
_PADDING = 32
_BLOCK = 16
_ENCODING_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


class Form(StrEnum):
    """How an envelope is written; WeCom fixes it by product (robots: JSON, the rest: XML)."""

    XML = "xml"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedCallback:
    """A callback as WeCom would post it: the body and the query parameters."""

    body: bytes
    signature: str
    timestamp: str
    nonce: str


class Envelope:
    """Opens and seals the callbacks of one app; immutable, free of I/O, safe between threads.

    `receive_id` is the corp id for a company's own app, the suite id for suite events, empty for
    robots (`wecom.md` §1.4).  All query values are taken as already URL-decoded, once.
    """

    __slots__ = ("_cipher", "_receive_id", "_token")

    def __init__(self, *, token: str, encoding_aes_key: str, receive_id: str) -> None:
        """Raise `ValueError` unless the key is the 43 letters and digits that WeCom shows."""
        if not _ENCODING_AES_KEY.fullmatch(encoding_aes_key):
            raise ValueError("EncodingAESKey must be 43 letters and digits")
        self._token = token
        key = base64.b64decode(encoding_aes_key + "=")
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(key[:_BLOCK]))
        self._receive_id = receive_id.encode()

    def sign(self, *, timestamp: str, nonce: str, ciphertext: str) -> str:
        """`msg_signature`: lower-case hex SHA-1 over the four sorted strings (`wecom.md` §1.2)."""
        parts = sorted((self._token, timestamp, nonce, ciphertext))
        return hashlib.sha1("".join(parts).encode("utf-8", "surrogatepass")).hexdigest()  # noqa: S324 -- WeCom's choice

    def verify_url(self, *, signature: str, timestamp: str, nonce: str, echostr: str) -> bytes:
        """Return what must be answered, byte for byte, when WeCom proves the callback address."""
        self._verify(signature, timestamp, nonce, echostr)
        return self._decrypt(echostr)

    def open(self, body: bytes, *, signature: str, timestamp: str, nonce: str) -> bytes:
        """Return the plaintext of a posted callback; raises a kind of `EnvelopeError`."""
        ciphertext = _ciphertext_of(body)
        self._verify(signature, timestamp, nonce, ciphertext)
        return self._decrypt(ciphertext)

    def seal(
        self,
        plain: bytes,
        *,
        timestamp: str,
        nonce: str,
        form: Form = Form.XML,
        agent_id: str = "",
        padding: bytes | None = None,
    ) -> SealedCallback:
        """Write a callback as WeCom does; `padding` are the 16 bytes before it, else random."""
        ciphertext = self._encrypt(plain, os.urandom(_RANDOM) if padding is None else padding)
        write = _write_xml if form is Form.XML else _write_json
        return SealedCallback(
            body=write(ciphertext, self._receive_id.decode(), agent_id),
            signature=self.sign(timestamp=timestamp, nonce=nonce, ciphertext=ciphertext),
            timestamp=timestamp,
            nonce=nonce,
        )

    def _verify(self, signature: str, timestamp: str, nonce: str, ciphertext: str) -> None:
        expected = self.sign(timestamp=timestamp, nonce=nonce, ciphertext=ciphertext)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass")):
            raise SignatureMismatch("msg_signature does not fit")

    def _decrypt(self, ciphertext: str) -> bytes:
        sealed = _base64(ciphertext)
        if not sealed or len(sealed) % _BLOCK:
            raise MalformedEnvelope("the ciphertext is not whole blocks")
        plain = _unpad(self._cipher.decryptor().update(sealed))
        end = _HEADER + int.from_bytes(plain[_RANDOM:_HEADER], "big")
        if end > len(plain):
            raise MalformedEnvelope("the length field points beyond the data")
        if not hmac.compare_digest(plain[end:], self._receive_id):
            raise WrongReceiver("encrypted for another receiveid")
        return plain[_HEADER:end]

    def _encrypt(self, plain: bytes, random: bytes) -> str:
        if len(random) != _RANDOM:
            raise ValueError("exactly 16 bytes stand before the message")
        packed = random + len(plain).to_bytes(4, "big") + plain + self._receive_id
        pad = _PADDING - len(packed) % _PADDING
        sealed = self._cipher.encryptor().update(packed + bytes([pad]) * pad)
        return base64.b64encode(sealed).decode()


def _base64(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError as error:
        raise MalformedEnvelope("the ciphertext is not base64") from error


def _unpad(padded: bytes) -> bytes:
    pad = padded[-1]
    if not 1 <= pad <= _PADDING or not padded.endswith(bytes([pad]) * pad):
        raise MalformedEnvelope("the padding is wrong: another EncodingAESKey?")
    plain = padded[:-pad]
    if len(plain) < _HEADER:
        raise MalformedEnvelope("the plaintext is too short")
    return plain


def _ciphertext_of(body: bytes) -> str:
    if len(body) > MOST_BYTES:
        raise MalformedEnvelope("the body is too large")
    if body.startswith(b"<") or not body.lstrip().startswith(b"{"):
        return xml.only_text(body, "Encrypt")
    return _json_encrypt(body)


def _json_encrypt(body: bytes) -> str:
    try:
        found = json.loads(body, object_pairs_hook=_encrypt_values)
    except (ValueError, RecursionError) as error:
        raise MalformedEnvelope("not JSON") from error
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], str):
        raise MalformedEnvelope("not exactly one encrypt")
    return found[0]


def _encrypt_values(pairs: list[tuple[str, Any]]) -> list[Any]:
    return [value for name, value in pairs if name == "encrypt"]


def _write_xml(ciphertext: str, receive_id: str, agent_id: str) -> bytes:
    return (
        f"<xml><ToUserName>{html.escape(receive_id)}</ToUserName>"
        f"<AgentID>{html.escape(agent_id)}</AgentID>"
        f"<Encrypt><![CDATA[{ciphertext}]]></Encrypt></xml>"
    ).encode()


def _write_json(ciphertext: str, receive_id: str, agent_id: str) -> bytes:
    fields = {"tousername": receive_id, "encrypt": ciphertext, "agentid": agent_id}
    return json.dumps(fields, ensure_ascii=False).encode()
