"""How the service is, in words, with what to do: everything of `/healthz`, and its apps."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Right
from moderator.ledger.counting.hours import AppHours
from moderator.web.access import Access, Visitor
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router
from moderator.web.health import Condition, Part, worst

# Where what is wrong can be looked at.
_PLACES: Final = {
    "rulebook": "/console/rules",
    "alarms": "/console/rules?state=alarm",
    "outbox": "/console/outbox",
    "failed_messages": "/console/failed",
}
_ORDER: Final = (Condition.FAILING, Condition.DEGRADED, Condition.OK, Condition.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedPart:
    """One part in the reader's words; `todo` is empty where nothing needs to be done."""

    name: str
    title: str
    about: str
    part: Part
    todo: str
    place: str
    facts: tuple[tuple[str, str], ...]


def health_routes(
    pages: Pages,
    access: Access,
    parts: Callable[[], Awaitable[Mapping[str, Part]]],
    hours: AppHours,
    *,
    apps: Sequence[str],
    version: str,
) -> APIRouter:
    """`/console/health`; `parts` are those of `/healthz`, `apps` those of the settings."""
    router = page_router(pages)

    @router.get("/health")
    async def show_health(
        request: Request, visitor: Annotated[Visitor, Depends(access.visits(Right.OPERATE))]
    ) -> Response:
        found = await parts()
        catalogue = pages.catalogue(request, visitor)
        rulebook = found["rulebook"].facts
        away = found["database"].condition is Condition.FAILING
        return pages.render(
            request,
            visitor,
            "health.html",
            condition=worst(found),
            parts=described(found, catalogue),
            rulebook=rulebook.get("hash", ""),
            tokens=_moments(found["wecom"].facts.get("tokens_since", {})),
            apps=apps,
            heard={} if away else await hours.last(),
            since=_moment(rulebook.get("since")),
            version=version,
            revision=found["database"].facts.get("revision", ""),
        )

    return router


def described(parts: Mapping[str, Part], catalogue: Catalogue) -> list[DescribedPart]:
    """The parts, what needs a person first."""
    listed = sorted(parts.items(), key=lambda item: _ORDER.index(item[1].condition))
    return [_described(name, part, catalogue) for name, part in listed]


def _described(name: str, part: Part, catalogue: Catalogue) -> DescribedPart:
    wrong = part.condition in {Condition.FAILING, Condition.DEGRADED}
    return DescribedPart(
        name=name,
        title=_say(catalogue, f"health.part_{name}", name),
        about=_say(catalogue, f"health.about_{name}", ""),
        part=part,
        todo=_say(catalogue, f"health.todo_{name}", "") if wrong else "",
        place=_PLACES.get(name, ""),
        facts=tuple(
            (_say(catalogue, f"health.fact_{key}", key), shown)
            for key, value in part.facts.items()
            if (shown := _shown(value))
        ),
    )


def _say(catalogue: Catalogue, key: str, otherwise: str) -> str:
    return catalogue.say(key) if catalogue.has(key) else otherwise


def _shown(value: Any) -> str:
    """A fact as text; empty for one that says nothing."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(each) or '–'}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value)
    return "" if value is None else str(value)


def _moments(written: Mapping[str, str]) -> dict[str, datetime | None]:
    return {name: _moment(at) for name, at in written.items()}


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
