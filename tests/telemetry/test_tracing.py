"""Traces: what a collector receives of a whole service, and that nobody waits for it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from tests.conftest import SmallRules
from tests.telemetry.collector import Collector, attributes, collecting
from tests.test_service import OFFENCE, Running

from moderator.app import create_app
from moderator.errors import SettingsError
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import Settings, TelemetrySettings, build_settings
from moderator.telemetry.otlp import MOST_WAITING, Otlp
from moderator.telemetry.tracing import tracer_of
from moderator.web.front import Moderator

TEXT = f"{OFFENCE} 王小明 call me"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as opened:
        yield opened


class Traced:
    """A service that sends its traces to `endpoint`; when `run` is left it has sent them."""

    def __init__(self, url: str, database: Engine, rules: SmallRules) -> None:
        self.stand_in: StandIn = create_stand_in(invent_world(people=80))
        self._url = url
        self._database = database
        self._rules = rules
        self.sender = self.stand_in.company.people()[5]

    def settings(self, wecom: str, telemetry: dict[str, Any]) -> Settings:
        world = self.stand_in.company.world
        values = settings_of(world, api_url=wecom, database_url=self._url)
        values["rules"] = {"directory": str(self._rules.folder)}
        return build_settings(values | {"telemetry": telemetry})

    @asynccontextmanager
    async def run(self, **telemetry: Any) -> AsyncIterator[Running]:
        async with serving(self.stand_in) as wecom:
            settings = self.settings(wecom, telemetry)
            app = create_app(settings, self._database)
            assert isinstance(app, Moderator)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http,
            ):
                yield Running(settings, app, http)

    async def until_warned(self) -> None:
        """Return when everything that the violation called for is done."""
        outbox = Outbox(self._database)
        async with asyncio.timeout(30):
            while await outbox.waiting_since():
                continue


@pytest.fixture
def traced(database_url: str, database: Engine, small_rules: SmallRules) -> Traced:
    return Traced(database_url, database, small_rules)


async def test_a_callback_is_a_trace_with_its_stages(traced: Traced, collector: Collector) -> None:
    """Opening, screening and recording are children of the callback, and tell what came of it."""
    async with traced.run(otlp_endpoint=collector.url) as running:
        assert await running.say(traced.sender.userid, TEXT) == 200

    (callback,) = collector.named("callback")
    stages = [span for span in collector.spans if span.parent_span_id == callback.span_id]
    assert {span.name for span in stages} == {"open", "screen", "record"}
    assert {span.trace_id for span in stages} == {callback.trace_id}
    assert attributes(callback) == {"app": MODERATION_APP, "outcome": "violation"}
    assert attributes(collector.named("screen")[0])["hits"] == 1
    assert attributes(collector.named("record")[0])["kept"] == "recorded"
    assert set(collector.paths) == {"/v1/traces"}


async def test_an_action_is_a_trace_with_its_calls(traced: Traced, collector: Collector) -> None:
    """Each action that is carried out, and within it each call of WeCom with its errcode."""
    async with traced.run(otlp_endpoint=collector.url) as running:
        await running.say(traced.sender.userid, TEXT)
        await traced.until_warned()

    actions = {attributes(span)["kind"]: span for span in collector.named("action")}
    warning = actions["warn_sender"]
    calls = [span for span in collector.named("wecom") if span.parent_span_id == warning.span_id]
    assert {attributes(span)["path"] for span in calls} >= {"/cgi-bin/message/send"}
    assert {attributes(span)["errcode"] for span in calls} == {0}
    assert attributes(warning)["state"] == "accepted"


async def test_nothing_that_is_secret_or_was_written_is_sent(
    traced: Traced, collector: Collector
) -> None:
    """Not the text, not the word found, nobody's name or userid, no secret and no token."""
    async with traced.run(otlp_endpoint=collector.url) as running:
        await running.say(traced.sender.userid, TEXT)
        await traced.until_warned()
        app = running.settings.wecom.apps[MODERATION_APP]

    sent = b"".join(collector.raw)
    private = [TEXT, OFFENCE, "王小明", traced.sender.userid, traced.sender.name]
    private += [app.secret.get_secret_value(), app.token.get_secret_value()]
    private += [app.encoding_aes_key.get_secret_value(), "access_token", "corpsecret"]
    assert collector.spans
    assert [one for one in private if one.encode() in sent] == []


