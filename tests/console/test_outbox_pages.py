"""The outbox and the failed messages in a browser: looked at, tried again, lifted."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.console.conftest import Desk, Enter
from tests.console.test_pages import barriers, keep, overflow

from moderator.ledger.limits.pauses import Cause, Pauses
from moderator.ledger.recording.failed import FailedMessages

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_numbers_of_the_outbox(desk: Desk, enter: Enter) -> None:
    """The tiles say how much is in each state, and lead to it."""
    (counted,) = await desk.fetch("SELECT count(*) AS n FROM actions WHERE state = 'proposed'")
    page = await enter("/console/outbox", who="wu.lei")
    tile = page.locator(".tile-proposed")
    assert await tile.locator(".figure").inner_text() == str(counted["n"])

    await tile.click()

    assert page.url.endswith("group=proposed")
    states = set(await page.locator(".outbox-table .badge").all_inner_texts())
    assert states == {"待批准"}


async def test_proposal_leads_to_its_case(enter: Enter) -> None:
    """A proposal is decided in its case, where the message is."""
    page = await enter("/console/outbox?group=proposed", who="chen.jing")

    await page.locator(".why a").first.click()

    assert "/console/cases/" in page.url


async def test_trying_again_is_counted_first(desk: Desk, enter: Enter) -> None:
    """What would be tried again is shown in numbers; with a reason it is, and the log says so."""
    page = await enter("/console/outbox?group=unsupported", who="wu.lei", scripts=False)
    box = page.locator(".outbox-table input[type=checkbox]").first
    action = int(await box.get_attribute("value") or 0)
    await box.check()
    await page.click("text=重试选中的…")
    assert await page.locator(".figure").inner_text() == "1"
    await keep(page, "outbox-requeue-zh-1280-light")

    await page.fill("#reason", "已配置保密机构联系人")
    await page.click("main button.primary")

    assert "已有 1 个动作重新排队" in await page.locator(".notice-ok").inner_text()
    (kept,) = await desk.fetch("SELECT history FROM actions WHERE id = $1", action)
    assert "已配置保密机构联系人" in str(kept["history"])
    deed, *_ = await desk.fetch(
        "SELECT actor FROM audit_log WHERE action = 'action.requeued' ORDER BY number DESC"
    )
    assert deed["actor"] == "wu.lei"


async def test_trying_all_again_by_filter(enter: Enter) -> None:
    """All that fit a filter are counted together, with the filter and a sample."""
    page = await enter(
        "/console/outbox?group=unsupported&kind=notify_confidentiality", who="wu.lei"
    )
    await page.click("text=重试符合条件的全部…")

    assert int(await page.locator(".figure").inner_text()) > 1
    assert "报告保密机构" in await page.locator(".badge >> nth=1").inner_text()
    assert await page.locator(".sample li").count() > 1
    assert await barriers(page) == []


async def test_nothing_to_try_again(enter: Enter) -> None:
    """Where nothing fits there is no form, and a way back."""
    page = await enter("/console/outbox/requeue?sender=nobody", who="wu.lei")

    assert await page.locator("main form").count() == 0
    assert await page.locator(".state .button").count() == 1


async def test_who_may_not_operate(enter: Enter) -> None:
    """A viewer sees the outbox without any button, and may not open the form."""
    page = await enter("/console/outbox", who="gao.yu")
    assert await page.locator("main form[method=post], main input[type=checkbox]").count() == 0

    await page.goto("/console/outbox/requeue?group=failed")

    assert "没有权限" in await page.locator("h1").inner_text()


async def test_department_admin_sees_their_own(desk: Desk, enter: Enter) -> None:
    """Numbers and rows are those of the own departments."""
    (counted,) = await desk.fetch(
        "SELECT count(*) AS n FROM actions JOIN violations ON violations.id = violation_id"
        " WHERE state = 'proposed' AND sender_departments && '{2}'"
    )
    (all_,) = await desk.fetch("SELECT count(*) AS n FROM actions WHERE state = 'proposed'")
    assert 0 < counted["n"] < all_["n"]
    page = await enter("/console/outbox?group=proposed", who="zhou.min")

    assert await page.locator(".tile-proposed .figure").inner_text() == str(counted["n"])
    seen = await page.locator(".outbox-table tbody tr").count()
    assert seen == min(50, counted["n"])


async def test_pause_says_what_to_do_and_is_lifted(desk: Desk, enter: Enter) -> None:
    """A pause names the app, the errcode and the remedy; an operator ends it with a reason."""
    now = datetime.now(UTC)
    cause = Cause(
        app="notice", path="message/send", credential="of-a-test", errcode=60020, reason="no"
    )
    await Pauses(desk.engine).pause(cause, now=now, until=now + timedelta(hours=1))
    page = await enter("/console/outbox", who="wu.lei", scripts=False)
    told = await page.locator(".alarm").inner_text()
    assert "notice" in told
    assert "60020" in told
    assert "可信 IP" in told
    await keep(page, "outbox-paused-zh-1280-light")

    await page.fill(".alarm input[name=reason]", "已把出口地址加入可信 IP")
    await page.click(".alarm button")

    assert await page.locator(".alarm").count() == 0
    assert await page.locator(".notice-ok").count() == 1


async def test_failed_message_is_replayed(desk: Desk, enter: Enter) -> None:
    """One that fails again stays, with the number of tries and what is wrong."""
    failed = FailedMessages(desk.engine)
    id_ = await failed.keep("moderation", "k-page", b"junk", "sign", "1", "nonce", "KeyError")
    page = await enter("/console/failed", who="wu.lei", scripts=False)
    await page.check(f"input[value='{id_}']")
    await keep(page, "failed-waiting-zh-1280-light")
    await page.click("main button.primary")

    assert "1 条仍然失败" in await page.locator(".notice-critical").inner_text()
    (kept,) = await desk.fetch("SELECT attempts FROM failed_messages WHERE id = $1", id_)
    assert kept["attempts"] == 2
    await page.goto("/console/health")
    assert await page.locator("#failed_messages .todo").count() == 1
    await keep(page, "health-degraded-zh-1280-light")
    await failed.settle(id_)


async def test_outbox_on_a_phone_says_why(enter: Enter) -> None:
    """The reason of an action stands within the width of a phone."""
    page = await enter("/console/outbox?group=unsupported", who="wu.lei", width=390, language="en")
    why = page.locator(".why").first

    box = await why.bounding_box()
    assert box
    assert box["x"] + box["width"] <= 390
    assert await overflow(page) <= 0
