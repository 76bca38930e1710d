"""One service with a month of office life in it, and one real browser, for all tests of pages."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from argon2 import PasswordHasher
from playwright.async_api import Browser, BrowserContext, Page, Request, Response, async_playwright

from moderator.app import create_app
from moderator.domain.access import Grant, Role
from moderator.ledger.access.accounts import Newcomer, Source, create
from moderator.ledger.database.engine import Engine, create_engine
from moderator.ledger.desk.judging import Judging
from moderator.ledger.records import Status
from moderator.rehearsal import callbacks, chat
from moderator.rehearsal.callbacks import Head
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, WORK_GROUP
from moderator.rehearsal.scene import company
from moderator.rehearsal.sender import CallbackSender, Timing, callback_client
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import create_stand_in
from moderator.rehearsal.world import World
from moderator.settings import Settings, build_settings
from moderator.wecom.envelope import Envelope, Form

CHROMIUM = Path("/usr/bin/chromium")
SCREENS = Path(__file__).parents[2] / "build" / "screens"
PASSWORD = "sunny day at the office"
MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"
DEPARTMENT = 2  # of the department admin, with those below it
STAFF = {
    "chen.jing": Grant(roles=frozenset({Role.REVIEWER, Role.APPROVER})),
    "li.na": Grant(roles=frozenset({Role.REVIEWER})),
    "zhou.min": Grant(
        roles=frozenset({Role.DEPARTMENT_ADMIN}), departments=frozenset({DEPARTMENT})
    ),
    "wu.lei": Grant(roles=frozenset({Role.AUDITOR, Role.OPERATOR, Role.ADMIN})),
    "gao.yu": Grant(roles=frozenset({Role.VIEWER})),
    "sun.qi": Grant(roles=frozenset({Role.OPERATOR})),
    "qian.lin": Grant(roles=frozenset({Role.RULE_AUTHOR})),
}
_DAY = 24 * 3600
_DAYS = 26  # and up to two more, unevenly
_MESSAGES = 90
_JUDGED = 30  # the oldest of them, by now
_UNSETTLED = "SELECT count(*) FROM actions WHERE state IN ('queued', 'approved', 'sending')"
_DATED_BACK = """
    UPDATE violations SET sent_at = told.at, recorded_at = told.at + interval '2 seconds'
      FROM (SELECT id, now() - make_interval(secs => $1 * (1 - rank() OVER (ORDER BY id)
                   / (count(*) OVER () + 1.0)) + 3600 * (id * 37 % 41)) AS at
              FROM violations) AS told
     WHERE told.id = violations.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A running service; `token` opens its API, `hostile` is the case whose sender wrote markup."""

    url: str
    dsn: str
    token: str
    settings: Settings
    world: World
    engine: Engine
    hostile: int

    async def fetch(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """What the database says, past all that the service does."""
        connection = await asyncpg.connect(self.dsn)
        try:
            found: list[asyncpg.Record] = await connection.fetch(statement, *values)
        finally:
            await connection.close()
        return found


@dataclass
class Watched:
    """What the browser met that it must not meet."""

    host: str
    faults: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("console", lambda said: self._said(said.type, said.text))
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", self._requested)
        page.on("response", self._answered)
        page.on("dialog", lambda dialog: self.faults.append(f"dialog: {dialog.message}"))

    def _said(self, kind: str, text: str) -> None:
        # Chromium reports answers such as 404 and 409 as errors; tests look at those themselves.
        if kind in {"error", "warning"} and "the server responded with a status" not in text:
            self.faults.append(f"console: {text}")

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((self.host, "http://127.0.0.1:", "data:", "blob:")):
            self.faults.append(f"foreign: {request.url}")

    def _answered(self, response: Response) -> None:
        policy = response.headers.get("content-security-policy", "")
        if "unsafe" in policy or ("default-src 'none'" not in policy):
            self.faults.append(f"policy of {response.url}: {policy!r}")


Enter = Callable[..., Awaitable[Page]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; without one these tests say so, and in the pipeline they fail."""
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("no chromium: pages are not tested")
        pytest.skip("NO BROWSER: install chromium, or the pages of the console are not tested")
    return str(CHROMIUM)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(chromium: str, postgres: str) -> AsyncIterator[Desk]:
    """The service with its month, on a database that all tests of pages share."""
    name = f"console_{uuid4().hex}"
    maintenance = await asyncpg.connect(postgres.replace("/moderator?", "/postgres?"))
    await maintenance.execute(f"CREATE DATABASE {name} TEMPLATE moderator")
    async with started(postgres.replace("/moderator?", f"/{name}?")) as running:
        yield running
    await maintenance.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await maintenance.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """One Chromium that asks nobody for anything by itself."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=quiet + alone)
        yield running
        await running.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def logged_in(desk: Desk, browser: Browser) -> dict[str, Any]:
    """The browser's state for each of the staff, once they have logged in through the page."""
    states: dict[str, Any] = {}
    for name in STAFF:
        context = await browser.new_context(base_url=desk.url)
        page = await context.new_page()
        await log_in(page, name)
        states[name] = await context.storage_state()
        await context.close()
    return states


