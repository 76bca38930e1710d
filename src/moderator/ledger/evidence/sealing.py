"""How what people wrote is kept: secrets taken out, the rest encrypted."""

import base64
import hashlib
import hmac
import json
import os
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from moderator.domain.finding import Hit
from moderator.domain.message import Message, TextField
from moderator.errors import EvidenceUnreadable
from moderator.matching.masking import mask
from moderator.settings import EvidenceSettings

MOST_HITS = 200  # kept of one message, the gravest; nobody reads more

Span: TypeAlias = tuple[int, int]  # start, end (code points)

_NONCE = 12
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
        self._keys = {_key_id(key): AESGCM(key) for key in reversed(keys)}
        self._current = _key_id(keys[0])

    @classmethod
    def of(cls, settings: EvidenceSettings) -> "EvidenceCipher":
        secrets = (settings.key, *settings.previous_keys)
        return cls([base64.b64decode(secret.get_secret_value()) for secret in secrets])

    @property
    def current(self) -> str:
        """The id of the key that everything new is sealed with."""
        return self._current

    @property
    def key_ids(self) -> Sequence[str]:
        """All keys of the keyring, the current one first."""
        return [self._current, *(key_id for key_id in self._keys if key_id != self._current)]

    def knows(self, key_id: str) -> bool:
        return key_id in self._keys

    def seal(self, content: Any, *, bound_to: str) -> Sealed:
        """Encrypt JSON `content` so that it opens only beside the message key `bound_to`."""
        return self._encrypted(json.dumps(content, ensure_ascii=False).encode(), bound_to)

    def open(self, sealed: Sealed, *, bound_to: str) -> Any:
        """The content again.  Raises `EvidenceUnreadable`: key missing, or evidence altered."""
        return json.loads(self._decrypted(sealed, bound_to))

    def seal_again(self, sealed: Sealed, *, bound_to: str) -> Sealed:
        """The same content under the current key; raises as `open`."""
        return self._encrypted(self._decrypted(sealed, bound_to), bound_to)

    def _encrypted(self, content: bytes, bound_to: str) -> Sealed:
        nonce = os.urandom(_NONCE)
        sealed = self._keys[self._current].encrypt(nonce, content, bound_to.encode())
        return Sealed(self._current, nonce + sealed)

    def _decrypted(self, sealed: Sealed, bound_to: str) -> bytes:
        key = self._keys.get(sealed.key_id)
        if key is None:
            raise EvidenceUnreadable(f"no key {sealed.key_id} in the keyring")
        nonce, body = sealed.blob[:_NONCE], sealed.blob[_NONCE:]
        try:
            return key.decrypt(nonce, body, bound_to.encode())
        except (InvalidTag, ValueError) as error:
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
    """A message's texts without the values of masked hits, and the hits that are kept with it."""

    fields: tuple[TextField, ...]
    hits: tuple[PlacedHit, ...]
    omitted: int  # hits beyond `MOST_HITS`; their values are covered too


def redact(message: Message, hits: Sequence[Hit]) -> Redacted:
    """Cover every masked value wherever it occurs in the message, and shift the hits accordingly.

    A masked value is covered also where no rule saw it: quoted a second time without its keyword,
    or in another field.  The work grows in proportion to the text and the number of hits: it is
    done on the event loop, and a message can be full of hits.
    """
    texts = _texts_by_name(message)
    masked = [hit for hit in hits if hit.masked]
    again = _Occurrences(value for hit in masked for value in _values(texts, hit))
    seen = _spans_by_name(masked)
    covers = [
        _Covers(field, _joined([*seen[""], *seen[field.name], *again.find(field.text)], field.text))
        for field in message.fields
    ]
    first = _first_by_name(covers)
    kept = tuple(_placed(hit, texts, first.get(hit.field)) for hit in hits[:MOST_HITS])
    return Redacted(tuple(cover.redacted() for cover in covers), kept, len(hits) - len(kept))


