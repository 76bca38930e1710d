import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from moderator.errors import LedgerUnavailable
from moderator.telemetry.metrics import Metrics
from moderator.web import health
from moderator.web.health import Cached, Check, Condition, Part, WeComWatch, examine
from moderator.web.ops import Ops


def always(part: Part) -> Check:
    async def check() -> Part:
        return part

    return check


def failing_with(error: Exception) -> Check:
    async def check() -> Part:
        raise error

    return check


GOOD = always(Part(Condition.OK))


async def ask(path: str, **checks: Check) -> httpx.Response:
    """What the service answers when its database and other parts are as said."""
    metrics = Metrics(version="1.2.3")
    ready = {"database": checks.pop("database", GOOD)}
    ops = Ops(version="1.2.3", metrics=metrics, rulebook=lambda: "abc", ready=ready, others=checks)
    transport = httpx.ASGITransport(Starlette(routes=ops.routes()))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.get(path)


async def test_a_living_process_says_so_whatever_its_parts_do() -> None:
    """Liveness asks no part: a restart would not bring the database back."""
    answer = await ask("/livez", database=failing_with(LedgerUnavailable()))

    assert (answer.status_code, answer.text) == (200, "ok\n")


async def test_ready_when_the_needed_parts_are_well() -> None:
    """A part that is not needed to accept messages does not take the service out."""
    answer = await ask("/readyz", wecom=failing_with(ValueError()))

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "failing": {}})


async def test_not_ready_says_why() -> None:
    """A needed part that fails is named with its reason."""
    answer = await ask("/readyz", database=failing_with(LedgerUnavailable("refused")))

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "failing": {"database": "refused"}}


async def test_a_degraded_part_leaves_the_service_ready() -> None:
    """A rulebook with one bad rule still accepts messages."""
    answer = await ask("/readyz", database=always(Part(Condition.DEGRADED, "slow")))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("part", "condition", "status"),
    [
        (Part(Condition.OK), "ok", 200),
        (Part(Condition.DISABLED, "switched off"), "ok", 200),
        (Part(Condition.DEGRADED, "one rule is faulty"), "degraded", 200),
        (Part(Condition.FAILING, "away"), "failing", 503),
    ],
)
async def test_the_worst_part_is_how_the_service_is(
    part: Part, condition: str, status: int
) -> None:
    """Health gives every part with its reason, and the worst as the whole."""
    answer = await ask("/healthz", outbox=always(part))

    assert answer.status_code == status
    assert answer.json()["condition"] == condition
    assert answer.json()["parts"]["outbox"]["reason"] == part.reason


async def test_health_hides_credentials_in_a_reason() -> None:
    """A driver's complaint that quotes the address of the database gives no password away."""
    password = "pw" + "7" * 9
    error = LedgerUnavailable(f"cannot reach postgresql+asyncpg://moderator:{password}@db/x")

    assert password not in (await ask("/healthz", database=failing_with(error))).text


async def test_metrics_are_in_prometheus_own_format() -> None:
    """The exposition carries the content type by which Prometheus reads it."""
    answer = await ask("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'moderator_build_info{version="1.2.3"} 1.0' in answer.text


async def test_the_version_names_build_and_rulebook() -> None:
    """Whoever reads a verdict can find what made it."""
    assert (await ask("/version")).json() == {"version": "1.2.3", "rulebook": "abc"}


class Counted:
    """A check that counts how often it is asked."""

    def __init__(self, wait: Callable[[], Awaitable[None]]) -> None:
        self.asked = 0
        self._wait = wait

    async def __call__(self) -> Part:
        self.asked += 1
        await self._wait()
        return Part(Condition.OK)


async def test_a_stampede_of_probes_asks_each_part_once() -> None:
    """Many probes at once cost the database one question."""
    check = Counted(lambda: asyncio.sleep(0))
    cached = Cached({"database": check})

    await asyncio.gather(*(cached.parts() for _ in range(20)))

    assert check.asked == 1


async def test_an_old_answer_is_asked_for_again() -> None:
    """What is cached ends with its time."""
    now = 0.0
    check = Counted(lambda: asyncio.sleep(0))
    cached = Cached({"database": check}, seconds=1, clock=lambda: now)
    await cached.parts()
    now = 1.0
    await cached.parts()

    assert check.asked == 2


async def test_a_part_that_does_not_answer_is_failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging database is a finding, not a hanging probe."""
    monkeypatch.setattr(health, "_PATIENCE", 0.01)

    part = await examine(Counted(lambda: asyncio.sleep(60)))

    assert part.condition is Condition.FAILING
    assert "no answer" in part.reason


async def test_age_of_the_tokens() -> None:
    """Each app's token is told with the time at which it was fetched, and never itself."""
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    watch = WeComWatch(clock=lambda: now)
    watch.fetched("desk")

    assert (await watch.check()).facts["tokens_since"] == {"desk": now.isoformat()}


async def test_wecom_is_well_until_a_call_is_refused_and_after_it_works_again() -> None:
    """The last answer of each path counts."""
    watch = WeComWatch()
    assert (await watch.check()).condition is Condition.OK
    watch.saw("/cgi-bin/gettoken", 0)
    watch.saw("/cgi-bin/message/send", 45009)

    refused = await watch.check()
    watch.saw("/cgi-bin/message/send", 0)

    assert refused.condition is Condition.DEGRADED
    assert refused.reason == "last answer /cgi-bin/message/send: 45009"
    assert (await watch.check()).condition is Condition.OK


@pytest.mark.parametrize("errcode", [60111, 86008, 49008])
async def test_a_person_who_left_or_a_foreign_group_is_no_trouble_with_wecom(errcode: int) -> None:
    """Such answers are about the case at hand, and the connection is well."""
    watch = WeComWatch()
    watch.saw("/cgi-bin/user/get", errcode)

    assert (await watch.check()).condition is Condition.OK


@pytest.mark.parametrize("errcode", [40001, 60020, 48002, 45009, -2])
async def test_what_a_person_should_look_at_degrades(errcode: int) -> None:
    """A wrong secret, an untrusted address, a missing permission or silence is shown."""
    watch = WeComWatch()
    watch.saw("/cgi-bin/user/get", errcode)

    assert (await watch.check()).condition is Condition.DEGRADED
