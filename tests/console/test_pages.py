"""Every page in a real browser: both languages, two widths, light and dark, for everybody."""

import asyncio
from dataclasses import replace

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, Page
from tests.console.conftest import SCREENS, STAFF, Desk, Enter

from moderator.domain.access import Actor
from moderator.ledger.desk.job_records import Chosen, JobKind, JobState, Order
from moderator.ledger.desk.jobs import Jobs
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.reading.violations import Violations

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Name of the screenshot, address, who looks.
PAGES = [
    ("today", "/console/today", "chen.jing"),
    ("queue", "/console/queue", "chen.jing"),
    ("queue-nothing", "/console/queue?text=nobody-of-that-name", "chen.jing"),
    ("queue-done", "/console/queue?whose=asked", "chen.jing"),
    ("case", "/console/cases/{open}", "chen.jing"),
    ("case-judged", "/console/cases/1", "chen.jing"),
    ("phrases", "/console/cases/{read}/phrases", "chen.jing"),
    ("unmaskings-none", "/console/unmaskings", "chen.jing"),
    ("job", "/console/jobs/{job}", "chen.jing"),
    ("people", "/console/people", "chen.jing"),
    ("person", "/console/people/{sender}", "chen.jing"),
    ("chats", "/console/chats", "chen.jing"),
    ("rules", "/console/rules", "chen.jing"),
    ("rule", "/console/rules/{rule}", "chen.jing"),
    ("rule-author", "/console/rules/{rule}", "qian.lin"),
    ("rules-try", "/console/rules/try", "chen.jing"),
    ("statistics", "/console/statistics", "chen.jing"),
    ("outbox", "/console/outbox", "wu.lei"),
    ("requeue", "/console/outbox/requeue?group=unsupported", "wu.lei"),
    ("failed", "/console/failed", "wu.lei"),
    ("audit", "/console/audit", "wu.lei"),
    ("holds", "/console/holds?scope=person&target={sender}", "wu.lei"),
    ("health", "/console/health", "wu.lei"),
    ("access", "/console/access", "wu.lei"),
    ("user", "/console/access/{user}", "wu.lei"),
    ("account", "/console/account", "chen.jing"),
    ("not-found", "/console/nowhere", "chen.jing"),
]
LOOKS = [(1280, "light"), (1280, "dark"), (390, "dark"), (390, "light")]
CHEN = Actor(name="chen.jing", roles=STAFF["chen.jing"].roles)
# Of a full page only so much is kept: nobody scrolls further in a picture.
_TALLEST = 2400


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(("name", "address", "who"), PAGES, ids=[name for name, _, _ in PAGES])
async def test_page_is_there_for_everybody(
    desk: Desk, enter: Enter, name: str, address: str, who: str, language: str
) -> None:
    """It opens, fits a phone, can be used with a screen reader, and loads nothing of others."""
    page = await enter(who=who, language=language)
    await page.goto(await addressed(desk, address))
    for width, scheme in LOOKS:
        await page.set_viewport_size({"width": width, "height": 844 if width < 600 else 860})
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        await keep(page, f"{name}-{language}-{width}-{scheme}")
        assert await overflow(page) <= 0, f"{width} px"
        if (language, width, scheme) in {("zh", 1280, "light"), ("en", 390, "dark")}:
            assert await barriers(page) == []


@pytest.mark.parametrize("path", ["/console/login", "/console/invitation"])
async def test_way_in_is_there_for_everybody(desk: Desk, browser: Browser, path: str) -> None:
    """The same of the pages before log-in."""
    for language, width in (("zh", 1280), ("en", 390)):
        context = await browser.new_context(
            base_url=desk.url,
            locale="zh-CN" if language == "zh" else "en-GB",
            viewport={"width": width, "height": 844},
        )
        page = await context.new_page()
        await page.goto(path)
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await keep(page, f"{path.rpartition('/')[2]}-{language}-{width}-{scheme}")
            assert await barriers(page) == []
        assert await overflow(page) <= 0
        await context.close()


