"""Saved views, and who else looks at a case."""

from datetime import UTC, datetime, timedelta

import pytest

from moderator.errors import NotFound
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.desk.presence import Presence
from moderator.ledger.desk.views import MOST, Views

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


async def test_views_are_each_persons_own(database: Engine) -> None:
    """Saved under a name, in place of the one before, listed by name, forgotten on demand."""
    views = Views(database)
    await views.save("wang", "mine", "assignee=wang")
    await views.save("wang", "grave", "severity=high")
    await views.save("wang", "mine", "assignee=wang&status=open")
    await views.save("li", "mine", "assignee=li")
    await views.delete("li", "mine")

    kept = [(view.name, view.query) for view in await views.list("wang")]
    assert kept == [("grave", "severity=high"), ("mine", "assignee=wang&status=open")]
    assert await views.list("li") == []
    with pytest.raises(NotFound):
        await views.delete("li", "mine")


async def test_nobody_has_views_without_end(database: Engine) -> None:
    """At the limit a new name is refused, while the ones there are can be changed."""
    views = Views(database)
    async with database.begin() as transaction:
        filled = "INSERT INTO saved_views SELECT 'wang', n::text, '', now() FROM generate_series(1,"
        await transaction.script(f"{filled} {MOST}) AS n")

    assert await views.save("wang", "one more", "") is None
    assert await views.save("wang", "1", "status=open") is not None


async def test_others_who_look_are_told_for_a_minute(database: Engine) -> None:
    """Oneself is no other, another case is none of it, and a minute later nobody is there."""
    presence = Presence(database)
    await presence.here(1, "li", NOW)
    await presence.here(2, "zhao", NOW)

    soon, late = NOW + timedelta(seconds=59), NOW + timedelta(seconds=61)
    assert await presence.here(1, "wang", soon) == ["li"]
    assert await presence.here(1, "li", soon) == ["wang"]
    assert await presence.here(1, "wang", late) == ["li"]
    assert await presence.here(1, "wang", late + timedelta(seconds=60)) == []


async def test_who_leaves_is_not_told_any_more(database: Engine) -> None:
    """Whoever goes on to the next case is gone at once."""
    presence = Presence(database)
    await presence.here(1, "li", NOW)
    await presence.gone(1, "li")

    assert await presence.here(1, "wang", NOW) == []


async def test_what_is_over_is_forgotten(database: Engine) -> None:
    """The table holds the last minute and nothing else."""
    presence = Presence(database)
    for case in range(5):
        await presence.here(case, "li", NOW)
    await presence.here(9, "li", NOW + timedelta(minutes=2))

    async with database.begin() as transaction:
        row = await transaction.row(Prepared("SELECT count(*) AS n FROM presence", (), {}))
    assert row is not None
    assert row["n"] == 1
