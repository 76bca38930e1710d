"""Guesses: few are free, the next ones wait, and no crowd gets more through."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.ledger.access.conftest import Clock

from moderator.ledger.access.attempts import (
    FORGOTTEN_AFTER,
    LONGEST_WAIT,
    Attempts,
    Guessed,
    wait_after,
)
from moderator.ledger.audit import Audit, Deed
from moderator.ledger.database.engine import Engine
from moderator.ledger.schema.access import login_attempts

WANG = Guessed.account("wang")
HERE = Guessed.address("10.0.0.1")
REFUSED = Deed(actor="wang", action="login.throttled")


@pytest.fixture
def attempts(database: Engine, clock: Clock) -> Attempts:
    return Attempts(database, clock=clock)


async def guesses(attempts: Attempts, number: int, *guessed: Guessed) -> int:
    """How many of so many at once are admitted."""
    waits = await asyncio.gather(*(attempts.admit(*guessed) for _ in range(number)))
    return waits.count(timedelta(0))


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (10, 32), (14, 512), (15, 900)]
)
def test_each_guess_beyond_the_free_ones_doubles_the_wait(failures: int, seconds: int) -> None:
    """From a second up to a quarter of an hour."""
    assert wait_after(failures, 5) == timedelta(seconds=seconds)
    assert wait_after(10_000, 5) == LONGEST_WAIT


async def test_a_crowd_gets_no_more_through_than_one(attempts: Attempts) -> None:
    """What is counted before it is looked at cannot be outrun."""
    assert await guesses(attempts, 20, WANG, HERE) == WANG.free


async def test_guessing_at_one_account_from_everywhere_waits(attempts: Attempts) -> None:
    """Another address does not help."""
    admitted = [await attempts.admit(WANG, Guessed.address(f"10.0.0.{turn}")) for turn in range(7)]

    assert admitted[:5] == [timedelta(0)] * 5
    assert admitted[5] > timedelta(0)


async def test_guessing_at_many_accounts_from_one_place_waits(attempts: Attempts) -> None:
    """Another name does not help either (one password tried on everybody)."""
    admitted = 0
    for turn in range(40):
        wait = await attempts.admit(Guessed.account(f"n{turn}"), HERE)
        admitted += wait == timedelta(0)

    assert admitted == HERE.free


async def test_a_guess_that_has_to_wait_does_not_count(attempts: Attempts, clock: Clock) -> None:
    """Nobody is kept out for ever by somebody who knocks all the time."""
    await guesses(attempts, 5, WANG, HERE)
    await guesses(attempts, 10, WANG, HERE)
    clock.now += timedelta(seconds=1)

    assert await attempts.admit(WANG, HERE) == timedelta(0)


async def test_the_right_password_forgives_the_account(attempts: Attempts) -> None:
    """But of the address only this one guess: an own account is no licence to guess at others."""
    for _ in range(8):
        await guesses(attempts, 4, WANG, HERE)
        await attempts.forgive(WANG, HERE)

    assert await guesses(attempts, 10, WANG) == WANG.free
    assert await guesses(attempts, 10, HERE) < 10


async def test_guesses_are_forgotten_after_a_day(attempts: Attempts, clock: Clock) -> None:
    """Whoever mistypes a few times a week never waits."""
    await guesses(attempts, 5, WANG)
    clock.now += FORGOTTEN_AFTER + timedelta(seconds=1)

    assert await guesses(attempts, 10, WANG) == WANG.free


async def test_several_processes_count_together(database: Engine, clock: Clock) -> None:
    """The count is in the database, whoever asks."""
    first, second = Attempts(database, clock=clock), Attempts(database, clock=clock)
    await guesses(first, 3, WANG)

    assert await guesses(second, 5, WANG) == 2


async def test_an_admin_may_let_somebody_try_again(attempts: Attempts) -> None:
    """Whoever was locked out by somebody else need not wait."""
    await guesses(attempts, 10, WANG)
    await attempts.forget(WANG)

    assert await attempts.admit(WANG) == timedelta(0)


async def test_a_flood_of_refused_guesses_is_one_row_of_the_audit_log(
    database: Engine, attempts: Attempts, clock: Clock
) -> None:
    """One for each wait, however many come during it."""
    await guesses(attempts, 5, WANG, HERE)
    for turn in range(1, 4):
        refused = [attempts.admit(WANG, HERE, refused=REFUSED) for _ in range(10)]
        assert timedelta(0) not in await asyncio.gather(*refused)

        told = await Audit(database).page()
        assert [row.deed.action for row in told] == ["login.throttled"] * turn
        clock.now += timedelta(minutes=1)
        assert await attempts.admit(WANG, HERE, refused=REFUSED) == timedelta(0)


async def test_who_waits_at_two_doors_is_told_of_once(database: Engine, attempts: Attempts) -> None:
    """Other addresses make no more rows of a wait at the account."""
    await guesses(attempts, 5, WANG)
    for turn in range(20):
        await attempts.admit(WANG, Guessed.address(f"10.0.0.{turn}"), refused=REFUSED)

    assert len(await Audit(database).page()) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("", "unix:", False),
    ],
)
def test_addresses_of_one_connection_count_together(one: str, other: str, *, same: bool) -> None:
    """With IPv6 anybody has 2^64 of them."""
    assert (Guessed.address(one).key == Guessed.address(other).key) == same


async def test_what_counts_no_more_is_cleared_away(
    database: Engine, attempts: Attempts, clock: Clock
) -> None:
    """Nobody has to log in for that; what still counts stays."""
    await guesses(attempts, 3, WANG)
    clock.now += FORGOTTEN_AFTER + timedelta(seconds=1)
    await attempts.admit(HERE)

    assert await attempts.erase_expired(clock.now) == 1

    async with database.begin() as transaction:
        (row,) = await transaction.rows(select(login_attempts))
    assert bytes(row["key"]) == HERE.key
    assert await attempts.erase_expired(clock.now) == 0
