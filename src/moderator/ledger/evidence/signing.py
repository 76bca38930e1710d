"""Ed25519 signatures (RFC 8032) with keys that follow from the keyring.

An outsider needs nothing but the public key to check one.
"""

import base64
from collections.abc import Sequence
from typing import Final

from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from moderator.settings import EvidenceSettings

_PURPOSE: Final = b"moderator: evidence packs are signed with this"


class Signer:
    """Signs with the key that follows from the first of `keys` (HKDF-SHA256, RFC 5869)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = [_signing_key(key) for key in keys]
        self._signature = eddsa.new(self._keys[0], "rfc8032")

    @classmethod
    def of(cls, settings: EvidenceSettings) -> "Signer":
        secrets = (settings.key, *settings.previous_keys)
        return cls([base64.b64decode(secret.get_secret_value()) for secret in secrets])

    @property
    def public_keys(self) -> Sequence[str]:
        """64 hex digits each, the one that signs now first."""
        return [key.public_key().export_key(format="raw").hex() for key in self._keys]

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._signature.sign(message)


def _signing_key(key: bytes) -> ECC.EccKey:
    seed = HKDF(key, 32, b"", SHA256, 1, _PURPOSE)
    if not isinstance(seed, bytes):  # several keys were asked for, which they are not
        raise TypeError
    return ECC.construct(curve="Ed25519", seed=seed)
