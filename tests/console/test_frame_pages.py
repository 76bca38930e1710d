"""What belongs to every page: log-in, language, and what attackers try."""

import re

import pytest
from playwright.async_api import expect
from tests.console.cases import open_cases, status_of
from tests.console.conftest import MARKUP, PASSWORD, Desk, Enter

pytestmark = pytest.mark.asyncio(loop_scope="session")

Form = dict[str, str | float | bool]


async def test_whoever_is_not_logged_in_comes_back_after_logging_in(
    desk: Desk, enter: Enter
) -> None:
    """The page that was asked for is the page that follows the log-in."""
    page = await enter()
    await page.context.clear_cookies()
    await page.goto("/console/queue?severity=high")
    assert "/console/login" in page.url

    await page.fill("#name", "gao.yu")
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/console/queue?severity=high")


async def test_language_is_the_persons_choice_and_stays(enter: Enter) -> None:
    """Chosen on any page, which comes back in it."""
    page = await enter("/console/queue?severity=high")
    await page.click("button:has-text('English')")

    await expect(page.locator("h1")).to_have_text("Queue")
    assert page.url.endswith("/console/queue?severity=high")
    await page.goto("/console/today")
    await expect(page.locator("h1")).to_have_text("Today")


async def test_styles_and_scripts_are_kept_by_browsers(enter: Enter) -> None:
    """For a year, under an address that changes with them; an unknown one is kept by nobody."""
    page = await enter("/console/today")
    address = await page.locator("link[rel=stylesheet]").first.get_attribute("href")
    assert address

    kept = await page.request.get(address)
    old = await page.request.get(re.sub(r"/[0-9a-f]{16}/", "/0123456789abcdef/", address))

    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (old.status, old.headers["cache-control"]) == (200, "no-store")


async def test_what_people_wrote_is_text_everywhere(desk: Desk, enter: Enter) -> None:
    """Markup in names, chats and messages is shown and does nothing."""
    page = await enter(f"/console/cases/{desk.hostile}")
    await expect(page.locator("main")).to_contain_text(MARKUP)
    await page.fill("#unmask-reason", MARKUP)
    await page.keyboard.press("Enter")
    await expect(page.locator(".message")).to_contain_text(MARKUP)
    await page.fill("#note", MARKUP)
    await page.click("button:has-text('添加')")
    await expect(page.locator(".timeline")).to_contain_text(MARKUP)

    for address in ("/console/queue?sort=newest", "/console/people", "/console/chats"):
        await page.goto(address)
        assert await page.locator("img[src=x]").count() == 0
    for query in ("text=%3Cscript%3Ealert(3)%3C/script%3E", "sender=%22%3E%3Cimg src=x%3E"):
        await page.goto(f"/console/queue?{query}")
        assert await page.locator("img[src=x]").count() == 0


async def test_forms_of_other_sites_are_refused(desk: Desk, enter: Enter) -> None:
    """A session alone decides nothing: the form has to come from a page of this session."""
    (case,) = await open_cases(desk)
    page = await enter("/console/today")
    for csrf in ("", "0" * 64):
        form: Form = {"version": "1", "csrf": csrf}
        answer = await page.request.post(f"/console/cases/{case}/confirm", form=form)
        assert answer.status == 403
    assert await status_of(desk, case) == "open"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x"]
)
async def test_nobody_is_led_to_other_hosts(enter: Enter, elsewhere: str) -> None:
    """Choosing a language leads back into the console, whatever the form says."""
    page = await enter("/console/today")
    answer = await page.request.post(
        "/console/language", form={"language": "en", "next": elsewhere}, max_redirects=0
    )

    assert answer.headers["location"] == "/console/"
