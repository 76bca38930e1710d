"""Cases as the ledger has them, for tests that work on pages."""

from playwright.async_api import Page
from tests.console.conftest import Desk


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


async def csrf_of(page: Page, address: str) -> str:
    """What a form of that page holds against forgery."""
    await page.goto(address)
    return str(await page.locator("input[name=csrf]").first.get_attribute("value"))
