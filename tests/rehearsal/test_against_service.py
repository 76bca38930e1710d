"""A rehearsal of the real service: PostgreSQL, HTTP, encryption and the stand-in WeCom."""

from collections.abc import AsyncIterator

import pytest

from moderator.app import create_app
from moderator.ledger.database.engine import create_engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.rehearsal.plan import Plan
from moderator.rehearsal.run import Target, rehearse
from moderator.rehearsal.sender import CallbackSender, Timing, callback_client
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import build_settings

_PLAN = Plan(rate=100, seconds=1, violations=20, seed=1, run_id="service")
_PATIENT = Timing(patience=30.0, spacing=0.0)


@pytest.fixture
def stand_in() -> StandIn:
    return create_stand_in(invent_world())


@pytest.fixture
async def target(stand_in: StandIn, database_url: str) -> AsyncIterator[Target]:
    async with serving(stand_in) as wecom:
        values = settings_of(stand_in.company.world, api_url=wecom, database_url=database_url)
        settings = build_settings(values | {"log": {"clean_messages": False}})
        engine = create_engine(settings.database)
        token = settings.api.tokens["rehearsal"].get_secret_value()
        async with serving(create_app(settings, engine)) as url:
            yield Target.of(settings, url=url, app="moderation", api_token=token, journal=wecom)
        await engine.dispose()


async def test_everything_is_answered_and_recorded_exactly_once(target: Target) -> None:
    """A hundred messages with twenty violations, sent twice over: still twenty records."""
    first = await rehearse(target, _PLAN, timing=_PATIENT)
    second = await rehearse(target, _PLAN, timing=_PATIENT, look_back=3600.0)

    assert first.passed, first
    assert second.passed, second
    assert first.violations.recorded == second.violations.recorded == 20
    assert second.violations.unexpected == 0


async def test_senders_are_warned_by_the_stand_in(target: Target, stand_in: StandIn) -> None:
    """What the service decides arrives at WeCom: at least one warning reaches its sender."""
    await rehearse(target, _PLAN, timing=_PATIENT)
    call = (await stand_in.journal.wait_for("message/send", within=30.0))[0]

    assert call.app == "moderation"
    assert call.arrived


async def test_callback_address_is_proven(target: Target) -> None:
    """The real service answers the echo as WeCom wants it."""
    async with callback_client() as http:
        sender = CallbackSender(target.callback, target.envelope, http)

        assert await sender.verify_url()
