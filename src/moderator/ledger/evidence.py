"""How what people wrote is kept: secrets taken out, the rest encrypted."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from Crypto.Cipher import AES
from Crypto.Random import get_random_bytes

from moderator.domain.finding import Hit
from moderator.domain.message import Message, TextField
from moderator.errors import EvidenceUnreadable
from moderator.matching.masking import mask
from moderator.settings import EvidenceSettings

_NONCE = 12
_TAG = 16
# A value shorter than this is too likely to stand elsewhere in the message by chance.
_TELLING = 5


@dataclass(frozen=True, slots=True)
class Sealed:
    """Encrypted evidence and the id of the key that opens it."""

    key_id: str
    blob: bytes


class EvidenceCipher:
    """AES-256-GCM under the first of `keys`; every one of them reads."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_key_id(key): key for key in reversed(keys)}
        self._current = _key_id(keys[0])

    @classmethod
    def of(cls, settings: EvidenceSettings) -> "EvidenceCipher":
        secrets = (settings.key, *settings.previous_keys)
        return cls([base64.b64decode(secret.get_secret_value()) for secret in secrets])

    def seal(self, content: Any, *, bound_to: str) -> Sealed:
        """Encrypt JSON `content` so that it opens only beside the message key `bound_to`."""
        nonce = get_random_bytes(_NONCE)
        cipher = AES.new(self._keys[self._current], AES.MODE_GCM, nonce=nonce, mac_len=_TAG)
        cipher.update(bound_to.encode())
        body, tag = cipher.encrypt_and_digest(json.dumps(content, ensure_ascii=False).encode())
        return Sealed(self._current, nonce + body + tag)

    def open(self, sealed: Sealed, *, bound_to: str) -> Any:
        """The content again.  Raises `EvidenceUnreadable`: key missing, or evidence altered."""
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise EvidenceUnreadable(f"no key {sealed.key_id} in the keyring")
        nonce, body, tag = _parts(sealed.blob)
        try:
            cipher = AES.new(key, AES.MODE_GCM, nonce=nonce, mac_len=_TAG)
            cipher.update(bound_to.encode())
            return json.loads(cipher.decrypt_and_verify(body, tag))
        except ValueError as error:
            raise EvidenceUnreadable("evidence was altered or belongs elsewhere") from error


class Fingerprinter:
    """Tells whether two secrets are the same without keeping either (HMAC-SHA256)."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def of(cls, settings: EvidenceSettings) -> "Fingerprinter":
        return cls(base64.b64decode(settings.fingerprint_key.get_secret_value()))

    def fingerprint(self, value: str) -> str:
        return hmac.new(self._key, value.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class PlacedHit:
    """A hit with its place in the redacted text, and its value if that is masked."""

    hit: Hit
    start: int
    end: int
    value: str


@dataclass(frozen=True, slots=True)
class Redacted:
    """A message's texts without the values of masked hits."""

    fields: tuple[TextField, ...]
    hits: tuple[PlacedHit, ...]


def redact(message: Message, hits: Iterable[Hit]) -> Redacted:
    """Cover every masked value wherever it stands in the message, and move the hits along.

    A masked value is covered also where no rule saw it: quoted a second time without its keyword,
    or in another field.
    """
    hits = tuple(hits)
    values = {value for hit in hits if hit.masked for value in _values(message, hit)}
    covers = [_Covers(field, _spans(field, hits, values)) for field in message.fields]
    placed = [_placed(hit, message, covers) for hit in hits]
    return Redacted(tuple(cover.redacted() for cover in covers), tuple(placed))


class _Covers:
    """One field and the spans of it to be covered, in order and apart."""

    def __init__(self, field: TextField, spans: list[tuple[int, int]]) -> None:
        self.field = field
        self._text = field.text
        self._spans = spans
        self._masks = [mask(self._text[start:end]) for start, end in spans]

    def redacted(self) -> TextField:
        edges = [(0, 0), *self._spans, (len(self._text), len(self._text))]
        clear = [self._text[left[1] : right[0]] for left, right in pairwise(edges)]
        pieces = [piece for pair in zip(clear, self._masks, strict=False) for piece in pair]
        return TextField(self.field.name, "".join([*pieces, clear[-1]]))

    def place(self, position: int, *, ends: bool) -> int:
        """Where `position` of the original text lies in the redacted one."""
        shift = 0
        for (start, end), cover in zip(self._spans, self._masks, strict=True):
            if position <= start:
                break
            if position < end:
                return start + shift + (len(cover) if ends else 0)
            shift += len(cover) - (end - start)
        return min(position, len(self._text)) + shift


def _placed(hit: Hit, message: Message, covers: list[_Covers]) -> PlacedHit:
    value = next(iter(_values(message, hit)), "") if hit.masked else ""
    for cover in covers:
        if _concerns(hit, cover.field):
            start = cover.place(hit.start, ends=False)
            return PlacedHit(hit, start, cover.place(hit.end, ends=True), value)
    return PlacedHit(hit, 0, 0, value)


def _values(message: Message, hit: Hit) -> list[str]:
    texts = (field.text for field in message.fields if _concerns(hit, field))
    return [value for text in texts if (value := text[hit.start : hit.end])]


def _concerns(hit: Hit, field: TextField) -> bool:
    return hit.field in ("", field.name)


def _spans(field: TextField, hits: Iterable[Hit], values: set[str]) -> list[tuple[int, int]]:
    """The spans of `field` to cover, overlapping ones joined, in order."""
    length = len(field.text)
    seen = [(h.start, min(h.end, length)) for h in hits if h.masked and _concerns(h, field)]
    again = [span for value in values for span in _occurrences(field.text, value)]
    joined: list[tuple[int, int]] = []
    for start, end in sorted(span for span in (*seen, *again) if span[0] < span[1]):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _occurrences(text: str, value: str) -> Iterable[tuple[int, int]]:
    at = text.find(value) if len(value) >= _TELLING else -1
    while at >= 0:
        yield at, at + len(value)
        at = text.find(value, at + 1)


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"evidence key id" + key).hexdigest()[:12]


def _parts(blob: bytes) -> tuple[bytes, bytes, bytes]:
    return blob[:_NONCE], blob[_NONCE:-_TAG], blob[-_TAG:]
