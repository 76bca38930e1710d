"""Legal holds in a browser: placed, found faulty, released, and who may."""

import pytest
from playwright.async_api import expect
from tests.console.cases import audited, csrf_of, open_cases
from tests.console.conftest import Desk, Enter
from tests.console.test_pages import barriers, keep

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_hold_is_placed_from_a_case_and_released_with_a_reason(
    desk: Desk, enter: Enter
) -> None:
    """Both are in the log; the case says what holds it for as long as it does."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}", who="wu.lei")
    await page.click("text=设置法律保全")
    assert await page.input_value("#target") == str(case)
    await page.fill("#hold-reason", "劳动仲裁 118 号")
    await page.click(".placing button")
    await expect(page.locator(".notice")).to_contain_text("现有 1 条消息原文因此保留")
    await keep(page, "holds-placed-zh-1280-light")
    assert await barriers(page) == []

    await page.goto(f"/console/cases/{case}")
    await expect(page.locator(".case")).to_contain_text("劳动仲裁 118 号")
    await page.goto("/console/holds")
    held = page.locator("li", has_text="劳动仲裁 118 号")
    await held.locator("summary").click()
    await held.locator("input[name=reason]").fill("已结案")
    await held.locator("button").click()

    await expect(page.locator(".notice")).to_contain_text("已解除保全")
    await expect(page.locator("li.over", has_text="劳动仲裁 118 号")).to_contain_text("已结案")
    for action, reason in (("hold.placed", "劳动仲裁 118 号"), ("hold.released", "已结案")):
        (told,) = await audited(desk, action, f"violation/{case}")
        assert told["actor"] == "wu.lei"
        assert reason in str(told["detail"])


async def test_hold_on_a_person_covers_all_that_they_wrote(desk: Desk, enter: Enter) -> None:
    """The page says how much it keeps; a hold on somebody unknown says that it keeps nothing."""
    (most,) = await desk.fetch(
        "SELECT sender, count(*) AS number FROM violations WHERE evidence IS NOT NULL"
        " GROUP BY sender ORDER BY number DESC LIMIT 1"
    )
    page = await enter(f"/console/people/{most['sender']}", who="wu.lei")
    await page.click("main a:has-text('设置法律保全')")
    await page.fill("#hold-reason", "离职争议")
    await page.click(".placing button")
    await expect(page.locator(".notice")).to_contain_text(f"现有 {most['number']} 条")

    await page.select_option("#scope", "person")
    await page.fill("#target", "nobody.of.that.name")
    await page.fill("#hold-reason", "离职争议")
    await page.click(".placing button")

    await expect(page.locator(".notice")).to_contain_text("目前还没有它涉及的消息原文")


@pytest.mark.parametrize(
    ("target", "fault"), [("999999", "没有这个编号的案件"), ("LiuYang", "案件编号是数字")]
)
async def test_what_cannot_be_held_is_said_at_its_field(
    enter: Enter, target: str, fault: str
) -> None:
    """The form keeps what was written."""
    page = await enter("/console/holds", who="wu.lei")
    await page.fill("#target", target)
    await page.fill("#hold-reason", "劳动仲裁")
    await page.click(".placing button")

    await expect(page.locator("#target-fault")).to_contain_text(fault)
    assert await page.input_value("#hold-reason") == "劳动仲裁"
    assert await barriers(page) == []


async def test_others_neither_see_nor_place_holds(desk: Desk, enter: Enter) -> None:
    """A reviewer has no such page; the address behind the form refuses; nothing is held."""
    page = await enter("/console/today", who="li.na")
    assert await page.locator("nav a[href='/console/holds']").count() == 0
    csrf = await csrf_of(page, "/console/queue")

    listed = await page.request.get("/console/holds")
    form: dict[str, str | float | bool]
    form = {"csrf": csrf, "scope": "person", "target": "x", "reason": "r"}
    placed = await page.request.post("/console/holds", form=form)
    released = await page.request.post("/console/holds/1/release", form=form)

    assert [listed.status, placed.status, released.status] == [403, 403, 403]
    assert await desk.fetch("SELECT FROM legal_holds WHERE placed_by = 'li.na'") == []
