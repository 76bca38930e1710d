"""Rules in a browser: found, looked at, tried; alarms cleared."""

from datetime import UTC, datetime

import pytest
from playwright.async_api import expect
from sqlalchemy import insert
from tests.console.conftest import Desk, Enter
from tests.console.test_pages import barriers, keep, overflow

from moderator.ledger.schema.tables import alarms

pytestmark = pytest.mark.asyncio(loop_scope="session")

_ALARM = {
    "hits": 240,
    "messages": 900,
    "usual_hits": 12,
    "usual_messages": 40_000,
    "probability": 1e-30,
}


async def test_rules_are_narrowed_by_links_and_words(enter: Enter) -> None:
    """A category and a word narrow the list; each is in the address and taken out by its chip."""
    page = await enter("/console/rules")
    every = await page.locator(".found").inner_text()

    await page.click(".facets >> text=广告推销")
    await page.fill("#text", "发票")
    await page.click(".filters button")

    assert "category=advertising" in page.url
    assert await page.locator("tbody tr").count() < 10
    assert await page.locator("tbody >> text=advertising-invoices").count() == 1
    await page.click(".chip >> text=发票")
    assert "text=" not in page.url
    await page.click(".chip >> text=广告推销")
    assert await page.locator(".found").inner_text() == every


async def test_what_hits_most_comes_first(desk: Desk, enter: Enter) -> None:
    """The list begins with the rule that hit most in thirty days, and says how often."""
    most, *_ = await desk.fetch(
        "SELECT rule, count(*) AS number FROM violations WHERE category <> 'canary'"
        " GROUP BY rule ORDER BY number DESC, rule LIMIT 1"
    )
    page = await enter("/console/rules")

    first = page.locator("tbody tr").first

    assert str(most["number"]) in await first.locator("td.number").first.inner_text()
    assert await first.locator("svg.spark").count() == 1


async def test_no_rule_fits(enter: Enter) -> None:
    """Where nothing fits the page says so, and leads back."""
    page = await enter("/console/rules?text=no-such-rule-anywhere")
    await keep(page, "rules-nothing-zh-1280-light")

    await page.click(".state .button")

    assert page.url.endswith("/console/rules")


async def test_rule_shows_what_it_rests_on(enter: Enter) -> None:
    """One rule has its clauses in full, its options, its file without folders, its numbers."""
    page = await enter("/console/rules/advertising-invoices")
    text = await page.locator("main").inner_text()

    assert "第七条(四)" in text
    assert "advertising.yaml:" in text
    assert "/rules/advertising.yaml" not in await page.content()
    await page.click("summary >> text=显示例子")
    assert await page.locator(".examples li").first.is_visible()


async def test_rule_that_there_is_not(enter: Enter) -> None:
    """A rule that there is not is a page that says so."""
    page = await enter("/console/rules/never-written")

    assert "没有找到" in await page.locator("h1").inner_text()


@pytest.mark.parametrize("scripts", [True, False])
async def test_trying_a_text(desk: Desk, enter: Enter, *, scripts: bool) -> None:
    """Hits are marked and explained, near misses too; a masked value comes back nowhere."""
    secret = "11010519491231" + "002X"
    before = await _written(desk)
    page = await enter("/console/rules/try", scripts=scripts)

    await page.fill("#text", f"低价代開發票，税务局代开发票。身份证 {secret}")
    await page.click("main button.primary")

    assert await page.locator(".message mark").first.inner_text() == "代開發票1"
    assert "繁体字" in await page.locator(".hit-card").first.inner_text()
    assert "放行短语：税务局代开发票" in await page.locator("main").inner_text()
    assert secret not in await page.content()
    assert "****002X" in await page.content()
    assert page.url.endswith("/console/rules/try")
    assert await _written(desk) == before
    if scripts:
        await keep(page, "rules-tried-zh-1280-light")
        assert await barriers(page) == []
        await page.set_viewport_size({"width": 390, "height": 844})
        await keep(page, "rules-tried-zh-390-light")
        assert await overflow(page) <= 0


async def test_trying_a_clean_text(enter: Enter) -> None:
    """A text without hits is shown as such, and stays in the field."""
    page = await enter("/console/rules/try", language="en")
    await page.fill("#text", "中午吃什么")
    await page.click("main button.primary")

    assert "No hit" in await page.locator("#result").inner_text()
    assert await page.input_value("#text") == "中午吃什么"
    await keep(page, "rules-clean-en-1280-light")


async def test_markup_that_is_tried_is_text(enter: Enter) -> None:
    """Markup in the text is shown and never run."""
    page = await enter("/console/rules/try")
    await page.fill("#text", "<img src=x onerror=alert(1)>代开发票{{7*7}}")
    await page.click("main button.primary")

    assert "<img src=x onerror=alert(1)>" in await page.locator(".message").inner_text()


async def test_too_long_a_text(enter: Enter) -> None:
    """More than can be explained at once is refused with a page that says why."""
    page = await enter("/console/rules/try")
    await page.evaluate("document.querySelector('#text').removeAttribute('maxlength')")
    await page.fill("#text", "长" * 2001)
    await page.click("main button.primary")

    assert await page.locator(".state-error").count() == 1


async def test_alarm_is_seen_by_all_and_cleared_by_operators(desk: Desk, enter: Enter) -> None:
    """An alarm stands on the list and the rule; only an operator, with a reason, clears it."""
    at = datetime.now(UTC)
    async with desk.engine.begin() as transaction:
        await transaction.rows(
            insert(alarms).values(rule="bank-card", raised_at=at, since=at, **_ALARM)
        )
    viewer = await enter("/console/rules", who="gao.yu")
    assert "bank-card" in await viewer.locator("tbody tr").first.inner_text()
    await viewer.goto("/console/rules/bank-card")
    assert await viewer.locator(".alarm").is_visible()
    assert await viewer.locator(".alarm form").count() == 0

    page = await enter("/console/rules/bank-card", who="wu.lei", scripts=False)
    await keep(page, "rule-alarm-zh-1280-light")
    await page.fill("#reason", "测试数据导入所致")
    await page.click(".alarm button")

    assert await page.locator(".alarm").count() == 0
    cleared, *_ = await desk.fetch("SELECT cleared_by, reason FROM alarms WHERE rule = 'bank-card'")
    assert (cleared["cleared_by"], cleared["reason"]) == ("wu.lei", "测试数据导入所致")


async def _written(desk: Desk) -> list[object]:
    """What would grow if a tried text were kept."""
    (row,) = await desk.fetch(
        "SELECT (SELECT count(*) FROM violations) AS violations,"
        " (SELECT count(*) FROM audit_log) AS deeds,"
        " (SELECT count(*) FROM failed_messages) AS failed"
    )
    return list(row.values())


async def test_whoever_keeps_the_rules_lets_a_phrase_through(desk: Desk, enter: Enter) -> None:
    """From the page of the rule, without reading what anybody wrote; shipped rules are told."""
    (found,) = await desk.fetch(
        "SELECT rule FROM violations WHERE category = 'gambling' AND rule <> '' LIMIT 1"
    )
    page = await enter(f"/console/rules/{found['rule']}", who="qian.lin")
    await page.fill("#phrase", "明天开会")
    await page.click("main form button")
    await expect(page.locator(".notice")).to_contain_text("什么也没找到")
    await page.click("main a.button")
    assert page.url.endswith(f"/console/rules/{found['rule']}")

    other = await enter(f"/console/rules/{found['rule']}", who="li.na")
    assert await other.locator("#phrase").count() == 0
    answer = await other.request.post(f"/console/rules/{found['rule']}/phrases", form={})
    assert answer.status == 403
