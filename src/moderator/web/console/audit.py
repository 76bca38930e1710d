"""Who did what and who looked at what, readable, with the proof that nobody touched the log."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from moderator.domain.access import Right
from moderator.ledger.audit import Audit, AuditFilter
from moderator.web.access import Access, Visitor
from moderator.web.console.addresses import Chip, address, chips
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.deeds import facts, place_of, subject_of, told
from moderator.web.console.forms import Asked, Day, Line, Unset
from moderator.web.console.moments import zone_of
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router
from moderator.web.console.verifying import Verifying
from moderator.web.questions import Id

PAGE: Final = 50
KINDS: Final = (
    *("violation", "evidence", "action", "export", "login", "logout", "user", "token", "rules"),
    *("policy", "hold", "alarm", "pause", "job", "failed", "person", "people", "merit", "audit"),
)
_PATH: Final = "/console/audit"
_AT_ONCE: Final = timedelta(seconds=0.8)  # longer than that has its progress shown


class AuditAsked(Asked):
    """The filters in the address; `until` is the last day that is meant."""

    actor: Line = ""
    action: Line = ""
    subject: Line = ""
    since: Annotated[Day | None, Unset] = None
    until: Annotated[Day | None, Unset] = None
    before: Annotated[Id | None, Unset] = None

    def as_filter(self, zone: ZoneInfo) -> AuditFilter:
        return AuditFilter(
            actor=self.actor.strip(),
            action=self.action.strip(),
            subject=self.subject.strip(),
            since=_midnight(self.since, zone) if self.since else None,
            until=_midnight(self.until + timedelta(days=1), zone) if self.until else None,
        )


def audit_routes(pages: Pages, access: Access, audit: Audit, verifying: Verifying) -> APIRouter:
    """`/console/audit`, and its proof."""
    router = page_router(pages)
    sees = access.visits(Right.SEE_AUDIT)
    _add_listing(router, pages, sees, audit, verifying)
    _add_verifying(router, sees, verifying)
    return router


def _add_listing(
    router: APIRouter, pages: Pages, sees: Any, audit: Audit, verifying: Verifying
) -> None:
    @router.get("/audit")
    async def list_audit(
        request: Request,
        wanted: Annotated[AuditAsked, Query()],
        visitor: Annotated[Visitor, Depends(sees)],
    ) -> Response:
        zone, catalogue = zone_of(request), pages.catalogue(request, visitor)
        chosen = wanted.as_filter(zone)
        found = await audit.page(chosen, before=wanted.before, limit=PAGE + 1)
        rows, asked = found[:PAGE], wanted.told("before")
        run = await verifying.latest()
        return pages.render(
            request,
            visitor,
            "audit.html",
            rows=rows,
            told=lambda row: told(row, catalogue),
            facts=lambda row: facts(row.deed.detail, catalogue),
            subject_of=lambda row: subject_of(row.deed.subject, catalogue),
            place_of=place_of,
            asked=wanted,
            kinds=KINDS,
            chips=_chips(asked, catalogue),
            next=address(_PATH, asked, before=rows[-1].number) if len(found) > PAGE else "",
            first=address(_PATH, asked) if wanted.before else "",
            exports=_exports(chosen, zone),
            run=run,
            running=run is not None and run.under_way(visitor.at),
            proof=await verifying.last(),
            end=await audit.seal(),
        )


def _add_verifying(router: APIRouter, sees: Any, verifying: Verifying) -> None:
    @router.post("/audit/verify")
    async def verify(visitor: Annotated[Visitor, Depends(sees)]) -> Response:
        await verifying.begin(visitor.actor.name)
        await verifying.wait(_AT_ONCE)
        return RedirectResponse(f"{_PATH}#proof", HTTPStatus.SEE_OTHER)

    @router.get("/audit/progress")
    async def progress(visitor: Annotated[Visitor, Depends(sees)]) -> Response:
        """For the script that moves the bar."""
        run = await verifying.latest()
        if run is None or not run.under_way(visitor.at):
            return JSONResponse({"running": False})
        return JSONResponse({"running": True, "seen": run.done, "rows": run.total})


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _exports(chosen: AuditFilter, zone: ZoneInfo) -> dict[str, str]:
    values = {
        "actor": chosen.actor,
        "action": chosen.action,
        "subject": chosen.subject,
        "since": chosen.since.isoformat() if chosen.since else "",
        "until": chosen.until.isoformat() if chosen.until else "",
    }
    return {
        ending: address(f"/api/v1/exports/audit.{ending}", values, time_zone=zone.key)
        for ending in ("xlsx", "csv")
    }


def _chips(asked: Mapping[str, Any], catalogue: Catalogue) -> list[Chip]:
    def words(name: str, value: Any) -> str:
        kind = f"audit.kind_{value}"
        shown = catalogue.say(kind) if name == "action" and catalogue.has(kind) else value
        return catalogue.say("audit.chip", name=catalogue.say(f"audit.{name}"), value=shown)

    return chips(_PATH, asked, [(name, words(name, value)) for name, value in asked.items()])
