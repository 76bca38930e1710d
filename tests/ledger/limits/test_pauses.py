"""Pauses that every process respects, and how they end."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from moderator.errors import NotFound
from moderator.ledger.database.engine import Engine
from moderator.ledger.limits.admission import Admissions, Admitted
from moderator.ledger.limits.allowances import Full
from moderator.ledger.limits.pauses import Cause, Pause, Pauses, later

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def cause(path: str = "", credential: str = "c1", errcode: int = 60020) -> Cause:
    return Cause(
        app="desk", path=path, credential=credential, errcode=errcode, reason="not allowed"
    )


async def pause(
    database: Engine, now: datetime = START, *, path: str = "", credential: str = "c1"
) -> Pause:
    return await Pauses(database).pause(cause(path, credential), now=now, until=now + MINUTE)


async def ask(
    database: Engine, now: datetime, path: str = "/a", credential: str = "c1"
) -> Admitted | Full | Pause:
    """A call of another process."""
    return await Admissions(database).ask(
        credential,
        path,
        (),
        now,
        next_probe=lambda standing: later(standing, now, first=MINUTE, longest=HOUR),
    )


async def test_a_paused_app_is_paused_for_every_process(database: Engine) -> None:
    """Whatever it calls; apps with another secret go on."""
    standing = await pause(database)

    assert await ask(database, START) == standing
    assert isinstance(await ask(database, START, credential="c2"), Admitted)


async def test_a_call_that_is_not_permitted_leaves_the_others_alone(database: Engine) -> None:
    """Only the path that WeCom named is paused."""
    standing = await pause(database, path="/a")

    assert await ask(database, START, "/a") == standing
    assert isinstance(await ask(database, START, "/b"), Admitted)


async def test_one_of_all_who_come_after_its_time_may_try(database: Engine) -> None:
    """The others wait for the next time, twice as far away."""
    standing = await pause(database)

    ends = await asyncio.gather(*(ask(database, START + MINUTE) for _ in range(10)))
    after = await ask(database, START + MINUTE)

    assert [end for end in ends if isinstance(end, Admitted)] == [Admitted((standing.id,))]
    assert isinstance(after, Pause)
    assert (after.probes, after.probe_at) == (1, START + 3 * MINUTE)


async def test_a_pause_that_is_confirmed_stays_as_old_as_it_is(database: Engine) -> None:
    """It neither begins anew nor becomes shorter."""
    first = await pause(database)
    await ask(database, START + MINUTE)
    again = await pause(database, START + MINUTE)

    assert (again.id, again.since, again.probes) == (first.id, START, 1)
    assert again.probe_at == START + 3 * MINUTE


async def test_who_lifted_a_pause_and_why_is_kept(database: Engine) -> None:
    """It stands in the list of all, and no more in the list of those that stand."""
    standing = await pause(database)
    pauses = Pauses(database)
    lifted = await pauses.lift(standing.id, by="wang", reason="IP set", now=START + MINUTE)
    second = await pauses.lift(standing.id, by="li", reason="no", now=START + MINUTE)

    (kept,) = await pauses.list(lifted=True)
    assert (lifted, second) == (kept, None)
    assert (kept.lifted_by, kept.lift_reason, kept.lifted_at) == ("wang", "IP set", START + MINUTE)
    assert await pauses.list() == []
    assert isinstance(await ask(database, START), Admitted)


async def test_an_unknown_pause_is_not_found(database: Engine) -> None:
    """Lifting what does not exist says so."""
    with pytest.raises(NotFound):
        await Pauses(database).lift(404, by="wang", reason="", now=START)


async def test_pauses_of_former_settings_are_over(database: Engine) -> None:
    """Those of the settings in use stand."""
    await pause(database)
    kept = await pause(database, credential="c2")
    pauses = Pauses(database)

    assert await pauses.supersede(["c2"], START) == 1
    assert await pauses.list() == [kept]


async def test_only_one_at_a_time_is_alone_with_a_credential(database: Engine) -> None:
    """Others wait, and those with another credential do not."""
    order = list[str]()
    inside, ready, already = asyncio.Event(), asyncio.Event(), asyncio.Event()
    already.set()

    async def enter(name: str, credential: str, until: asyncio.Event) -> None:
        async with Pauses(database).alone(credential):
            order.append(f"{name} in")
            inside.set()
            await until.wait()
            order.append(f"{name} out")

    first = asyncio.create_task(enter("first", "c1", ready))
    await inside.wait()
    second = asyncio.create_task(enter("second", "c1", already))
    await enter("other", "c2", already)
    ready.set()
    await asyncio.gather(first, second)

    assert order == ["first in", "other in", "other out", "first out", "second in", "second out"]