@pytest_asyncio.fixture(loop_scope="session")
async def enter(desk: Desk, browser: Browser, logged_in: dict[str, Any]) -> AsyncIterator[Enter]:
    """Open a page as one of the staff; what no page may do is found when the test ends."""
    watched = Watched(desk.url)
    contexts: list[BrowserContext] = []

    async def open_page(
        path: str = "",
        *,
        who: str = "chen.jing",
        language: str = "zh",
        width: int = 1280,
        dark: bool = False,
        scripts: bool = True,
    ) -> Page:
        context = await browser.new_context(
            base_url=desk.url,
            storage_state=logged_in[who],
            viewport={"width": width, "height": 844 if width < 600 else 860},
            color_scheme="dark" if dark else "light",
            locale="zh-CN" if language == "zh" else "en-GB",
            timezone_id="Asia/Shanghai",
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(15_000)
        watched.watch(page)
        if path:
            await page.goto(path)
        return page

    yield open_page
    for context in contexts:
        await context.close()
    assert not watched.faults


async def log_in(page: Page, name: str) -> None:
    """As a person does."""
    await page.goto("/console/")
    await page.get_by_label("账号").or_(page.locator("#name")).first.fill(name)
    await page.locator("#password").fill(PASSWORD)
    await page.locator("form[action='/console/login'] button").click()
    await page.wait_for_url("**/console/*")


@asynccontextmanager
async def started(dsn: str) -> AsyncIterator[Desk]:
    """The whole service over that database, with a stand-in for WeCom and a month behind it."""
    async with AsyncExitStack() as stack:
        world = company()
        wecom = await stack.enter_async_context(serving(create_stand_in(world)))
        url = dsn.replace("postgresql://", "postgresql+asyncpg://")
        values = settings_of(world, api_url=wecom, database_url=url)
        settings = build_settings(values | {"console": {"plain_http": True}})
        engine = create_engine(settings.database)
        stack.push_async_callback(engine.dispose)
        service = await stack.enter_async_context(serving(create_app(settings, engine)))
        hostile = await seed(service, settings, world, engine)
        yield Desk(
            url=service,
            dsn=dsn,
            token=next(iter(settings.api.tokens.values())).get_secret_value(),
            settings=settings,
            world=world,
            engine=engine,
            hostile=hostile,
        )


async def seed(url: str, settings: Settings, world: World, engine: Engine) -> int:
    """A month of messages, sent as WeCom sends them, some of them judged; and the staff."""
    await _hire(engine)
    app = settings.wecom.apps[MODERATION_APP]
    envelope = Envelope(
        token=app.token.get_secret_value(),
        encoding_aes_key=app.encoding_aes_key.get_secret_value(),
        receive_id=settings.wecom.corp_id,
    )
    async with callback_client() as http:
        address, patient = f"{url}/wecom/callback/{MODERATION_APP}", Timing(patience=30.0)
        forms = {
            form: CallbackSender(
                address, envelope, http, agent_id=app.agent_id, form=form, timing=patient
            )
            for form in Form
        }
        for form, plain in _month(world, app.agent_id):
            delivery = await forms[form].deliver(plain)
            assert delivery.answered, delivery
    connection = await asyncpg.connect(engine.dsn)
    await _settled(connection)
    await connection.execute(_DATED_BACK, float(_DAYS * _DAY))
    found = await connection.fetch("SELECT id, version FROM violations ORDER BY id")
    await connection.execute(
        "UPDATE violations SET sender_name = $2, chat = $2 WHERE id = $1", found[-1]["id"], MARKUP
    )
    await connection.close()
    judging = Judging(engine)
    for number, row in enumerate(found[:_JUDGED]):
        status = Status.DISMISSED if number % 4 == 0 else Status.CONFIRMED
        await judging.judge(row["id"], status, by="li.na", version=row["version"])
    return int(found[-1]["id"])


async def _settled(connection: asyncpg.Connection) -> None:
    """Until the worker has looked everybody up and sent what there is to send."""
    for _ in range(900):
        if not await connection.fetchval(_UNSETTLED):
            return
        await asyncio.sleep(0.1)
    pytest.fail("the outbox did not settle")


async def _hire(engine: Engine) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with engine.begin() as transaction:
        for name, grant in STAFF.items():
            newcomer = Newcomer(name=name, display=name, source=Source.LOCAL, subject=name)
            at = datetime.now(UTC)
            await create(transaction, newcomer, grant, by="tests", at=at, password=hashed)


def _month(world: World, agent_id: int) -> Iterator[tuple[Form, bytes]]:
    chance = random.Random(7)
    cast = [person.userid for person in world.people[:24]]
    stamp = int(time.time())
    for number in range(_MESSAGES):
        sender = cast[min(int(chance.expovariate(0.14)), len(cast) - 1)]
        text = chat.violation(chance).text + (MARKUP if number == _MESSAGES - 1 else "")
        if number % 3 == 0:
            msgid = f"m{number}-{stamp}"
            yield (
                Form.JSON,
                callbacks.robot_text(sender=sender, msgid=msgid, content=text, chat=WORK_GROUP),
            )
        else:
            head = Head(corp=world.corp, sender=sender, at=stamp, agent_id=agent_id)
            yield Form.XML, callbacks.text(head, stamp * 1000 + number, text)
