"""Who sees what, and who may do what, also by typing addresses."""

import pytest
from playwright.async_api import expect
from tests.console.cases import csrf_of, open_cases, status_of
from tests.console.conftest import Desk, Enter

pytestmark = pytest.mark.asyncio(loop_scope="session")

Form = dict[str, str | float | bool]


async def test_a_viewer_may_look_and_nothing_else(desk: Desk, enter: Enter) -> None:
    """No button decides, none unmasks; and the addresses behind them refuse."""
    (case,) = await open_cases(desk)
    page = await enter(f"/console/cases/{case}", who="gao.yu")

    assert await page.locator("main button").count() == 0
    answer = await page.request.post(f"/console/cases/{case}/confirm", form={"version": "1"})
    assert answer.status == 403
    assert await status_of(desk, case) == "open"


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
