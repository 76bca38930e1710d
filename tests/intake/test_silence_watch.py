"""Watching that people still write, with a real ledger."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from moderator.errors import LedgerUnavailable
from moderator.intake.silence import SilenceWatch
from moderator.ledger.counting.hours import AppHours, Heard
from moderator.ledger.database.engine import Engine, Prepared
from moderator.settings import SilenceSettings
from moderator.telemetry.metrics import Metrics

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Time:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Away(AppHours):
    """A ledger that cannot be written to, while messages still come."""

    watch: SilenceWatch

    async def add(self, heard: object) -> None:
        self.watch.heard("chat")
        raise LedgerUnavailable("away")


@pytest.fixture
def time() -> Time:
    return Time()


def watch_over(hours: AppHours, time: Time, metrics: Metrics | None = None) -> SilenceWatch:
    return SilenceWatch(
        hours, SilenceSettings(), metrics or Metrics(), apps=("chat", "idle"), clock=time
    )


async def weeks_of(hours: AppHours, weeks: int, *, before: datetime = NOW) -> None:
    """Two hundred messages in every hour until `before`."""
    start = before.replace(minute=0) - timedelta(weeks=weeks) - HOUR
    hour_count = weeks * 168 + 1
    await hours.add(
        [
            Heard("chat", start + n * HOUR, 200, start + n * HOUR + timedelta(minutes=59))
            for n in range(hour_count)
        ]
    )


def exposed(metrics: Metrics, name: str) -> dict[str, float]:
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        sample.labels["app"]: sample.value
        for family in families
        for sample in family.samples
        if sample.name == name
    }


async def test_a_silence_is_told_once_and_shown(database: Engine, time: Time) -> None:
    """After four weeks of steady traffic, two hours without a message are an incident."""
    hours, metrics = AppHours(database), Metrics()
    await weeks_of(hours, 4)
    watch = watch_over(hours, time, metrics)
    watch.heard("chat")
    await watch.look()
    time.now += 2 * HOUR

    with capture_logs() as logs:
        await watch.look()
        await watch.look()

    told = [log for log in logs if log["event"] == "silence"]
    assert [(log["app"], log["log_level"]) for log in told] == [("chat", "error")]
    assert exposed(metrics, "moderator_silent") == {"chat": 1, "idle": 0}
    assert exposed(metrics, "moderator_last_message_timestamp_seconds") == {"chat": NOW.timestamp()}
    assert 0 < exposed(metrics, "moderator_unusual_silence_seconds")["chat"] < 7200


async def test_a_message_ends_the_silence(database: Engine, time: Time) -> None:
    """The next message, whichever process hears it."""
    hours, metrics = AppHours(database), Metrics()
    await weeks_of(hours, 4)
    watch, other = watch_over(hours, time, metrics), watch_over(hours, time)
    time.now += 2 * HOUR
    assert (await watch.look())["chat"].is_unusual

    other.heard("chat")
    await other.look()
    with capture_logs() as logs:
        await watch.look()

    assert [log["event"] for log in logs] == ["silence over"]
    assert exposed(metrics, "moderator_silent")["chat"] == 0


async def test_a_fresh_installation_learns_first(database: Engine, time: Time) -> None:
    """Six days of messages say nothing of the seventh."""
    hours = AppHours(database)
    await weeks_of(hours, 4, before=NOW - timedelta(weeks=4) + 6 * 24 * HOUR)
    await hours.forget(NOW - timedelta(days=6))
    watch = watch_over(hours, time)
    time.now += 5 * HOUR

    silence = (await watch.look())["chat"]

    assert silence.unusual is None
    assert not silence.is_unusual


async def test_a_restart_is_no_silence(database: Engine, time: Time) -> None:
    """What this process cannot have heard is not held against the app."""
    hours = AppHours(database)
    await weeks_of(hours, 4)
    time.now += 12 * HOUR
    watch = watch_over(hours, time)

    assert not (await watch.look())["chat"].is_unusual


async def test_what_was_heard_outlives_a_ledger_that_is_away(database: Engine, time: Time) -> None:
    """Counts stay in memory until they can be kept, and are kept once."""
    hours = AppHours(database)
    away = Away(database)
    watch = away.watch = watch_over(away, time)
    watch.heard("chat")
    with pytest.raises(LedgerUnavailable):
        await watch.look()
    watch.heard("chat")

    watch._hours = hours
    await watch.look()
    await watch.look()

    async with database.begin() as transaction:
        rows = await transaction.rows(Prepared("SELECT messages FROM app_hours", (), {}))
    assert [row["messages"] for row in rows] == [3]


async def test_processes_add_up(database: Engine, time: Time) -> None:
    """Two processes that hear the same app in the same hour make one row."""
    hours = AppHours(database)
    await hours.add([Heard("chat", NOW - 4 * HOUR, 1, NOW - 4 * HOUR)])
    for number in range(2):
        await hours.add([Heard("chat", NOW - 3 * HOUR, 3, NOW - 3 * HOUR + number * HOUR / 2)])

    habits = await hours.habits(since=NOW - 9 * HOUR, until=NOW - HOUR)

    assert habits["chat"] == {6: [6], 7: [0]}
    assert (await hours.last())["chat"] == NOW - 2.5 * HOUR


async def test_old_hours_are_forgotten(database: Engine, time: Time) -> None:
    """What is older than the weeks that make the usual leaves the table."""
    hours = AppHours(database)
    await weeks_of(hours, 10)
    await watch_over(hours, time).look()

    habits = await hours.habits(since=NOW - timedelta(weeks=20), until=NOW.replace(minute=0))
    assert {len(counts) for counts in habits["chat"].values()} <= {7, 8}
