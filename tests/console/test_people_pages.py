"""People in a browser: found, looked at, credited with merits."""

from urllib.parse import quote

import pytest
from tests.console.conftest import DEPARTMENT, MARKUP, Desk, Enter
from tests.console.test_pages import barriers, keep

pytestmark = pytest.mark.asyncio(loop_scope="session")

_MOST = """
    SELECT sender, count(*) AS number FROM violations
     WHERE sender <> (SELECT sender FROM violations WHERE id = $1)
     GROUP BY sender ORDER BY number DESC LIMIT 1
"""


async def test_person_is_found_by_a_part_of_the_name(desk: Desk, enter: Enter) -> None:
    """A part of the name finds the person, who is shown with their own numbers."""
    (found,) = await desk.fetch(_MOST, desk.hostile)
    (known,) = await desk.fetch("SELECT name FROM people WHERE userid = lower($1)", found["sender"])
    page = await enter("/console/people")

    await page.fill("#text", known["name"][-1:])
    await page.click("main button.primary")

    row = page.locator(f"tbody tr:has-text('{found['sender']}')")
    assert known["name"] in await row.inner_text()
    assert str(found["number"]) in await row.locator("td.number").nth(1).inner_text()


async def test_nobody_is_found(enter: Enter) -> None:
    """Where nobody fits the page says so."""
    page = await enter("/console/people?text=nobody-of-that-name")
    await keep(page, "people-nothing-zh-1280-light")

    assert await page.locator(".state").count() == 1
    assert await barriers(page) == []


async def test_everything_about_a_person(desk: Desk, enter: Enter) -> None:
    """Standing with what lapses when, history with clauses, departments, the year in a picture."""
    (found,) = await desk.fetch(_MOST, desk.hostile)
    page = await enter(f"/console/people/{found['sender']}")
    text = await page.locator("main").inner_text()

    assert "最早一次失效" in text
    assert "还有" in await page.locator(".lapses li").first.inner_text()
    assert await page.locator(".person-table tbody tr").count() == min(25, found["number"])
    assert await page.locator("#year-chart-title").count() == 1
    await page.click("#year ~ .chart summary")
    assert await page.locator("#year ~ .chart tbody tr").count() in {12, 13}


async def test_whoever_opens_a_record_is_in_the_log(desk: Desk, enter: Enter) -> None:
    """Who looked at whom is written before the page is told; a record beyond reach is not read."""
    (found,) = await desk.fetch(_MOST, desk.hostile)
    (other,) = await desk.fetch(
        "SELECT sender FROM violations WHERE NOT sender_departments && $1 AND id <> $2 LIMIT 1",
        [DEPARTMENT],
        desk.hostile,
    )
    page = await enter(f"/console/people/{found['sender']}", who="gao.yu")
    await (await enter(who="zhou.min")).goto(f"/console/people/{quote(other['sender'])}")
    read = await desk.fetch(
        "SELECT actor, subject FROM audit_log WHERE action = 'person.read'"
        " AND actor IN ('gao.yu', 'zhou.min')"
    )

    assert await page.locator("#merits").count() == 1
    assert ("gao.yu", f"person/{found['sender']}") in {tuple(one) for one in read}
    assert f"person/{other['sender']}" not in {one["subject"] for one in read}


async def test_merit_is_recorded_and_withdrawn(desk: Desk, enter: Enter) -> None:
    """Whoever judges records a merit with a reason, and takes it back; the log tells of both."""
    (found,) = await desk.fetch(_MOST, desk.hostile)
    page = await enter(f"/console/people/{found['sender']}", who="li.na", scripts=False)
    await page.click(".add-merit summary")
    await page.fill(".add-merit #reason", "季度安全标兵")
    await keep(page, "person-merit-zh-1280-light")
    await page.click(".add-merit button")
    assert "季度安全标兵" in await page.locator(".merits").inner_text()

    await page.click(".withdraw summary")
    await page.fill(".withdraw input[name=reason]", "录错了人")
    await page.click(".withdraw button")

    assert "录错了人" in await page.locator(".merits .withdrawn").inner_text()
    deeds = await desk.fetch(
        "SELECT actor, action, subject FROM audit_log WHERE action LIKE 'merit.%' ORDER BY number"
    )
    whom = f"person/{found['sender']}"
    assert [tuple(deed) for deed in deeds] == [
        ("li.na", "merit.recorded", whom),
        ("li.na", "merit.withdrawn", whom),
    ]


async def test_viewers_record_no_merits(desk: Desk, enter: Enter) -> None:
    """Who may only look sees merits and no form."""
    (found,) = await desk.fetch(_MOST, desk.hostile)
    page = await enter(f"/console/people/{found['sender']}", who="gao.yu")

    assert await page.locator("#merits").count() == 1
    assert await page.locator("main form[method=post]").count() == 0


async def test_department_admin_meets_only_their_people(desk: Desk, enter: Enter) -> None:
    """Others are neither listed, nor found by typing their userid into the address."""
    (other,) = await desk.fetch(
        "SELECT sender FROM violations WHERE NOT sender_departments && $1 AND id <> $2 LIMIT 1",
        [DEPARTMENT],
        desk.hostile,
    )
    page = await enter("/console/people", who="zhou.min")
    assert await page.locator("tbody tr").count() > 0
    assert other["sender"] not in await page.locator("tbody").inner_text()

    answer = await page.goto(f"/console/people/{quote(other['sender'])}")

    assert answer
    assert answer.status == 404


async def test_markup_in_a_name_is_text(desk: Desk, enter: Enter) -> None:
    """What a person calls themselves, and a chat, is shown as it is written."""
    (hostile,) = await desk.fetch("SELECT sender FROM violations WHERE id = $1", desk.hostile)
    page = await enter(f"/console/people/{hostile['sender']}")
    assert await page.locator("main img, main script").count() == 0

    await page.goto("/console/chats")

    assert MARKUP in await page.locator("tbody").inner_text()
    await page.click(f"tbody a:has-text('{MARKUP[:9]}')")
    assert "/console/queue?status=any&chat=" in page.url


async def test_person_of_whom_nothing_is_known(enter: Enter) -> None:
    """Of somebody who never wrote there is no page."""
    page = await enter("/console/people/nobody")

    assert "没有找到" in await page.locator("h1").inner_text()
