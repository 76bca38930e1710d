"""Cases judged in a browser: decided, taken back, handed on, by one person and by two at once."""

import pytest
from playwright.async_api import expect
from tests.console.cases import open_cases, status_of
from tests.console.conftest import Desk, Enter

pytestmark = pytest.mark.asyncio(loop_scope="session")

_MINE = (
    "SELECT violation_id, kind, reason FROM decisions WHERE actor = $1 AND job IS NULL ORDER BY id"
)


async def test_ten_cases_are_judged_with_the_keyboard_alone(desk: Desk, enter: Enter) -> None:
    """Begin, confirm, dismiss with a reason, ten times; each time the next case is there."""
    before = len(await desk.fetch(_MINE, "chen.jing"))
    page = await enter("/console/queue")
    await page.keyboard.press("c")
    await page.wait_for_url("**/console/cases/*")

    for number in range(10):
        case = page.url
        if number % 2:
            await page.keyboard.press("d")
            await expect(page.locator("input[name=why]").first).to_be_focused()
            await page.keyboard.press("ArrowDown")
            await page.keyboard.press("Enter")
        else:
            await page.keyboard.press("c")
        await page.wait_for_function("at => location.pathname !== new URL(at).pathname", arg=case)

    decided = (await desk.fetch(_MINE, "chen.jing"))[before:]
    assert [row["kind"] for row in decided] == ["confirmed", "dismissed"] * 5
    assert len({row["violation_id"] for row in decided}) == 10
    assert decided[1]["reason"] == "工作需要"


async def test_the_last_decision_is_undone_with_one_key(desk: Desk, enter: Enter) -> None:
    """The toast that says what was done takes it back."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}")
    await page.keyboard.press("c")
    await expect(page.locator(".toast")).to_contain_text(f"#{case}")
    assert await status_of(desk, case) == "confirmed"

    await page.keyboard.press("u")

    await page.wait_for_url(f"**/console/cases/{case}*")
    assert await status_of(desk, case) == "open"


async def test_a_reload_says_nothing_again(desk: Desk, enter: Enter) -> None:
    """What was done is said once."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}?done=noted")
    await expect(page.locator(".toast")).to_be_visible()

    await page.reload()

    assert "done" not in page.url
    await expect(page.locator(".toast")).to_have_count(0)


async def test_a_lost_update_is_an_answer(desk: Desk, enter: Enter) -> None:
    """Whoever is second sees what the first one did, and decides again."""
    (case,) = await open_cases(desk)
    first = await enter(f"/console/cases/{case}", who="chen.jing")
    second = await enter(f"/console/cases/{case}", who="li.na")
    await first.keyboard.press("a")
    await first.wait_for_url("**/console/cases/*")
    await expect(first.locator(".case-head")).to_contain_text("chen.jing")

    await second.keyboard.press("c")

    await expect(second.locator("main")).to_contain_text("刚刚改动了这条记录")
    assert await status_of(desk, case) == "open"
    await second.keyboard.press("c")
    await second.wait_for_function("case_ => !location.pathname.includes(case_)", arg=str(case))
    assert await status_of(desk, case) == "confirmed"


async def test_two_at_the_same_case_know_of_each_other(desk: Desk, enter: Enter) -> None:
    """The lock is soft: it says who else is there."""
    (case,) = await open_cases(desk)
    await enter(f"/console/cases/{case}", who="li.na")
    page = await enter(f"/console/cases/{case}", who="chen.jing")

    await expect(page.locator("#viewers")).to_contain_text("li.na")


async def test_a_case_is_handed_on_and_noted(desk: Desk, enter: Enter) -> None:
    """Escalated to a colleague, whose queue then holds it; the note stays in the time line."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}", who="li.na")
    await page.keyboard.press("n")
    await page.keyboard.type("已电话核实")
    await page.keyboard.press("Enter")
    await expect(page.locator(".timeline")).to_contain_text("已电话核实")
    await page.wait_for_load_state()
    await page.keyboard.press("e")
    await page.keyboard.type("chen.jing")
    await page.fill("#escalate-reason", "需要审批人决定")
    await page.keyboard.press("Control+Enter")
    await page.wait_for_function("case_ => !location.pathname.includes(case_)", arg=str(case))

    other = await enter("/console/queue?whose=asked", who="chen.jing")

    await expect(other.locator(f"tr[data-case='{case}']")).to_be_visible()


async def test_proposals_are_decided_on_the_case(desk: Desk, enter: Enter) -> None:
    """Whoever may approve refuses with a reason; the ledger has both."""
    (row,) = await desk.fetch(
        "SELECT id, violation_id FROM actions WHERE state = 'proposed' AND violation_id <> $1"
        " ORDER BY id DESC LIMIT 1",
        desk.hostile,
    )
    page = await enter(f"/console/cases/{row['violation_id']}")
    form = page.locator(f"form[action='/console/actions/{row['id']}/refuse']")
    await form.locator("input[name=reason]").fill("情节轻微")
    await form.locator("button").click()

    await expect(page.locator(".toast")).to_contain_text("已驳回")
    (now,) = await desk.fetch("SELECT * FROM actions WHERE id = $1", row["id"])
    assert (now["state"], now["decided_by"]) == ("cancelled", "chen.jing")
    assert now["decision_reason"] == "情节轻微"

    await page.wait_for_load_state()
    await page.keyboard.press("u")

    await expect(page.locator(".toast")).to_contain_text("重新等待批准")
    (again,) = await desk.fetch("SELECT state FROM actions WHERE id = $1", row["id"])
    assert again["state"] == "proposed"


async def test_it_works_without_scripts(desk: Desk, enter: Enter) -> None:
    """Reading, deciding and undoing are forms."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}", scripts=False)
    await page.click("summary:has-text('排除')")
    await page.check("input[value=excused]")
    await page.click("button[data-submits] >> nth=0")
    await expect(page.locator(".toast")).to_contain_text(f"#{case}")
    assert await status_of(desk, case) == "dismissed"

    await page.click(".toast button")

    assert await status_of(desk, case) == "open"
