"""The queue: many at once, saved views, conditions, files."""

import asyncio
import csv
import io
import re
import zipfile
from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Route, expect
from tests.console.cases import status_of
from tests.console.conftest import Desk, Enter
from tests.console.test_pages import barriers, keep

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_tile_opens_the_cases_that_it_counts(enter: Enter) -> None:
    """Those of one severity, whatever is graver; one chip says so and takes the filter away."""
    page = await enter("/console/today")
    for label, name in {"critical": "严重", "high": "高", "medium": "中", "low": "低"}.items():
        await page.goto("/console/today")
        counted = (await page.locator(f".tile-{label} .figure").inner_text()).replace(",", "")
        await page.click(f".tile-{label}")
        await expect(page.locator(".page-head p").first).to_contain_text(f"共 {counted} 件")
        await expect(page.locator(".chips li a").first).to_contain_text(f"仅{name}")
        assert await page.locator("tbody tr").count() == min(int(counted), 40)

    await page.locator(".chips li a").first.click()
    assert page.url.endswith("/console/queue")


async def test_many_are_dismissed_at_once_and_taken_back(desk: Desk, enter: Enter) -> None:
    """The progress is shown, and one button undoes all of it."""
    page = await enter("/console/queue?sort=newest")
    boxes = page.locator("input[name=chosen]")
    chosen = [int((await boxes.nth(n).get_attribute("value") or "").split(".")[0]) for n in (1, 4)]
    await boxes.nth(1).check()
    await page.keyboard.down("Shift")
    await boxes.nth(4).click()
    await page.keyboard.up("Shift")
    await expect(page.locator(".bulk-count")).to_have_text("已选 4 件")
    await page.fill("#bulk-reason", "同一条误报")
    await page.click("button[value=dismiss]")
    await expect(page.locator("#job")).to_contain_text("成功 4")
    await keep(page, "queue-job-zh-1280-light")
    assert [await status_of(desk, case) for case in chosen] == ["dismissed"] * 2

    await page.locator("#job").get_by_role("button", name="全部撤销").click()

    await expect(page.locator("#job")).to_contain_text("撤销批量任务")
    await expect(page.locator("#job")).to_contain_text("成功 4")
    assert [await status_of(desk, case) for case in chosen] == ["open"] * 2


async def test_nothing_chosen_is_said(enter: Enter) -> None:
    """A button without a choice does nothing but say so."""
    page = await enter("/console/queue")
    await page.click("button[value=confirm]")

    await expect(page.locator(".toast")).to_contain_text("没有选中")


async def test_views_are_kept_and_forgotten(enter: Enter) -> None:
    """A search with a name comes back with one click."""
    page = await enter("/console/queue?severity=critical&category=drugs")
    await page.click("summary:has-text('视图')")
    await page.fill("#view-name", "毒品 <严重>")
    await page.keyboard.press("Enter")
    await expect(page.locator(".toast")).to_contain_text("视图已保存")
    await page.goto("/console/queue")
    await page.click("summary:has-text('视图')")
    await page.click("text=毒品 <严重>")
    assert page.url.endswith("/console/queue?severity=critical&category=drugs")

    await page.click("summary:has-text('视图')")
    await page.locator(".views button").click()

    await expect(page.locator(".views")).to_have_count(0)


async def test_cases_are_exported_as_they_are_shown(desk: Desk, enter: Enter) -> None:
    """The filters of the list are those of the file, and the log knows of it."""
    page = await enter("/console/queue?status=any&category=gambling", who="li.na")
    number = re.search(r"\d+", await page.locator(".page-head p").first.inner_text())
    await page.click("summary:has-text('导出')")
    async with page.expect_download() as started:
        await page.click("a:has-text('CSV')")
    file = (await (await started.value).path()).read_text("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(file)))
    assert number
    assert len(rows) == int(number[0])
    assert {row["category"] for row in rows} == {"gambling"}
    told = await desk.fetch(
        "SELECT detail::text FROM audit_log WHERE action = 'export.begun' AND actor = 'li.na'"
    )
    assert "gambling" in told[-1]["detail"]


async def test_a_long_export_shows_how_far_it_is(enter: Enter) -> None:
    """After a second: rows written of how many; then the file comes, and the page says so."""
    page = await enter("/console/queue?status=any", who="li.na")
    gate = asyncio.Event()

    async def later(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await page.route("**/violations.xlsx*", later)
    await page.route("**/exports/progress/*", _tell(1200, 5000))
    await page.click("summary:has-text('导出')")
    await page.click("a:has-text('XLSX')")
    await expect(page.locator(".exporting")).to_contain_text("已写入 1,200 / 5,000 行")
    await keep(page, "export-progress-zh-1280-light")
    assert await barriers(page) == []

    async with page.expect_download() as started:
        gate.set()
    file = await (await started.value).path()

    assert zipfile.is_zipfile(file)
    assert (await started.value).suggested_filename.endswith(".xlsx")
    await expect(page.locator(".toast")).to_contain_text("已导出")
    await expect(page.locator(".exporting")).to_have_count(0)


async def test_a_long_export_is_cancelled(enter: Enter) -> None:
    """The request ends with it, which aborts the export; the page says that nothing is left."""
    page = await enter("/console/queue?status=any", who="li.na")
    await page.route("**/violations.xlsx*", _never)
    await page.route("**/exports/progress/*", _tell(0, 5000))
    await page.click("summary:has-text('导出')")
    async with page.expect_event("requestfailed"):
        await page.click("a:has-text('XLSX')")
        await page.click(".exporting button")

    await expect(page.locator(".toast")).to_contain_text("导出已取消")


async def test_an_export_that_is_refused_says_why(enter: Enter) -> None:
    """Where two are under way already the person is told so, not left with a failed download."""
    page = await enter("/console/queue?status=any", who="li.na")
    await page.route("**/violations.xlsx*", _refuse)
    await page.click("summary:has-text('导出')")
    await page.click("a:has-text('XLSX')")

    await expect(page.locator(".toast")).to_contain_text("已有两个导出在进行")


async def _never(_route: Route) -> None:
    await asyncio.Event().wait()


async def _refuse(route: Route) -> None:
    await route.fulfill(status=429, headers={"content-security-policy": "default-src 'none'"})


def _tell(done: int, total: int) -> Callable[[Route], Awaitable[None]]:
    async def tell(route: Route) -> None:
        policy = {"content-security-policy": "default-src 'none'"}
        await route.fulfill(json={"done": done, "total": total}, headers=policy)

    return tell


async def test_conditions_that_mean_nothing_are_a_page(enter: Enter) -> None:
    """With the way on, in the person's language."""
    page = await enter("/console/today")
    answer = await page.goto("/console/queue?severity=huge")

    assert answer
    assert answer.status == 422
    await expect(page.locator("h1")).to_have_text("无法理解的筛选条件")
    await page.click("main a.button")
    await expect(page.locator("h1")).to_have_text("今日")
