"""What may be spent within a window, whoever spends it."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from moderator.ledger.database.engine import Engine
from moderator.ledger.limits.admission import Admissions, Admitted
from moderator.ledger.limits.allowances import Allowances, Charge, Full
from moderator.ledger.limits.pauses import Pause

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def charge(
    receiver: str = "a", most: int = 2, window: timedelta = MINUTE, amount: int = 1
) -> Charge:
    return Charge(receiver=receiver, most=most, window=window, amount=amount)


async def ask(database: Engine, now: datetime, *charges: Charge) -> Admitted | Full | Pause:
    """One call that spends `charges`, of a process that knows nothing of others."""
    return await Admissions(database).ask(
        "", "/cgi-bin/x", charges, now, next_probe=lambda pause: pause.probe_at
    )


async def waits(database: Engine, now: datetime, *charges: Charge) -> timedelta:
    """How long the call has to wait; nothing where it was counted."""
    found = await ask(database, now, *charges)
    return found.until - now if isinstance(found, Full) else timedelta()


async def test_each_receiver_has_windows_of_its_own(database: Engine) -> None:
    """What one has got leaves the other's as they are."""
    found = [await waits(database, START, charge(one)) for one in "aaabb"]

    assert found == [timedelta(), timedelta(), MINUTE, timedelta(), timedelta()]


async def test_many_processes_at_once_spend_no_more_than_there_is(database: Engine) -> None:
    """Of forty that ask at the same moment, twenty-five are let through."""
    ends = await asyncio.gather(*(ask(database, START, charge(most=25)) for _ in range(40)))

    assert sum(isinstance(end, Admitted) for end in ends) == 25


async def test_a_message_to_many_is_counted_for_all_or_for_none(database: Engine) -> None:
    """A card for two officers goes to both or, for now, to neither."""
    await ask(database, START, charge("b", most=1))

    assert await waits(database, START, charge("a", most=1), charge("b", most=1)) == MINUTE
    assert await waits(database, START, charge("a", most=1)) == timedelta()


async def test_the_longest_window_counts_too(database: Engine) -> None:
    """Room in this minute is none where the hour is full."""
    both = charge(most=2), charge(most=3, window=HOUR)
    for minutes in (0, 1, 2):
        await ask(database, START + minutes * MINUTE, *both)

    assert await waits(database, START + 30 * MINUTE, *both) == 30 * MINUTE


async def test_a_call_may_weigh_more_than_one(database: Engine) -> None:
    """A group of forty people costs forty; it waits for as much as it needs."""
    await ask(database, START, charge(most=100, amount=40))
    await ask(database, START + MINUTE / 2, charge(most=100, amount=40))

    assert await waits(database, START + MINUTE / 2, charge(most=100, amount=40)) == MINUTE / 2
    assert await waits(database, START + MINUTE / 2, charge(most=100, amount=20)) == timedelta()


@pytest.mark.parametrize("seed", range(4))
async def test_no_window_ever_holds_more_than_its_most(database: Engine, seed: int) -> None:
    """Whoever comes whenever, to the millisecond."""
    chance, now, counted = random.Random(seed), START, list[datetime]()
    for _ in range(60):
        now += timedelta(milliseconds=chance.randrange(20_000))
        both = charge(most=3), charge(most=5, window=3 * MINUTE)
        if isinstance(await ask(database, now, *both), Admitted):
            counted.append(now)

    assert len(counted) > 10
    assert all(late - early >= MINUTE for early, late in zip(counted, counted[3:], strict=False))
    assert all(
        late - early >= 3 * MINUTE for early, late in zip(counted, counted[5:], strict=False)
    )


async def test_what_wecom_blocked_is_blocked_for_a_minute_and_then_for_an_hour(
    database: Engine,
) -> None:
    """By the window that overflowed: what is too much after two minutes is too much for an hour."""
    allowances, now, found = Allowances(database), START, []
    for _ in range(4):
        await allowances.block(charge(), now)
        wait = await waits(database, now, charge())
        found.append(wait)
        now += wait

    assert found == [MINUTE, MINUTE, HOUR, HOUR]


async def test_calls_that_were_refused_together_are_one_block(database: Engine) -> None:
    """Sixteen under way at once meet the same full window."""
    allowances = Allowances(database)
    await asyncio.gather(*(allowances.block(charge(), START) for _ in range(16)))

    assert await waits(database, START, charge()) == MINUTE


async def test_a_call_that_works_ends_the_row_of_blocks(database: Engine) -> None:
    """The next block is a short one again; until then who asks learns that there was one."""
    allowances = Allowances(database)
    for number in range(2):
        await allowances.block(charge(), START + number * MINUTE)
    admitted = await ask(database, START + 2 * MINUTE, charge())
    await allowances.unblock(charge())
    await allowances.block(charge(), START + 2 * MINUTE)

    assert isinstance(admitted, Admitted)
    assert admitted.blocked == {charge().key}
    assert await waits(database, START + 2 * MINUTE, charge()) == MINUTE


async def test_receivers_of_days_ago_are_forgotten(database: Engine) -> None:
    """The table grows with who is written to, not with who ever was."""
    await ask(database, START, charge("old"))
    await ask(database, START + timedelta(days=2), charge("new"))
    allowances = Allowances(database)

    assert await allowances.erase_expired(START + timedelta(days=2)) == 1
    assert await allowances.erase_expired(START + timedelta(days=2)) == 0
