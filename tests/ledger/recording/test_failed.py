"""Callbacks that could not be processed, kept until they are replayed."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from moderator.errors import LedgerUnavailable
from moderator.ledger.database.engine import Engine
from moderator.ledger.recording.failed import LEASE, FailedMessages

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def failed(database: Engine) -> FailedMessages:
    return FailedMessages(database)


async def _keep(failed: FailedMessages, key: str = "k1", reason: str = "KeyError") -> int:
    return await failed.keep("chat", key, b"<xml/>\x00", "sig", "17", "nonce", reason, now=NOW)


async def test_a_callback_is_kept_as_it_was_received(failed: FailedMessages) -> None:
    """Body, signature, time and nonce come back byte for byte, with the reason."""
    await _keep(failed)

    (kept,) = await failed.list()
    assert (kept.app, kept.key, kept.body) == ("chat", "k1", b"<xml/>\x00")
    assert (kept.signature, kept.timestamp, kept.nonce) == ("sig", "17", "nonce")
    assert (kept.reason, kept.attempts, kept.received_at) == ("KeyError", 1, NOW)


async def test_a_repeated_delivery_is_kept_once_and_counted(failed: FailedMessages) -> None:
    """WeCom delivers up to three times; the callback is kept once with its newest reason."""
    ids = await asyncio.gather(*(_keep(failed, reason="ValueError") for _ in range(3)))

    (kept,) = await failed.list()
    assert (len(set(ids)), kept.attempts, kept.reason) == (1, 3, "ValueError")


async def test_a_callback_is_taken_by_one_only(failed: FailedMessages) -> None:
    """Two replays at once do not process the same callback."""
    await _keep(failed)

    taken = await asyncio.gather(*(failed.take(now=NOW) for _ in range(4)))

    assert len([each for each in taken if each]) == 1


async def test_a_taken_callback_can_be_taken_again_after_a_while(failed: FailedMessages) -> None:
    """A replay that crashed does not keep the callback for ever."""
    await _keep(failed)
    await failed.take(now=NOW)

    assert await failed.take(now=NOW + LEASE - timedelta(seconds=1)) is None
    assert await failed.take(now=NOW + LEASE) is not None


async def test_a_replayed_callback_is_no_longer_listed_and_its_body_gone(
    failed: FailedMessages,
) -> None:
    """What it held is in the ledger now and need not be kept twice."""
    kept = await _keep(failed)
    await failed.settle(kept, now=NOW)

    assert await failed.list() == []
    assert await failed.count() == 0
    (settled,) = await failed.list(settled=True)
    assert (settled.body, settled.settled_at) == (b"", NOW)


async def test_a_callback_that_fails_again_stays(failed: FailedMessages) -> None:
    """The newest reason is kept, the try counted, and it can be taken at once."""
    kept = await _keep(failed)
    await failed.take(now=NOW)
    await failed.fail_again(kept, "TypeError")

    again = await failed.take(now=NOW)
    assert again is not None
    assert (again.reason, again.attempts) == ("TypeError", 2)


async def test_a_callback_that_cannot_be_kept_in_time_is_given_up(database: Engine) -> None:
    """While the table is locked that is said before WeCom hangs up, which delivers it again."""
    failed = FailedMessages(database, within=timedelta(milliseconds=100))

    async with asyncio.timeout(10), database.begin() as locking:
        await locking.script("LOCK TABLE failed_messages IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LedgerUnavailable):
            await _keep(failed)


async def test_a_callback_that_was_never_replayed_is_erased_in_the_end(
    database: Engine,
) -> None:
    """After its time what it held is gone; that it came and why it failed stays in the list."""
    failed = FailedMessages(database, keep=timedelta(days=9))
    kept = await _keep(failed)

    early = await failed.erase_expired(NOW + timedelta(days=8))
    late = await failed.erase_expired(NOW + timedelta(days=9))
    again = await failed.erase_expired(NOW + timedelta(days=9))

    assert (early, late, again) == (0, 1, 0)
    (shell,) = await failed.list()
    assert (shell.id, shell.body, shell.reason) == (kept, b"", "KeyError")
    assert shell.erased_at == NOW + timedelta(days=9)
    assert await failed.take(now=NOW) is None
    assert await failed.count() == 0


async def test_an_erased_callback_that_comes_anew_can_be_replayed(failed: FailedMessages) -> None:
    """It is kept whole and for the whole time once more."""
    await _keep(failed)
    await failed.erase_expired(NOW + timedelta(days=999))
    await _keep(failed)

    taken = await failed.take(now=NOW)
    assert taken is not None
    assert taken.body == b"<xml/>\x00"


async def test_a_replayed_callback_that_comes_and_fails_anew_is_whole(
    failed: FailedMessages,
) -> None:
    """A later delivery of a settled callback is kept with its body, not as an empty shell."""
    await failed.settle(await _keep(failed))
    await _keep(failed)

    (kept,) = await failed.list()
    assert kept.body == b"<xml/>\x00"


async def test_taking_goes_on_after_an_id_or_names_one(failed: FailedMessages) -> None:
    """A replay of everything walks up the ids, so one that fails again is not met twice."""
    ids = [await _keep(failed, key) for key in ("a", "b", "c")]

    named = await failed.take(only=ids[2], now=NOW)
    after = await failed.take(after=ids[0], now=NOW)
    assert named is not None
    assert after is not None
    assert (named.id, after.id) == (ids[2], ids[1])
    assert await failed.take(after=ids[0], now=NOW) is None
