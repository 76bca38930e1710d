"""What people do at the desk, from the first key to what the ledger keeps of it."""

import csv
import io
import re
import zipfile

import pytest
from playwright.async_api import Page, expect
from tests.conftest import SmallRules
from tests.console.conftest import MARKUP, PASSWORD, Desk, Enter
from tests.console.test_pages import keep

from moderator.app import create_app
from moderator.rehearsal.serving import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")

Form = dict[str, str | float | bool]
_MINE = (
    "SELECT violation_id, kind, reason FROM decisions WHERE actor = $1 AND job IS NULL ORDER BY id"
)


async def open_cases(desk: Desk, limit: int = 1) -> list[int]:
    """Open cases that stand last in the queue, so that nobody else comes by them."""
    found = await desk.fetch(
        "SELECT id FROM violations WHERE status = 'open' AND id <> $2"
        " ORDER BY severity, id DESC LIMIT $1",
        limit,
        desk.hostile,
    )
    return [row["id"] for row in found]


async def status_of(desk: Desk, case: int) -> str:
    return str((await desk.fetch("SELECT status FROM violations WHERE id = $1", case))[0][0])


async def audited(desk: Desk, action: str, subject: str) -> list[dict[str, object]]:
    rows = await desk.fetch(
        "SELECT actor, detail::text FROM audit_log WHERE action = $1 AND subject = $2"
        " ORDER BY number",
        action,
        subject,
    )
    return [dict(row) for row in rows]


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

    await expect(page.locator(".phrase").first).to_contain_text("加入放行词")
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
    """Where two are needed, one asks and another one grants, each on the page of the case."""
    case = (await open_cases(desk, 3))[-1]  # which nobody has read yet
    values = desk.settings.model_copy(
        update={
            "evidence": desk.settings.evidence.model_copy(update={"unmask_persons": 2}),
            "rules": desk.settings.rules.model_copy(update={"directory": small_rules.folder}),
        }
    )
    async with serving(create_app(values, desk.engine)) as url:
        asking = await enter(f"{url}/console/cases/{case}", who="li.na")
        await asking.fill("#unmask-reason", "核实语境")
        await asking.keyboard.press("Enter")
        await expect(asking.locator(".veil")).to_contain_text("等待另一人同意")

        granting = await enter(f"{url}/console/today", who="chen.jing")
        await granting.click("text=等我同意的查看申请")
        await expect(granting.locator("main")).to_contain_text("li.na 申请查看原文")
        await granting.click("button:has-text('同意')")
        await expect(granting.locator(".toast")).to_contain_text("已同意")

        await asking.reload()
        await expect(asking.locator(".message")).to_be_visible()


async def test_a_viewer_may_look_and_nothing_else(desk: Desk, enter: Enter) -> None:
    """No button decides, none unmasks; and the addresses behind them refuse."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}", who="gao.yu")

    assert await page.locator("main button").count() == 0
    answer = await page.request.post(f"/console/cases/{case}/confirm", form={"version": "1"})
    assert answer.status == 403
    assert await status_of(desk, case) == "open"


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


async def test_a_department_admin_sees_only_their_departments(desk: Desk, enter: Enter) -> None:
    """In lists, in counts, and also when they type another id into the address."""
    inside = await desk.fetch(
        "SELECT id FROM violations WHERE 2 = ANY(sender_departments) AND status = 'open'"
    )
    (outside,) = await desk.fetch(
        "SELECT id, sender, sender_name, version FROM violations"
        " WHERE NOT 2 = ANY(sender_departments) AND status = 'open' ORDER BY id LIMIT 1"
    )
    page = await enter("/console/queue", who="zhou.min")
    await expect(page.locator(".page-head")).to_contain_text(f"共 {len(inside)} 件")
    listed = await page.locator("tr[data-case]").evaluate_all(
        "rows => rows.map(row => Number(row.dataset.case))"
    )
    assert set(listed) <= {row["id"] for row in inside}

    for address in (
        f"/console/cases/{outside['id']}",
        f"/console/cases/{outside['id']}/viewers",
        f"/console/people/{outside['sender']}",
    ):
        answer = await page.goto(address)
        assert answer
        assert answer.status == 404, address
        assert outside["sender_name"] not in await page.content()
    csrf = await csrf_of(page, "/console/queue")
    form: Form = {"version": str(outside["version"]), "csrf": csrf}
    answer_ = await page.request.post(f"/console/cases/{outside['id']}/dismiss", form=form)
    assert answer_.status == 404
    assert await status_of(desk, outside["id"]) == "open"


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


async def test_language_is_the_persons_choice_and_stays(enter: Enter) -> None:
    """Chosen on any page, which comes back in it."""
    page = await enter("/console/queue?severity=high")
    await page.click("button:has-text('English')")

    await expect(page.locator("h1")).to_have_text("Queue")
    assert page.url.endswith("/console/queue?severity=high")
    await page.goto("/console/today")
    await expect(page.locator("h1")).to_have_text("Today")


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


async def test_styles_and_scripts_are_kept_by_browsers(enter: Enter) -> None:
    """For a year, under an address that changes with them; an unknown one is kept by nobody."""
    page = await enter("/console/today")
    address = await page.locator("link[rel=stylesheet]").first.get_attribute("href")
    assert address

    kept = await page.request.get(address)
    old = await page.request.get(re.sub(r"/[0-9a-f]{16}/", "/0123456789abcdef/", address))

    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (old.status, old.headers["cache-control"]) == (200, "no-store")


async def test_conditions_that_mean_nothing_are_a_page(enter: Enter) -> None:
    """With the way on, in the person's language."""
    page = await enter("/console/today")
    answer = await page.goto("/console/queue?severity=huge")

    assert answer
    assert answer.status == 422
    await expect(page.locator("h1")).to_have_text("无法理解的筛选条件")
    await page.click("main a.button")
    await expect(page.locator("h1")).to_have_text("今日")


@pytest.mark.parametrize(
    ("who", "allowed", "others"),
    [("gao.yu", "待办队列", {"审计", "运行状况"}), ("sun.qi", "运行状况", {"审计", "待办队列"})],
)
async def test_the_menu_shows_what_the_rights_allow(
    enter: Enter, who: str, allowed: str, others: set[str]
) -> None:
    """And the way in leads where the person has something to do."""
    page = await enter("/console/", who=who)

    shown = set(await page.locator("nav[aria-label=主导航] a span").all_inner_texts())

    assert allowed in shown
    assert not others & shown
    assert await page.locator("nav [aria-current=page]").count() == 1


async def csrf_of(page: Page, address: str) -> str:
    """What a form of that page holds against forgery."""
    await page.goto(address)
    return str(await page.locator("input[name=csrf]").first.get_attribute("value"))
