"""Passwords: hashed with Argon2id, in RFC 9106's second recommended setting (64 MiB, 3 passes).

OWASP's password storage cheat sheet asks for less; a log-in has the time for more.
"""

import asyncio
import base64
import secrets
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

SHORTEST: Final = 12  # NIST SP 800-63B asks for 8 at least, and no rules about signs
LONGEST: Final = 1024
_AT_ONCE: Final = 4  # each takes 64 MiB


class Passwords:
    """Hashes and verifies in threads, a few at once; whoever comes then waits."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._nobodys = _nobodys(self._hasher)
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash with its parameters and salt, as it is kept."""
        async with self._places:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, kept: str) -> bool:
        """Whether this is the password; where none is kept, as much work for nothing."""
        async with self._places:
            return await asyncio.to_thread(self._fits, password, kept or self._nobodys)

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than are in use."""
        return self._hasher.check_needs_rehash(kept)

    def _fits(self, password: str, kept: str) -> bool:
        try:
            return self._hasher.verify(kept, password.encode("utf-8", "surrogateescape"))
        except (VerificationError, InvalidHashError):
            return False


def fault_of(password: str, name: str) -> str:
    """Why this is no password for a user of that name, as a word for programs; empty if it is."""
    if len(password) < SHORTEST:
        return "too_short"
    if len(password) > LONGEST:
        return "too_long"
    if password.casefold().replace(name.casefold(), "") == "" or len(set(password)) < 4:
        return "too_simple"
    return ""


def _nobodys(hasher: PasswordHasher) -> str:
    """What looks like a hash, takes as long to verify, and no password fits."""
    salt, digest = (_encoded(length) for length in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


def _encoded(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode().rstrip("=")
