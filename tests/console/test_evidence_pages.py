"""What somebody wrote: read for a reason, by agreement of a second person, handed out."""

import zipfile

import pytest
from playwright.async_api import expect
from tests.conftest import SmallRules
from tests.console.cases import audited, open_cases
from tests.console.conftest import Desk, Enter
from tests.console.test_pages import barriers, keep

from moderator.app import create_app
from moderator.rehearsal.serving import serving
from moderator.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_text_is_read_for_a_reason(desk: Desk, enter: Enter) -> None:
    """Hidden by default; shown with its hits marked, once a reason is given; and audited."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}", who="li.na")
    await expect(page.locator(".veil")).to_be_visible()
    await expect(page.locator(".message")).to_have_count(0)

    await page.keyboard.press("r")
    await page.keyboard.type("客户投诉，需要核实原话")
    await page.keyboard.press("Enter")

    await expect(page.locator(".message mark").first).to_be_visible()
    (told,) = await audited(desk, "evidence.unmasked", f"violation/{case}")
    assert told["actor"] == "li.na"
    assert "客户投诉，需要核实原话" in str(told["detail"])


async def test_a_false_alarm_shows_what_would_have_prevented_it(desk: Desk, enter: Enter) -> None:
    """The shortest phrase, and what else it would have let through, beside the reasons."""
    (row,) = await desk.fetch(
        "SELECT id FROM violations WHERE status = 'open' AND category = 'gambling' LIMIT 1"
    )
    page = await enter(f"/console/cases/{row['id']}", who="li.na")
    await page.fill("#unmask-reason", "判断是否误报")
    await page.keyboard.press("Enter")
    await expect(page.locator(".message")).to_be_visible()
    await page.wait_for_load_state()
    await page.keyboard.press("d")
    await page.click(".phrases a")

    await expect(page.locator(".phrase").first).to_contain_text("加入放行短语")
    await expect(page.locator(".phrase").first).to_contain_text("将不再命中")
    await keep(page, "case-phrases-zh-1280-light")


async def test_evidence_is_handed_out_as_one_file(desk: Desk, enter: Enter) -> None:
    """A ZIP, for a purpose that the log tells."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}", who="li.na")
    await page.click("summary:has-text('下载证据包')")
    await page.fill("#pack-reason", "劳动仲裁")
    async with page.expect_download() as started:
        await page.keyboard.press("Enter")
    file = await (await started.value).path()

    assert zipfile.is_zipfile(file)
    (told,) = await audited(desk, "evidence.packed", f"violation/{case}")
    assert "劳动仲裁" in str(told["detail"])


async def test_a_second_person_agrees_to_reading(
    desk: Desk, enter: Enter, small_rules: SmallRules
) -> None:
    """Where two are needed, one asks, and another one is led from Today to what waits."""
    case = (await open_cases(desk, 3))[-1]  # which nobody has read yet
    values = for_two(desk, small_rules)
    async with serving(create_app(values, desk.engine)) as url:
        asking = await enter(f"{url}/console/cases/{case}", who="li.na")
        await asking.fill("#unmask-reason", "核实语境")
        await asking.keyboard.press("Enter")
        await expect(asking.locator(".veil")).to_contain_text("等待另一人同意")

        granting = await enter(f"{url}/console/today", who="chen.jing")
        await granting.click("text=等我同意的查看申请")
        await expect(granting.locator("li.card")).to_contain_text("li.na 申请查看原文")
        await expect(granting.locator("li.card")).to_contain_text("核实语境")
        await keep(granting, "unmaskings-zh-1280-light")
        assert await barriers(granting) == []
        await granting.click("button:has-text('同意')")
        await expect(granting.locator(".toast")).to_contain_text("已同意")
        await expect(granting.locator("main")).to_contain_text("没有等待同意的申请")

        await asking.reload()
        await expect(asking.locator(".message")).to_be_visible()


async def test_nobody_agrees_with_themselves(
    desk: Desk, enter: Enter, small_rules: SmallRules
) -> None:
    """One's own request stands in the list with the way to take it back, and with no other."""
    case = (await open_cases(desk, 5))[-1]
    async with serving(create_app(for_two(desk, small_rules), desk.engine)) as url:
        page = await enter(f"{url}/console/cases/{case}", who="li.na")
        await page.fill("#unmask-reason", "核实另一处语境")
        await page.keyboard.press("Enter")
        await expect(page.locator(".veil")).to_contain_text("等待另一人同意")

        await page.goto(f"{url}/console/unmaskings")
        assert await page.locator("button:has-text('同意')").count() == 0
        await page.click("button:has-text('撤回申请')")

        await expect(page.locator("main")).to_contain_text("没有等待同意的申请")
    (told,) = await audited(desk, "evidence.unmasking_refused", f"violation/{case}")
    assert told["actor"] == "li.na"


def for_two(desk: Desk, small_rules: SmallRules) -> Settings:
    """As the service of the tests, but that reading needs a second person."""
    evidence = desk.settings.evidence.model_copy(update={"unmask_persons": 2})
    rules = desk.settings.rules.model_copy(update={"directory": small_rules.folder})
    return desk.settings.model_copy(update={"evidence": evidence, "rules": rules})
