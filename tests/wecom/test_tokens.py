"""One token is fetched for all who ask, given up in time, and never begged for."""

import asyncio
import gc
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from moderator.errors import WeComRefused, WeComUnreachable
from moderator.wecom.tokens import Token, TokenCache


@dataclass
class Source:
    """Gives out numbered tokens, or what it is told to raise; time stands still until moved."""

    lifetime: timedelta = timedelta(hours=2)
    now: float = 0.0
    asked: int = 0
    errors: list[Exception] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def fetch(self) -> Token:
        self.asked += 1
        if self.gate:
            await self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)
        return Token(f"t{self.asked}", self.lifetime)

    def cache(self) -> TokenCache:
        return TokenCache(self.fetch, clock=lambda: self.now)


async def turns(count: int = 5) -> None:
    """Let the other tasks run."""
    for _ in range(count):
        await asyncio.sleep(0)


async def test_token_is_kept() -> None:
    """The second asker gets the first one's token."""
    source = Source()
    cache = source.cache()

    assert [await cache.token(), await cache.token()] == ["t1", "t1"]


@pytest.mark.parametrize(
    ("lifetime", "good"), [(timedelta(hours=2), 6899), (timedelta(seconds=10), 8.9)]
)
async def test_token_is_given_up_before_it_expires(lifetime: timedelta, good: float) -> None:
    """Five minutes, or a tenth of a short life, before its end a token is renewed."""
    source = Source(lifetime=lifetime)
    cache = source.cache()
    await cache.token()

    source.now = good
    assert await cache.token() == "t1"
    source.now = good + 2
    assert await cache.token() == "t2"


async def test_all_who_wait_get_the_same_token() -> None:
    """While one fetch is under way nobody starts another."""
    source = Source(gate=asyncio.Event())
    cache = source.cache()
    waiting = [asyncio.create_task(cache.token()) for _ in range(10)]
    await turns()

    assert source.gate
    source.gate.set()

    assert set(await asyncio.gather(*waiting)) == {"t1"}
    assert source.asked == 1


async def test_one_who_leaves_does_not_stop_the_fetch() -> None:
    """A cancelled asker leaves the others their token."""
    source = Source(gate=asyncio.Event())
    cache = source.cache()
    first, second = (asyncio.create_task(cache.token()) for _ in range(2))
    await turns()
    first.cancel()
    await turns()

    assert source.gate
    source.gate.set()

    assert await second == "t1"
    assert source.asked == 1


async def test_failed_fetch_fails_all_who_wait() -> None:
    """Nobody waits for the same time-out once more; the next asker tries again."""
    source = Source(gate=asyncio.Event(), errors=[WeComUnreachable("/gettoken", "ConnectTimeout")])
    cache = source.cache()
    waiting = [asyncio.create_task(cache.token()) for _ in range(3)]
    await turns()

    assert source.gate
    source.gate.set()

    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(outcome, WeComUnreachable) for outcome in outcomes)
    assert source.asked == 1
    assert await cache.token() == "t2"


async def test_abandoned_failure_is_silent() -> None:
    """A fetch that fails when nobody waits any more is no unhandled error of the event loop."""
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, said: complaints.append(said))
    source = Source(gate=asyncio.Event(), errors=[WeComUnreachable("/gettoken", "ConnectTimeout")])
    asking = asyncio.create_task(source.cache().token())
    await turns()
    asking.cancel()
    assert source.gate
    source.gate.set()
    await turns()

    gc.collect()

    assert source.asked == 1
    assert complaints == []


async def test_every_fetched_token_is_told() -> None:
    """A token from the cache is no new one, and a refusal is none."""
    source, told = Source(), list[float]()
    cache = TokenCache(
        source.fetch, clock=lambda: source.now, on_fetched=lambda: told.append(source.now)
    )
    source.errors = [WeComUnreachable("/gettoken", "ConnectTimeout")]
    with pytest.raises(WeComUnreachable):
        await cache.token()
    for source.now in (10.0, 20.0, 9000.0):
        await cache.token()

    assert told == [10.0, 9000.0]


async def test_dropped_token_is_replaced() -> None:
    """A token that WeCom refused is not given out again."""
    cache = Source().cache()
    cache.drop(await cache.token())

    assert await cache.token() == "t2"


async def test_dropping_an_old_token_keeps_the_new_one() -> None:
    """Whoever learns late that the old token is stale does not throw the new one away."""
    cache = Source().cache()
    old = await cache.token()
    cache.drop(old)
    await cache.token()
    cache.drop(old)

    assert await cache.token() == "t2"


@pytest.mark.parametrize(
    ("code", "held"),
    [(40001, 3600), (40013, 3600), (41004, 3600), (60020, 60), (45009, 60), (-1, 0)],
)
async def test_refusal_is_remembered(code: int, held: int) -> None:
    """A wrong secret is held for an hour, other refusals for a minute, being busy not at all."""
    refusal = WeComRefused(code, "no", "/gettoken")
    source = Source(errors=[refusal])
    cache = source.cache()
    with pytest.raises(WeComRefused):
        await cache.token()

    source.now = held - 1
    if held:
        with pytest.raises(WeComRefused) as again:
            await cache.token()
        assert again.value == refusal
        assert source.asked == 1

    source.now = held + 1
    assert await cache.token() == "t2"
