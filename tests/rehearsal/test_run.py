"""A whole rehearsal against a small service that behaves, or misbehaves on purpose."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from typer.testing import CliRunner, Result

from moderator.cli.rehearse import rehearse as rehearse_command
from moderator.domain.message import Message
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.plan import Plan
from moderator.rehearsal.recorded import QueryFailed
from moderator.rehearsal.report import Report
from moderator.rehearsal.run import NothingThere, Target, rehearse
from moderator.rehearsal.sender import Timing
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import create_stand_in
from moderator.rehearsal.world import World
from moderator.settings import Settings, build_settings
from moderator.wecom.envelope import Envelope
from moderator.wecom.events import read

_PLAN = Plan(rate=400, seconds=0.1, violations=50, seed=1, run_id="test")
_HASTY = Timing(patience=30.0, spacing=0.0)


@dataclass
class FakeService:
    """Records the violations that the plan foretells, by a callback and an API like the real ones.

    `loses` and `doubles` are the violations (by count) that it treats so; `fails` are the first
    callbacks that it answers 500, after recording them; `reveals_after` is the number of listings
    that come back empty.
    """

    envelope: Envelope
    token: str
    loses: int = 0
    doubles: int = 0
    fails: int = 0
    reveals_after: int = 0
    lacks: str = ""
    page: int = 7
    records: list[dict[str, Any]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._expected = {message.key: message.category for message in _PLAN.messages()}
        self._seen: set[tuple[str, str]] = set()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/wecom/callback/moderation", self._callback, methods=["POST"]),
                Route("/api/v1/violations", self._violations),
            ]
        )

    async def _callback(self, request: Request) -> Response:
        query = request.query_params
        plain = self.envelope.open(
            await request.body(),
            signature=query["msg_signature"],
            timestamp=query["timestamp"],
            nonce=query["nonce"],
        )
        message = read(plain, app="moderation", corp="")
        assert isinstance(message, Message)
        self._receive(message)
        if self.fails:
            self.fails -= 1
            return Response(status_code=500)
        return Response()

    def _receive(self, message: Message) -> None:
        key = (message.message_id, message.sender)
        if key in self._seen or not self._expected.get(key):
            return
        self._seen.add(key)
        if self.loses:
            self.loses -= 1
            return
        self._record(message)
        if self.doubles:
            self.doubles -= 1
            self._record(message)

    def _record(self, message: Message) -> None:
        self.records.append(
            {
                "id": len(self.records) + 1,
                "message_id": message.message_id,
                "sender": message.sender,
                "app": message.app,
                "category": self._expected[message.message_id, message.sender],
                "sent_at": message.sent_at.isoformat(),
                "recorded_at": datetime.now(UTC).isoformat(),
            }
        )

    async def _violations(self, request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "no"}, status_code=401)
        query = dict(request.query_params)
        self.queries.append(query)
        if len(self.queries) <= self.reveals_after:
            return JSONResponse({"items": [], "next": None})
        after = datetime.fromisoformat(query["sent_after"])
        found = [one for one in self.records if datetime.fromisoformat(one["sent_at"]) >= after]
        found = [{name: one[name] for name in one if name != self.lacks} for one in found]
        start = int(query.get("cursor", 0))
        following = start + self.page
        return JSONResponse(
            {
                "items": found[start:following],
                "next": str(following) if following < len(found) else None,
            }
        )


@pytest.fixture
def settings(invented: World) -> Settings:
    return build_settings(settings_of(invented, api_url="http://127.0.0.1:1"))


@pytest.fixture
def service(settings: Settings) -> FakeService:
    target = Target.of(settings, url="", app="moderation", api_token="")
    return FakeService(target.envelope, _token(settings))


def _token(settings: Settings) -> str:
    return settings.api.tokens["rehearsal"].get_secret_value()


@asynccontextmanager
async def _target(
    service: FakeService, settings: Settings, *, api_token: str = "", journal: str = ""
) -> AsyncIterator[Target]:
    token = api_token or service.token
    async with serving(service.app()) as url:
        yield Target.of(settings, url=url, app="moderation", api_token=token, journal=journal)


async def _run(
    service: FakeService, settings: Settings, *, look_back: float = 5.0, settle: float = 0.0
) -> Report:
    async with _target(service, settings) as target:
        return await rehearse(target, _PLAN, timing=_HASTY, look_back=look_back, settle=settle)


async def test_good_service_passes(service: FakeService, settings: Settings) -> None:
    """Everything answered, every violation recorded once, over several pages of the list."""
    report = await _run(service, settings)

    assert report.passed
    assert report.sent == 40
    assert report.statuses == {"200": 40}
    assert (report.violations.sent, report.violations.recorded) == (20, 20)
    assert report.latency.p50 > 0
    assert len(service.queries) == 3


async def test_loss_is_caught(service: FakeService, settings: Settings) -> None:
    """A service that answers 200 and forgets three violations fails with three lost."""
    service.loses = 3
    report = await _run(service, settings)

    assert (report.violations.lost, report.violations.recorded) == (3, 17)
    assert not report.passed


async def test_doubling_is_caught(service: FakeService, settings: Settings) -> None:
    """A service that records two violations twice fails with two doubled."""
    service.doubles = 2
    report = await _run(service, settings)

    assert report.violations.doubled == 2
    assert not report.passed


async def test_repeated_deliveries_are_counted(service: FakeService, settings: Settings) -> None:
    """Callbacks answered 500 at first are delivered again and then count as answered."""
    service.fails = 4
    report = await _run(service, settings)

    assert report.repeated == 4
    assert report.passed


async def test_unanswered_messages_fail_the_run(service: FakeService, settings: Settings) -> None:
    """What is answered 500 three times is no success, though it was recorded."""
    service.fails = 10_000
    report = await _run(service, settings)

    assert report.statuses == {"500": 40}
    assert report.repeated == 80
    assert not report.passed


async def test_same_plan_again_finds_the_first_records(
    service: FakeService, settings: Settings
) -> None:
    """A second run of the same plan doubles nothing and looks back far enough."""
    await _run(service, settings)
    for record in service.records:  # as if the first run had been some minutes ago
        record["sent_at"] = datetime.fromtimestamp(
            datetime.fromisoformat(record["sent_at"]).timestamp() - 600, UTC
        ).isoformat()
    near = await _run(service, settings)
    far = await _run(service, settings, look_back=86400.0)

    assert near.violations.lost == 20
    assert far.passed
    assert len(service.records) == 20


async def test_late_records_are_waited_for(service: FakeService, settings: Settings) -> None:
    """A service that records from its spool a moment later passes, within the time to settle."""
    service.reveals_after = 1

    assert not (await _run(service, settings)).passed
    service.queries.clear()
    assert (await _run(service, settings, settle=5.0)).passed


async def test_wrong_api_token(service: FakeService, settings: Settings) -> None:
    """A list that cannot be read is an error, never a passed run."""
    async with _target(service, settings, api_token="wrong") as target:
        with pytest.raises(QueryFailed, match="401"):
            await rehearse(target, _PLAN, timing=_HASTY, settle=0.0)


async def test_nothing_that_answers(settings: Settings) -> None:
    """Where nothing listens nothing was sent, and that is what is said."""
    target = Target.of(
        settings,
        url="http://127.0.0.1:1",
        app="moderation",
        api_token=settings.api.tokens["rehearsal"].get_secret_value(),
    )

    with pytest.raises(NothingThere, match=r"127\.0\.0\.1:1"):
        await rehearse(target, _PLAN, timing=_HASTY, settle=0.0)


async def test_list_of_another_shape(service: FakeService, settings: Settings) -> None:
    """Items that lack what was agreed on are an error, never a passed run."""
    service.lacks = "message_id"

    with pytest.raises(QueryFailed, match="message_id"):
        await _run(service, settings)


async def test_rate_is_kept(service: FakeService, settings: Settings) -> None:
    """Forty messages at 400 a second take at least a tenth of a second."""
    report = await _run(service, settings)

    assert report.seconds >= 0.09


async def test_journal_of_the_stand_in_is_summed_up(
    service: FakeService, settings: Settings, invented: World
) -> None:
    """With a journal the report says what WeCom received, by path."""
    stand_in = create_stand_in(invented)
    stand_in.journal.write(
        at=0.0,
        method="POST",
        path="/cgi-bin/message/send",
        app="moderation",
        payload={},
        errcode=0,
        answer={},
        reached=("A", "B"),
        dropped={"C": "rate"},
    )
    async with serving(stand_in) as journal, _target(service, settings, journal=journal) as target:
        report = await rehearse(target, _PLAN, timing=_HASTY, settle=0.0)

    assert report.received == {
        "/cgi-bin/message/send": {"calls": 1, "refused": 0, "reached": 2, "dropped": 1}
    }


async def _command(tmp_path: Path, settings: Settings, *arguments: str) -> Result:
    config = tmp_path / "moderator.toml"
    config.write_text(_toml(settings), "utf-8")
    app = typer.Typer()
    app.command()(rehearse_command)
    options = ["--config", str(config), "--rate", "400", "--seconds", "0.1", "--settle", "0"]
    options += ["--violations", "50", "--run-id", "test", *arguments]
    return await asyncio.to_thread(CliRunner().invoke, app, options)


def _toml(settings: Settings) -> str:
    app = settings.wecom.apps["moderation"]
    values = {
        "evidence.key": settings.evidence.key,
        "evidence.fingerprint_key": settings.evidence.fingerprint_key,
        "wecom.apps.moderation.secret": app.secret,
        "wecom.apps.moderation.token": app.token,
        "wecom.apps.moderation.encoding_aes_key": settings.wecom.apps[
            "moderation"
        ].encoding_aes_key,
        "api.tokens.rehearsal": settings.api.tokens["rehearsal"],
    }
    lines = [f"{name} = {json.dumps(value.get_secret_value())}" for name, value in values.items()]
    lines += [
        f'wecom.corp_id = "{settings.wecom.corp_id}"',
        "wecom.apps.moderation.agent_id = 1000002",
        'compliance.app = "moderation"',
        'compliance.chat = "complianceroom"',
    ]
    return "\n".join(lines)


async def test_command_reports_as_json_and_exits_0(
    tmp_path: Path, service: FakeService, settings: Settings
) -> None:
    """`--json` prints one object; a passed run exits 0."""
    async with serving(service.app()) as url:
        result = await _command(tmp_path, settings, "--target", url, "--json")
    report = json.loads(result.stdout)

    assert result.exit_code == 0
    assert report["passed"]
    assert (report["sent"], report["violations"]["recorded"]) == (40, 20)
    assert (report["run_id"], report["seed"]) == ("test", 1)


async def test_command_exits_1_when_something_is_lost(
    tmp_path: Path, service: FakeService, settings: Settings
) -> None:
    """The table says what went wrong, the exit status that something did."""
    service.loses = 1
    async with serving(service.app()) as url:
        result = await _command(tmp_path, settings, "--target", url)

    assert result.exit_code == 1
    assert "FAILED" in result.stdout


async def test_command_without_a_checkable_list_exits_1(
    tmp_path: Path, service: FakeService, settings: Settings
) -> None:
    """A wrong token is one sentence on standard error."""
    async with serving(service.app()) as url:
        result = await _command(tmp_path, settings, "--target", url, "--api-token", "x" * 32)

    assert result.exit_code == 1
    assert "HTTP 401" in result.stderr


@pytest.mark.parametrize("option", ["--target", "--journal"])
@pytest.mark.parametrize("address", ["nonsense", "127.0.0.1:8080", "http://", "http://h:port"])
async def test_command_refuses_what_is_no_address(
    tmp_path: Path, settings: Settings, option: str, address: str
) -> None:
    """A mistyped address is a usage error before anything is sent."""
    result = await _command(tmp_path, settings, "--target", "http://127.0.0.1:1", option, address)

    assert result.exit_code == 2
    assert option in result.stderr


async def test_command_names_the_apps_that_there_are(tmp_path: Path, settings: Settings) -> None:
    """An unknown app is a usage error."""
    result = await _command(tmp_path, settings, "--target", "http://127.0.0.1:1", "--app", "nope")

    assert result.exit_code == 2
    assert "moderation" in result.stderr
