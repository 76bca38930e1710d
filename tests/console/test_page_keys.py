"""Keys: what they do, and when they do nothing."""

import pytest
from playwright.async_api import expect
from tests.console.cases import open_cases, status_of
from tests.console.conftest import Desk, Enter

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_keys_do_nothing_in_fields_with_modifiers_and_while_composing(
    desk: Desk, enter: Enter
) -> None:
    """Whoever writes Chinese, or copies with Ctrl+C, decides nothing."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}")
    await page.focus("#note")
    await page.keyboard.type("cde")
    assert await page.input_value("#note") == "cde"
    await page.keyboard.press("Escape")

    await page.keyboard.press("Control+c")
    await page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown',"
        " {key: 'c', bubbles: true, isComposing: true}))"
    )
    await page.wait_for_timeout(100)

    assert page.url.endswith(f"/console/cases/{case}")
    assert await status_of(desk, case) == "open"


async def test_what_is_typed_at_once_decides_nothing(desk: Desk, enter: Enter) -> None:
    """The form that a key opens has the next key, and a key pressed twice decides once."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}")
    await page.evaluate(
        "for (const key of ['e', 'c']) document.activeElement.dispatchEvent("
        "new KeyboardEvent('keydown', {key, bubbles: true}))"
    )
    await expect(page.locator("#escalate-to")).to_be_focused()
    assert await status_of(desk, case) == "open"
    await page.keyboard.press("Escape")

    await page.evaluate(
        "for (const key of ['c', 'c']) document.body.dispatchEvent("
        "new KeyboardEvent('keydown', {key, bubbles: true}))"
    )

    await expect(page.locator(".toast")).to_contain_text(f"#{case}")
    assert await status_of(desk, case) == "confirmed"
    await page.wait_for_load_state()
    await page.keyboard.press("u")
    await expect(page.locator(".toast")).to_contain_text("已撤销")


async def test_j_and_k_lead_through_the_line(desk: Desk, enter: Enter) -> None:
    """On to the next case, and back to the one before."""
    page = await enter("/console/queue")
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/cases/*")
    second = page.url

    await page.keyboard.press("j")
    await page.wait_for_function("at => location.href !== at", arg=second)
    await page.keyboard.press("k")

    await page.wait_for_url(second)


async def test_help_shows_the_keys_of_the_page(desk: Desk, enter: Enter) -> None:
    """Esc closes it, and so does its button; keys work again after either."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}")
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_contain_text("确认违规")

    await page.keyboard.press("Escape")

    await expect(page.locator("#keys")).to_be_hidden()
    await page.keyboard.press("?")
    await page.locator("#keys button").click()
    await page.keyboard.press("?")
    await expect(page.locator("#keys")).to_be_visible()