async def test_an_error_is_told_by_its_kind(collector: Collector) -> None:
    """Its words stay here: they may repeat what somebody wrote."""
    tracer = Otlp(collector.url, ratio=1.0, version="1")

    with pytest.raises(ValueError, match="王小明"), tracer.span("callback"):
        raise ValueError("王小明 wrote this")
    await asyncio.to_thread(tracer.close)

    (span,) = collector.spans
    assert attributes(span)["error.type"] == "ValueError"
    assert "王小明".encode() not in b"".join(collector.raw)
    assert list(span.events) == []


async def test_a_forged_callback_is_told_as_such(traced: Traced, collector: Collector) -> None:
    """The trace ends at the opening, with the kind of refusal."""
    query = {"msg_signature": "0" * 40, "timestamp": "1790000000", "nonce": "1"}
    async with traced.run(otlp_endpoint=collector.url) as running:
        body = b"<xml><Encrypt>QUJD</Encrypt></xml>"
        path = f"/wecom/callback/{MODERATION_APP}"
        assert (await running.http.post(path, params=query, content=body)).status_code == 403

    assert {span.name for span in collector.spans} == {"callback", "open"}
    assert {attributes(span)["error.type"] for span in collector.spans} == {"SignatureMismatch"}


async def test_the_standard_variable_is_heeded(
    traced: Traced, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the settings name no endpoint, OpenTelemetry's own variable does."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)

    async with traced.run() as running:
        await running.say(traced.sender.userid, "今天下午三点开会")

    assert attributes(collector.named("callback")[0])["outcome"] == "clean"
    assert collector.named("record") == []


async def test_an_unreachable_collector_holds_nobody_up(traced: Traced) -> None:
    """Callbacks are answered and the warning is sent; the service ends all the same."""
    async with traced.run(otlp_endpoint="http://127.0.0.1:1") as running:
        answers = [await running.say(traced.sender.userid, "开会") for _ in range(50)]
        answers.append(await running.say(traced.sender.userid, TEXT))
        await traced.until_warned()

    assert set(answers) == {200}


def test_while_nobody_takes_spans_no_traces_are_begun() -> None:
    """What waits is bounded, and whoever is within a trace that was left out begins none."""
    tracer = Otlp("http://127.0.0.1:1", ratio=1.0, version="1")
    most = 0
    for _ in range(2 * MOST_WAITING):
        with tracer.span("callback"), tracer.span("open"):
            most = max(most, tracer.waiting)

    assert most <= MOST_WAITING + 1
    tracer.close()


async def test_only_the_wanted_share_of_traces_is_sent(collector: Collector) -> None:
    """Whole traces: a stage is never sent without its callback."""
    tracer = Otlp(collector.url, ratio=0.5, version="1")
    for _ in range(200):
        with tracer.span("callback"), tracer.span("open"):
            pass
    await asyncio.to_thread(tracer.close)

    callbacks, stages = collector.named("callback"), collector.named("open")
    assert 50 < len(callbacks) < 150
    assert {span.span_id for span in callbacks} == {span.parent_span_id for span in stages}


def test_without_an_endpoint_there_is_no_tracer() -> None:
    """Nobody asked for traces, so there is nothing to ask."""
    assert tracer_of(TelemetrySettings(), version="1") is None


def test_without_an_endpoint_nothing_of_it_is_loaded() -> None:
    """A service that is not traced imports neither the SDK nor an exporter."""
    script = "import sys; from moderator import app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    loaded = set(done.stdout.decode().split())
    assert "moderator.app" in loaded
    assert not loaded & {"opentelemetry.sdk", "opentelemetry.exporter", "moderator.telemetry.otlp"}


def test_a_missing_library_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sets an endpoint and has not the extra is told at the start what to install."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    monkeypatch.delitem(sys.modules, "moderator.telemetry.otlp")
    exporter = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    monkeypatch.delitem(sys.modules, exporter)
    settings = TelemetrySettings.model_validate({"otlp_endpoint": "http://127.0.0.1:4318"})

    with pytest.raises(SettingsError, match=r"wecom-moderator\[otel\]"):
        tracer_of(settings, version="1")
