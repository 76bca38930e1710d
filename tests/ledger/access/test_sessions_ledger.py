"""Log-ins: found by their secret, for as long as they last, and never longer."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from tests.ledger.access.conftest import Clock

from moderator.domain.access import Grant, Role
from moderator.errors import AccountChanged
from moderator.ledger.access.accounts import Account, Accounts, Newcomer, Source
from moderator.ledger.access.sessions import GRACE, ROTATED_EVERY, Sessions, Visit
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.schema.access import sessions
from moderator.web.cookies import csrf_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
IDLE, LIFETIME = timedelta(minutes=30), timedelta(hours=12)
VISIT = Visit(method="password", address="10.0.0.1", browser="Firefox" * 100)


@pytest.fixture
def kept(database: Engine, clock: Clock) -> Sessions:
    return Sessions(database, idle=IDLE, lifetime=LIFETIME, clock=clock)


@pytest.fixture
async def account(database: Engine, clock: Clock) -> Account:
    newcomer = Newcomer(name="wang (wecom)", display="王", source=Source.WECOM, subject="wang")
    grant = Grant(roles=frozenset({Role.VIEWER}))
    made = await Accounts(database, clock=clock).add(newcomer, grant, by="root")
    assert made is not None
    return made


async def renewed(kept: Sessions, secret: str) -> str:
    """What the secret is replaced by; empty if it stays."""
    entered = await kept.find(secret)
    assert entered is not None
    return entered.renewed


async def test_a_secret_finds_its_user(kept: Sessions, account: Account) -> None:
    """Any other secret finds nobody."""
    secret = await kept.begin(account, VISIT)

    found = await kept.find(secret)

    assert found is not None
    assert (found.account.id, found.renewed) == (account.id, "")
    assert await kept.find(secret[:-1]) is None
    assert await kept.find("") is None


async def test_secrets_are_not_kept(database: Engine, kept: Sessions, account: Account) -> None:
    """A thief of the database cannot continue anybody's log-in."""
    secret = await kept.begin(account, VISIT)
    async with database.begin() as transaction:
        (row,) = await transaction.rows(select(sessions))

    assert secret not in str(dict(row))
    assert secret.encode() not in bytes(row["digest"])


async def test_it_ends_when_nobody_looks(kept: Sessions, account: Account, clock: Clock) -> None:
    """After so long without a page; each page begins the time anew."""
    secret = await kept.begin(account, VISIT)
    for _ in range(3):
        clock.now += IDLE - timedelta(seconds=1)
        secret = await renewed(kept, secret) or secret
    clock.now += IDLE

    assert await kept.find(secret) is None


async def test_it_ends_in_any_case(kept: Sessions, account: Account, clock: Clock) -> None:
    """However busy somebody is, they log in again after the whole time."""
    secret = await kept.begin(account, VISIT)
    for _ in range(25):
        clock.now += timedelta(minutes=29)
        found = await kept.find(secret)
        assert (found is not None) == (clock.now < NOW + LIFETIME)
        secret = (found.renewed if found else "") or secret

    assert await kept.find(secret) is None


async def test_a_log_in_replaces_what_the_browser_had(kept: Sessions, account: Account) -> None:
    """A secret that was there before the log-in is worth nothing after it (session fixation)."""
    before = await kept.begin(account, VISIT)
    after = await kept.begin(account, VISIT, replaces=before)

    assert before != after
    assert await kept.find(before) is None
    assert await kept.find(after) is not None


async def test_logging_out_ends_one_or_all(
    database: Engine, kept: Sessions, account: Account
) -> None:
    """Here, or everywhere; the log tells which."""
    first, second, third = [await kept.begin(account, VISIT) for _ in range(3)]

    await kept.end(first, account)
    assert await kept.find(first) is None
    assert await kept.find(second) is not None

    assert await kept.end_all(account, by="boss") == 2
    assert await kept.find(third) is None
    rows = await Audit(database).page(limit=2)
    assert [(row.deed.actor, row.deed.action) for row in rows] == [
        ("boss", "logout"),
        (account.name, "logout"),
    ]


async def test_open_sessions_are_listed(kept: Sessions, account: Account, clock: Clock) -> None:
    """Each with where it is, the own one marked, the ended ones left out."""
    await kept.begin(account, VISIT)
    clock.now += IDLE
    own = await kept.begin(account, VISIT)

    (listed,) = await kept.of(account.id, secret=own)

    assert listed.own
    assert (listed.address, len(listed.browser)) == ("10.0.0.1", 200)


