"""Watching rules: from counted messages to an alarm."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.enforcement.conftest import OFFENDING, Scene

from moderator.domain.decision import ActionKind
from moderator.enforcement.alarms import AlarmWatch, Tally
from moderator.errors import LedgerUnavailable
from moderator.ledger.counting.alarms import Alarms
from moderator.ledger.counting.rates import HourCount, Rates
from moderator.ledger.database.engine import Engine
from moderator.settings import AlarmSettings
from moderator.telemetry.metrics import Metrics

HOUR = timedelta(hours=1)


class Time:
    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


def watch_over(database: Engine, time: Time, metrics: Metrics | None = None) -> AlarmWatch:
    return AlarmWatch(
        Rates(database),
        Alarms(database),
        AlarmSettings(),
        metrics or Metrics(),
        rules=lambda: 700,
        clock=time,
    )


async def see(watch: AlarmWatch, messages: int, people: int, rule: str = "a") -> None:
    """Count messages, of which some people's hit."""
    for number in range(messages):
        watch.tally.count(f"person{number}", {rule} if number < people else ())


def test_a_person_counts_once_an_hour(time: Time) -> None:
    """Nobody can raise an alarm alone, and so hold up their own removal."""
    tally = Tally(time)
    for _ in range(50):
        tally.count("flooder", {"a", "b"})
    first = tally.take()
    tally.count("flooder", {"a"})

    assert first == [HourCount(time.now.replace(minute=0), 50, {"a": 1, "b": 1})]
    assert tally.take()[0].hits == {}


def test_a_new_hour_is_counted_by_itself(time: Time) -> None:
    """Also what was not taken before the hour was over."""
    tally = Tally(time)
    tally.count("a", {"r"})
    time.now += HOUR
    tally.count("a", {"r"})

    assert [count.hits for count in tally.take()] == [{"r": 1}, {"r": 1}]


def test_nothing_seen_is_nothing_to_keep(time: Time) -> None:
    """A quiet service writes nothing."""
    assert Tally(time).take() == []


async def test_a_jump_raises_an_alarm(database: Engine, time: Time) -> None:
    """After days at the usual rate a rule hits everybody: kept, shown and told."""
    metrics = Metrics()
    watch = watch_over(database, time, metrics)
    for _ in range(5):
        await see(watch, 2000, 1)
        assert await watch.look() == []
        time.now += HOUR
    time.now += HOUR

    await see(watch, 300, 60)
    (alarm,) = await watch.look()

    assert (alarm.rule, alarm.hits, alarm.usual_hits) == ("a", 60, 5)
    assert (alarm.messages, alarm.usual_messages) == (300, 10_000)
    assert metrics.registry.get_sample_value("moderator_rule_alarms") == 1
    assert await watch.look() == []


async def test_one_flooder_raises_none(database: Engine, time: Time) -> None:
    """A hundred offences of one person are one person."""
    watch = watch_over(database, time)
    await see(watch, 5000, 1)
    await watch.look()
    time.now += 3 * HOUR

    for _ in range(100):
        watch.tally.count("flooder", {"a"})

    assert await watch.look() == []


async def test_several_processes_see_what_none_sees_alone(database: Engine, time: Time) -> None:
    """Each counts a few; together it is a jump."""
    first, second = watch_over(database, time), watch_over(database, time)
    await see(first, 5000, 1)
    await first.look()
    time.now += 3 * HOUR

    await see(first, 100, 6)
    assert await first.look() == []
    await see(second, 100, 6)

    assert [alarm.hits for alarm in await second.look()] == [12]


async def test_counts_outlive_a_database_that_is_away(database: Engine, time: Time) -> None:
    """What could not be kept is kept with the next look, once."""
    watch = watch_over(database, time)
    await see(watch, 10, 2)
    add = watch._rates.add

    async def away(counts: object) -> None:
        raise LedgerUnavailable

    watch._rates.add = away  # type: ignore[method-assign]
    with pytest.raises(LedgerUnavailable):
        await watch.look()
    watch._rates.add = add  # type: ignore[method-assign]
    await watch.look()

    hour = time.now.replace(minute=0)
    (compared,) = await Rates(database).compare(since=hour, oldest=hour)
    assert (compared.now.hits, compared.now.messages) == (2, 10)


async def test_stopping_keeps_what_was_counted(database: Engine, time: Time) -> None:
    """The last seconds before a restart are not lost."""
    watch = watch_over(database, time)
    await see(watch, 10, 2)
    watch.stop()

    await watch.run()

    hour = time.now.replace(minute=0)
    (compared,) = await Rates(database).compare(since=hour, oldest=hour)
    assert compared.now.messages == 10


async def test_compliance_reads_which_rule_and_how_much(scene: Scene) -> None:
    """One card in the compliance group: the rule, the figures, and what to do."""
    await scene.violate(ActionKind.NOTIFY_COMPLIANCE)
    await scene.work()
    scene.stand_in.journal.clear()
    watch = AlarmWatch(
        Rates(scene._database),
        Alarms(scene._database),
        AlarmSettings(),
        Metrics(),
        rules=lambda: 700,
        clock=scene.clock,
    )
    await see(watch, 5000, 1, rule="invoices")
    await watch.look()
    scene.clock.forward(hours=3)
    await see(watch, 200, 40, rule="invoices")
    await watch.look()

    await scene.work()
    await watch.look()
    await scene.work()

    (card,) = scene.stand_in.journal.calls("/cgi-bin/appchat/send")
    content = card.payload["markdown"]["content"]
    assert "命中率异常升高" in content
    assert "invoices 40/200 ≫ 1/5000" in content
    assert OFFENDING not in content
