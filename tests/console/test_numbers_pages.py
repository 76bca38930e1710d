"""Statistics, the audit log and the state of the service in a browser."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr
from tests.console.conftest import DEPARTMENT, Desk, Enter
from tests.console.test_pages import barriers, keep, overflow

pytestmark = pytest.mark.asyncio(loop_scope="session")

_TOTAL = ".headline dd >> nth=0"


async def test_statistics_are_narrowed_by_what_is_clicked(desk: Desk, enter: Enter) -> None:
    """A bar leads to the numbers of its category alone; the filter is in the address."""
    page = await enter("/console/statistics")
    bar = page.locator("section[aria-labelledby=category] tbody tr").first
    name, number = (
        await bar.locator("th").inner_text(),
        await bar.locator("td.number").first.inner_text(),
    )

    await bar.locator("a").click()

    assert "category=" in page.url
    assert name in await page.locator(".chip").inner_text()
    assert (await page.locator(_TOTAL).inner_text()).split()[0] == number
    await page.click(".chip")
    assert "category=" not in page.url


async def test_picture_and_table_say_the_same(enter: Enter) -> None:
    """Beneath a picture stand its numbers, which add up to the total."""
    page = await enter("/console/statistics")
    total = int((await page.locator(_TOTAL).inner_text()).split()[0])  # a change may follow it

    await page.click("section[aria-labelledby=trend] summary")
    cells = page.locator("section[aria-labelledby=trend] tbody td:nth-child(2)")

    assert sum(map(int, await cells.all_inner_texts())) == total
    marks = await page.locator("#trend-chart-title ~ .plot-mark title").all_text_contents()
    assert len(marks) == await cells.count() == 28


async def test_statistics_by_month_and_by_person(enter: Enter) -> None:
    """Period and unit are chosen in the form; whose violations they are is counted on demand."""
    page = await enter("/console/statistics?since=2026-01-01&until=2026-12-31&unit=month&by=sender")
    labels = await page.locator("section[aria-labelledby=trend] .plot-words i").all_inner_texts()

    assert set(labels) <= {f"2026-{month:02}" for month in range(1, 13)}
    people = page.locator("section[aria-labelledby=by] tbody a")
    assert "/console/people/" in (await people.first.get_attribute("href") or "")


async def test_hours_of_the_week_are_counted_on_demand(enter: Enter) -> None:
    """The map of hours is drawn when it is asked for, with all violations of four weeks in it."""
    page = await enter("/console/statistics")
    total = int((await page.locator(_TOTAL).inner_text()).split()[0])  # a change may follow it
    assert await page.locator(".heat-canvas").count() == 0

    await page.click("section[aria-labelledby=hours] a")

    cells = page.locator("section[aria-labelledby=hours] tbody td")
    await cells.last.wait_for(state="attached")
    assert await cells.count() == 7 * 24
    assert sum(map(int, await cells.all_text_contents())) == total
    await keep(page, "statistics-hours-zh-1280-light")
    assert await barriers(page) == []


async def test_no_statistics(enter: Enter) -> None:
    """A period without violations says so and leads to a longer one."""
    page = await enter("/console/statistics?since=2020-01-01&until=2020-01-31")
    await keep(page, "statistics-nothing-zh-1280-light")

    assert await page.locator(".state .button").count() == 1
    assert await barriers(page) == []


@pytest.mark.parametrize(
    "query",
    ["since=2026-02-01&until=2026-01-01", "severity=dreadful", "colour=blue", "department=0"],
)
async def test_filters_that_mean_nothing(enter: Enter, query: str) -> None:
    """A filter that means nothing is refused in words, instead of showing everything."""
    page = await enter()
    answer = await page.goto(f"/console/statistics?{query}")

    assert answer
    assert answer.status == 422
    assert "筛选条件" in await page.locator("h1").inner_text()


async def test_department_admin_counts_their_own(desk: Desk, enter: Enter) -> None:
    """The numbers are those of the own departments, whatever department is asked for."""
    (counted,) = await desk.fetch(
        "SELECT count(*) AS n FROM violations WHERE sender_departments && $1"
        " AND category <> 'canary'",
        [DEPARTMENT],
    )
    page = await enter("/console/statistics?since=2026-01-01&until=2026-12-31", who="zhou.min")
    assert int(await page.locator(_TOTAL).inner_text()) == counted["n"]

    await page.goto("/console/statistics?since=2026-01-01&until=2026-12-31&department=1")

    assert int(await page.locator(_TOTAL).inner_text()) == counted["n"]


async def test_exports_carry_the_filters(enter: Enter) -> None:
    """What is exported is what is seen; who may not export has no button."""
    page = await enter("/console/statistics?category=fraud")
    address = await page.locator("a[download]").first.get_attribute("href")
    assert address
    assert address.startswith("/api/v1/exports/violations.xlsx?")
    assert "category=fraud" in address
    answer = await page.request.get(address)
    assert answer.status == 200

    viewer = await enter("/console/statistics", who="gao.yu")
    assert await viewer.locator("a[download]").count() == 0


async def test_log_is_verified_on_demand(desk: Desk, enter: Enter) -> None:
    """The proof says how many rows hold, when and for whom; and is a row itself."""
    page = await enter("/console/audit", who="wu.lei", scripts=False)
    await page.click("text=立即验证")

    told = await page.locator(".proof .notice-ok").inner_text()
    assert "没有改动、缺失或调换" in told
    assert "wu.lei" in told
    first = page.locator(".audit-table tbody tr").first
    assert "验证了审计日志" in await first.inner_text()
    await keep(page, "audit-verified-zh-1280-light")


async def test_log_is_narrowed(enter: Enter) -> None:
    """By who, by what, by subject and by day; what is set stands above, as chips."""
    page = await enter("/console/audit", who="wu.lei", language="en")
    await page.select_option("#action", "violation")
    await page.fill("#actor", "li.na")
    await page.click(".filters button")

    assert set(await page.locator(".audit-table tbody td:nth-child(2)").all_inner_texts()) == {
        "li.na"
    }
    assert await page.locator(".chip").count() == 2
    subject = page.locator(".audit-table tbody td:nth-child(4) a").first
    assert "/console/cases/" in (await subject.get_attribute("href") or "")
    await page.goto("/console/audit?since=2020-01-01&until=2020-01-02")
    assert await page.locator(".state").count() == 1


async def test_log_is_for_auditors(enter: Enter) -> None:
    """Whoever may not see the log is told so."""
    page = await enter("/console/audit", who="chen.jing")

    assert "没有权限" in await page.locator("h1").inner_text()


async def test_state_of_every_part(desk: Desk, enter: Enter) -> None:
    """Each part of `/healthz` has its card with a name in words, and the apps have their times."""
    page = await enter("/console/health", who="wu.lei")
    parts = (await (await page.request.get("/healthz")).json())["parts"]

    assert {await card.get_attribute("id") for card in await page.locator(".part").all()} == set(
        parts
    )
    titles = await page.locator(".part h3").all_inner_texts()
    assert not [title for title in titles if re.fullmatch(r"[a-z_]+", title)]
    apps = await page.locator("tbody th").all_inner_texts()
    assert apps == list(desk.settings.wecom.apps)


async def test_no_secret_is_shown(desk: Desk, enter: Enter) -> None:
    """Nothing that the settings keep secret is on the page, in any part of it."""
    page = await enter("/console/health", who="wu.lei")
    shown = await page.content()
    secrets = [value for value in _secrets(desk.settings) if len(value) > 5]

    assert len(secrets) > 5
    assert [value[:4] for value in secrets if value in shown] == []


async def test_numbers_on_a_phone(enter: Enter) -> None:
    """The pages of numbers fit a phone in the longer language, pictures and tables opened."""
    page = await enter(width=390, language="en", who="wu.lei", dark=True)
    for path in ("statistics?by=hours", "audit", "health"):
        await page.goto(f"/console/{path}")
        for summary in await page.locator("main summary").all():
            await summary.click()
        assert await overflow(page) <= 0, path


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets(each)