async def test_unmasked_case_and_open_forms_are_there_for_everybody(
    desk: Desk, enter: Enter
) -> None:
    """What appears only after something was done is looked at, too."""
    page = await enter(await addressed(desk, "/console/cases/{open}"))
    await page.fill("#unmask-reason", "核实语境后作出决定")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".message mark")
    await page.locator("h1").click()
    await page.keyboard.press("d")
    await keep(page, "case-unmasked-zh-1280-light")
    assert await barriers(page) == []
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await keep(page, "keys-zh-1280-light")
    assert await barriers(page) == []


async def test_menu_opens_on_a_phone(enter: Enter) -> None:
    """It takes no script: the button leads to it."""
    page = await enter("/console/today", width=390, scripts=False)
    assert not await page.locator("nav").first.is_visible()

    await page.click(".menu-open")

    await keep(page, "menu-zh-390-light")
    assert await page.locator("nav").first.is_visible()


async def test_keyboard_reaches_the_content_at_once(enter: Enter) -> None:
    """The first stop of the Tab key leads past the menu."""
    page = await enter("/console/queue")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"

    await page.keyboard.press("Enter")

    assert await page.evaluate("document.activeElement.id") == "content"


async def addressed(desk: Desk, address: str) -> str:
    """The address with things that there are."""
    found, *_ = await desk.fetch(
        "SELECT id, sender, rule FROM violations WHERE status = 'open' AND id <> $1"
        " AND array_length(rules, 1) > 1 ORDER BY severity DESC, id LIMIT 1",
        desk.hostile,
    )
    there = {"open": found["id"], "sender": found["sender"], "rule": found["rule"]}
    if "{job}" in address:
        there["job"] = await many_noted(desk)
    if "{read}" in address:
        there["read"] = await one_read(desk)
    if "{user}" in address:
        (user,) = await desk.fetch("SELECT id FROM users WHERE name = 'zhou.min'")
        there["user"] = user["id"]
    return address.format(**there)


async def many_noted(desk: Desk) -> int:
    """A bulk job of several cases that changes nothing: they are assigned to nobody already."""
    rows = await desk.fetch("SELECT id FROM violations WHERE assignee = '' ORDER BY id LIMIT 6")
    chosen = Chosen(ids={row["id"]: None for row in rows})
    jobs = Jobs(desk.engine)
    job = await jobs.start(CHEN, Order(JobKind.ASSIGN), chosen)
    # Its page comes anew when it ends, which is not to happen while somebody looks.
    for _ in range(600):
        if (await jobs.one(job.id, CHEN)).state is not JobState.RUNNING:
            return job.id
        await asyncio.sleep(0.1)
    pytest.fail("the job did not end")


async def one_read(desk: Desk) -> int:
    """A case whose text the visitor may read."""
    (row,) = await desk.fetch(
        "SELECT id FROM violations WHERE category = 'gambling' ORDER BY id LIMIT 1"
    )
    (user,) = await desk.fetch("SELECT id FROM users WHERE name = $1", CHEN.name)
    reads = replace(CHEN, account=user["id"])
    cipher = EvidenceCipher.of(desk.settings.evidence)
    asks = Unmaskings(desk.engine, Violations(desk.engine, cipher))
    await asks.ask(row["id"], reads, reason="判断是否误报")
    return int(row["id"])


async def keep(page: Page, name: str) -> None:
    """A picture for people to look at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size
    height = await page.evaluate("document.documentElement.scrollHeight")
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, _TALLEST)}
    await page.screenshot(path=SCREENS / f"{name}.png", clip=clip, full_page=True)  # type: ignore[arg-type]


async def overflow(page: Page) -> int:
    """How many pixels the page is wider than the window."""
    script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return int(await page.evaluate(script))


async def barriers(page: Page) -> list[str]:
    """What axe finds: the rule and the first elements that break it."""
    found = await Axe().run(page)
    return [
        f"{one['id']}: {[node['target'] for node in one['nodes'][:4]]}"
        f" {one['nodes'][0].get('failureSummary', '')}"
        for one in found.response["violations"]
    ]