class _Covers:
    """One field and the spans of it to be covered, in order and apart."""

    def __init__(self, field: TextField, spans: list[Span]) -> None:
        self.field = field
        self._text = field.text
        self._spans = spans
        self._masks = [mask(self._text[start:end]) for start, end in spans]
        self._starts = [start for start, _ in spans]
        grown = (len(cover) - (end - start) for (start, end), cover in self._covered())
        self._shifts = [0, *accumulate(grown)]  # of what stands before the n-th span

    def redacted(self) -> TextField:
        edges = [(0, 0), *self._spans, (len(self._text), len(self._text))]
        clear = [self._text[left[1] : right[0]] for left, right in pairwise(edges)]
        pieces = [piece for pair in zip(clear, self._masks, strict=False) for piece in pair]
        return TextField(self.field.name, "".join([*pieces, clear[-1]]))

    def place(self, position: int, *, ends: bool) -> int:
        """Where `position` of the original text lies in the redacted one."""
        before = bisect_left(self._starts, position)  # spans that begin before it
        if before and position < self._spans[before - 1][1]:
            cover = len(self._masks[before - 1]) if ends else 0
            return self._starts[before - 1] + self._shifts[before - 1] + cover
        return min(position, len(self._text)) + self._shifts[before]

    def _covered(self) -> Iterable[tuple[Span, str]]:
        return zip(self._spans, self._masks, strict=True)


class _Occurrences:
    """Finds values in texts, however many values there are, by how they begin."""

    def __init__(self, values: Iterable[str]) -> None:
        self._values = {value for value in values if len(value) >= _TELLING}
        lengths: defaultdict[str, set[int]] = defaultdict(set)
        for value in self._values:
            lengths[value[:_TELLING]].add(len(value))
        self._lengths = {begin: sorted(found, reverse=True) for begin, found in lengths.items()}

    def find(self, text: str) -> Iterator[Span]:
        """At each place the longest value that begins there."""
        places = range(len(text) - _TELLING + 1) if self._values else ()
        for at in places:
            for length in self._lengths.get(text[at : at + _TELLING], ()):
                if text[at : at + length] in self._values:
                    yield at, at + length
                    break


def _placed(hit: Hit, texts: Mapping[str, list[str]], cover: _Covers | None) -> PlacedHit:
    value = next(iter(_values(texts, hit)), "") if hit.masked else ""
    if cover is None:
        return PlacedHit(hit, 0, 0, value)
    start = cover.place(hit.start, ends=False)
    return PlacedHit(hit, start, cover.place(hit.end, ends=True), value)


def _values(texts: Mapping[str, list[str]], hit: Hit) -> list[str]:
    found = (text[hit.start : hit.end] for text in texts.get(hit.field, ()))
    return [value for value in found if value]


def _texts_by_name(message: Message) -> Mapping[str, list[str]]:
    """The texts that a hit in a field of that name concerns; one without a name concerns all."""
    texts: dict[str, list[str]] = {"": [field.text for field in message.fields]}
    for field in message.fields:
        if field.name:
            texts.setdefault(field.name, []).append(field.text)
    return texts


def _spans_by_name(masked: Iterable[Hit]) -> defaultdict[str, list[Span]]:
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for hit in masked:
        spans[hit.field].append((hit.start, hit.end))
    return spans


def _first_by_name(covers: Sequence[_Covers]) -> Mapping[str, _Covers]:
    named = {cover.field.name: cover for cover in reversed(covers)}
    if covers:
        named[""] = covers[0]
    return named


def _joined(spans: Iterable[Span], text: str) -> list[Span]:
    """The spans within `text`, overlapping ones joined, in order."""
    joined: list[Span] = []
    for start, end in sorted((start, min(end, len(text))) for start, end in spans):
        if start >= end:
            continue
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _key_id(key: bytes) -> str:
    return hashlib.sha256(b"evidence key id" + key).hexdigest()[:12]
