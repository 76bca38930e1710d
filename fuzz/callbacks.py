"""Targets on the way of a callback before anything is kept: envelope and events."""

import base64
import secrets
from contextlib import suppress

from Crypto.Cipher import AES

from fuzz.target import Target, require
from moderator.domain.cards import CardAnswer
from moderator.domain.message import Ignored, Message
from moderator.domain.people import ContactChange
from moderator.errors import EnvelopeError, MalformedEnvelope
from moderator.rehearsal.invention import encoding_aes_key
from moderator.wecom import events, xml
from moderator.wecom.envelope import Envelope

CORP = "ww0123456789abcdef"
MARKER = "喜鹊登枝"  # stands in the texts of the seeds: nobody may hear of it
_STAMP, _NONCE = "1790000000", "1372623149"
_XML = (
    MARKER.encode(),
    b"<xml>",
    b"</xml>",
    b"<Encrypt>",
    b"</Encrypt>",
    b"<!DOCTYPE x>",
    b"&#x0;",
    b"&amp;",
)
_JSON = (b'{"encrypt":', b'"encrypt":""', b"null", b"true", b"\\ud800", b"\\u0000")
_EVENTS = (
    MARKER.encode(),
    *_XML,
    *(f"<{name}>".encode() for name in ("Content", "MsgId", "Event", "ChangeType", "CreateTime")),
    *(f"<![CDATA[{kind}]]>".encode() for kind in ("text", "event", "change_contact", "mixed")),
    *(b'"msgtype":"mixed"', b'"text":', b'"quote":', b'"from":', b"[[[[", b"{}"),
)


def targets() -> list[Target]:
    return [
        Target(name="envelope", check=_Envelopes().check, share=20, tokens=(*_XML, *_JSON)),
        Target(name="events", check=_read_event, share=25, tokens=_EVENTS),
    ]


class _Envelopes:
    """Forged, rightly signed and rightly encrypted nonsense: refused, or opened, never a crash."""

    def __init__(self) -> None:
        key = encoding_aes_key()
        token = secrets.token_hex(8)
        self._envelope = Envelope(token=token, encoding_aes_key=key, receive_id=CORP)
        self._key = base64.b64decode(key + "=")

    def check(self, data: bytes) -> None:
        self._forged(data)
        self._signed(data)
        self._encrypted(data)
        self._sealed(data)

    def _forged(self, data: bytes) -> None:
        text = data.decode("utf-8", "surrogateescape")
        try:
            self._envelope.open(data, signature=text[:40], timestamp=text[40:50], nonce=text[50:])
        except EnvelopeError:
            return
        require(holds=False, rule="nobody guesses a signature")

    def _signed(self, data: bytes) -> None:
        with suppress(EnvelopeError):
            self._open(data, xml.only_text(data, "Encrypt"))
        with suppress(EnvelopeError):
            text = data.decode("utf-8", "replace")
            self._open(data, text)

    def _encrypted(self, data: bytes) -> None:
        cipher = AES.new(self._key, AES.MODE_CBC, self._key[:16])
        whole = data[: len(data) - len(data) % 16]
        ciphertext = base64.b64encode(cipher.encrypt(whole)).decode()
        body = f"<xml><Encrypt>{ciphertext}</Encrypt></xml>".encode()
        try:
            opened = self._open(body, ciphertext)
        except EnvelopeError as refusal:
            require(MARKER not in str(refusal), "a refusal never quotes what was sent")
        else:
            require(opened in whole, "what is opened was inside")

    def _sealed(self, data: bytes) -> None:
        sealed = self._envelope.seal(data, timestamp=_STAMP, nonce=_NONCE)
        opened = self._envelope.open(
            sealed.body, signature=sealed.signature, timestamp=_STAMP, nonce=_NONCE
        )
        require(opened == data, "what is sealed can be opened")

    def _open(self, body: bytes, ciphertext: str) -> bytes:
        signature = self._envelope.sign(timestamp=_STAMP, nonce=_NONCE, ciphertext=ciphertext)
        return self._envelope.open(body, signature=signature, timestamp=_STAMP, nonce=_NONCE)


def _read_event(data: bytes) -> None:
    try:
        content = events.read(data, app="guard", corp=CORP, own=("ourrobot",))
    except MalformedEnvelope as refusal:
        require(MARKER not in str(refusal), "a refusal never quotes what was sent")
        return
    kinds = Message | Ignored | ContactChange | CardAnswer
    require(isinstance(content, kinds), "what is read is one of four kinds")
    again = events.read(data, app="guard", corp=CORP, own=("ourrobot",))
    require(content.key == again.key, "a delivery that comes again has the same key")
    if isinstance(content, Message):
        require(bool(content.sender and content.fields), "a message has a sender and texts")