async def test_what_has_ended_is_not_kept(
    database: Engine, kept: Sessions, account: Account, clock: Clock
) -> None:
    """Each log-in clears away those that are over."""
    await kept.begin(account, VISIT)
    clock.now += LIFETIME
    await kept.begin(account, VISIT)

    async with database.begin() as transaction:
        assert len(await transaction.rows(select(sessions.c.digest))) == 1


async def test_what_was_proved_before_a_change_opens_nothing_after_it(
    database: Engine, kept: Sessions, account: Account, clock: Clock
) -> None:
    """Whoever knew the old password, and is let in too late, stays outside."""
    clock.now += timedelta(seconds=1)
    await Accounts(database, clock=clock).set_password(account, "another hash", by="root")

    with pytest.raises(AccountChanged):
        await kept.begin(account, VISIT)

    assert await kept.of(account.id) == []


async def test_of_a_log_in_and_a_change_at_the_same_moment_the_change_wins(
    database: Engine, kept: Sessions, account: Account, clock: Clock
) -> None:
    """Whichever is first: no session of before is open after both."""
    accounts = Accounts(database, clock=clock)
    for turn in range(10):
        clock.now += timedelta(seconds=1)
        now = await accounts.one(account.id)
        await asyncio.gather(
            *(kept.begin(now, VISIT) for _ in range(3)),
            accounts.set_password(now, f"hash {turn}", by="root"),
            return_exceptions=True,
        )
        assert await kept.of(account.id) == []


async def test_a_session_changes_its_secret(kept: Sessions, account: Account, clock: Clock) -> None:
    """Every quarter of an hour in which it is used; forms that were open before still count."""
    secret = await kept.begin(account, VISIT)
    clock.now += ROTATED_EVERY - timedelta(seconds=1)
    assert await renewed(kept, secret) == ""
    clock.now += timedelta(seconds=1)

    after = await renewed(kept, secret)

    assert after not in ("", secret)
    assert csrf_of(after) == csrf_of(secret)
    assert await renewed(kept, after) == ""
    (listed,) = await kept.of(account.id, secret=secret)
    assert listed.own


async def test_requests_under_way_keep_the_secret_before(
    kept: Sessions, account: Account, clock: Clock
) -> None:
    """Of several at once one brings the new secret; the others are answered all the same."""
    secret = await kept.begin(account, VISIT)
    clock.now += ROTATED_EVERY

    told = [await renewed(kept, secret) for _ in range(4)]
    clock.now += GRACE - timedelta(seconds=1)

    assert [bool(each) for each in told] == [True, False, False, False]
    assert await renewed(kept, told[0]) == ""
    clock.now += GRACE - timedelta(seconds=1)
    assert await renewed(kept, secret) == ""


async def test_whose_new_secret_was_lost_gets_another(
    kept: Sessions, account: Account, clock: Clock
) -> None:
    """A connection that broke off logs nobody out."""
    secret = await kept.begin(account, VISIT)
    clock.now += ROTATED_EVERY
    lost = await renewed(kept, secret)
    clock.now += GRACE

    second = await renewed(kept, secret)

    assert second not in ("", lost)
    assert await kept.find(lost) is None
    assert await renewed(kept, second) == ""


async def test_who_shows_an_old_secret_late_ends_the_session(
    database: Engine, kept: Sessions, account: Account, clock: Clock
) -> None:
    """Somebody took it: neither they nor the other go on, and the log tells."""
    secret = await kept.begin(account, VISIT)
    clock.now += ROTATED_EVERY
    after = await renewed(kept, secret)
    await renewed(kept, after)
    clock.now += GRACE

    assert await kept.find(secret) is None

    assert await kept.find(after) is None
    (newest,) = await Audit(database).page(limit=1)
    assert (newest.deed.actor, newest.deed.action) == (account.name, "login.replayed")


async def test_logging_out_with_the_secret_before_ends_the_session(
    kept: Sessions, account: Account, clock: Clock
) -> None:
    """The request that logs out may be the one that would have brought the new one."""
    secret = await kept.begin(account, VISIT)
    clock.now += ROTATED_EVERY
    after = await renewed(kept, secret)

    await kept.end(secret, account)

    assert await kept.find(after) is None
