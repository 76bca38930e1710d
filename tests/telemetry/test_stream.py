"""What is counted with every message is shown in time."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from moderator.telemetry import stream
from moderator.telemetry.stream import Stream


def counting(*, shared: bool) -> tuple[Stream, CollectorRegistry, Counter]:
    """A stream, a registry that collects it first, and the counter of callbacks that it feeds."""
    registry, made = CollectorRegistry(), Stream(shared=shared)
    registry.register(made)
    callbacks = Counter("callbacks", "Callbacks.", ["app", "status"], registry=registry)
    seconds = Histogram("seconds", "Seconds.", ["app"], registry=registry, buckets=(0.1, 1.0))
    messages = Counter("messages", "Messages.", ["outcome"], registry=registry)
    made.feed(callbacks, seconds, messages)
    return made, registry, callbacks


def shown(counter: Counter) -> float:
    """What another process would read, which cannot ask this one to settle."""
    (family,) = counter.collect()
    return sum(sample.value for sample in family.samples if sample.name.endswith("_total"))


def test_whoever_asks_sees_everything() -> None:
    """Numbers, buckets and sums, up to the last message."""
    made, registry, _ = counting(shared=False)
    for status, taken in ((200, 0.05), (200, 0.5), (503, 5.0)):
        made.count_callback("guard", status, taken)
        made.count_message("clean")

    value = registry.get_sample_value
    assert value("callbacks_total", {"app": "guard", "status": "200"}) == 2
    assert value("callbacks_total", {"app": "guard", "status": "503"}) == 1
    assert value("seconds_bucket", {"app": "guard", "le": "1.0"}) == 2
    assert value("seconds_sum", {"app": "guard"}) == 5.55
    assert value("messages_total", {"outcome": "clean"}) == 3


def test_what_is_counted_is_counted_once() -> None:
    """However often it is asked for."""
    made, registry, _ = counting(shared=False)
    made.count_message("clean")
    for _ in range(3):
        assert registry.get_sample_value("messages_total", {"outcome": "clean"}) == 1


def test_what_waits_is_bounded() -> None:
    """Also where nobody ever asks."""
    made, _, callbacks = counting(shared=False)
    for _ in range(10 * stream._MOST + 1):
        made.count_callback("guard", 200, 0.1)

    assert shown(callbacks) == 10 * stream._MOST
    assert len(made._seconds) == 1


async def test_what_others_read_is_written_without_being_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Any of several processes may be asked for the numbers of all."""
    monkeypatch.setattr(stream, "_LONGEST", 0.0)
    made, _, callbacks = counting(shared=True)
    made.count_callback("guard", 200, 0.1)
    assert shown(callbacks) == 0

    async with asyncio.timeout(10):
        while not shown(callbacks):  # noqa: ASYNC110 - what is awaited is nothing of ours
            await asyncio.sleep(0)
