"""Access tokens: one per corp and secret, fetched once and shared (`wecom.md` §7.1)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import NamedTuple

from moderator.errors import WeComPaused, WeComRefused
from moderator.wecom.errors import BUSY, WRONG_SECRET

EARLIER = timedelta(minutes=5)  # a token is given up before WeCom does, clocks being what they are
WRONG_SECRET_HELD = timedelta(hours=1)  # as long as WeCom bans an address that keeps asking
REFUSAL_HELD = timedelta(
    minutes=1
)  # as long as a change of 企业可信IP takes, and the shortest block


class Token(NamedTuple):
    """An access token and how long WeCom says it is good for."""

    value: str
    lifetime: timedelta


class TokenCache:
    """Hands out one token to everyone who asks; only one of them fetches it.

    A refusal is remembered and repeated without asking WeCom: for an hour where secret or corp id
    are wrong (asking again gets the address banned for that long, with everyone behind it), for a
    minute otherwise.  Being busy (-1) and network failures are not remembered, nor is a pause,
    which ends when it ends.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Token]],
        *,
        clock: Callable[[], float] = time.monotonic,
        on_fetched: Callable[[], None] = lambda: None,
    ) -> None:
        self._fetch = fetch
        self._on_fetched = on_fetched
        self._clock = clock
        self._token = ""
        self._good_until = 0.0
        self._refusal: WeComRefused | None = None
        self._held_until = 0.0
        self._flight: asyncio.Task[str] | None = None

    async def token(self) -> str:
        """Return a token; raises `WeComRefused` or `WeComUnreachable`."""
        if self._token and self._clock() < self._good_until:
            return self._token
        if self._refusal and self._clock() < self._held_until:
            raise WeComRefused(self._refusal.code, self._refusal.message, self._refusal.path)
        if self._flight is None:
            self._flight = asyncio.create_task(self._renew())
            self._flight.add_done_callback(self._landed)
        return await asyncio.shield(self._flight)

    def drop(self, token: str) -> None:
        """Forget `token`, which WeCom no longer takes, unless a newer one is already here."""
        if token == self._token:
            self._token = ""

    async def _renew(self) -> str:
        try:
            token = await self._fetch()
        except WeComRefused as refusal:
            self._remember(refusal)
            raise
        self._token = token.value
        self._on_fetched()
        margin = min(EARLIER, token.lifetime / 10)
        self._good_until = self._clock() + (token.lifetime - margin).total_seconds()
        return token.value

    def _remember(self, refusal: WeComRefused) -> None:
        if refusal.code == BUSY or isinstance(refusal, WeComPaused):
            return
        held = WRONG_SECRET_HELD if refusal.code in WRONG_SECRET else REFUSAL_HELD
        self._refusal, self._held_until = refusal, self._clock() + held.total_seconds()

    def _landed(self, flight: asyncio.Task[str]) -> None:
        self._flight = None
        if not flight.cancelled():
            flight.exception()  # everyone who waited may have been cancelled meanwhile
