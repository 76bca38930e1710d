"""The rules as they serve: browsed, with their health, and tried on a text."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.domain.access import Actor, Right
from moderator.domain.rule import Rule
from moderator.errors import NotFound
from moderator.ledger.counting.alarms import Alarms
from moderator.ledger.counting.counted import Period
from moderator.ledger.counting.rule_days import RuleDays
from moderator.ledger.counting.rule_health import RuleHealth, RuleHealths
from moderator.rulebook.watcher import RulebookWatcher
from moderator.web.access import Access, Visitor
from moderator.web.console.addresses import Chip, address, chips
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.charts import sparkline, stacked
from moderator.web.console.forms import Asked, Line
from moderator.web.console.moments import CHINA
from moderator.web.console.pages import Pages
from moderator.web.console.reasons import told
from moderator.web.console.routing import page_router
from moderator.web.console.rule_listing import (
    PAGE,
    RuleFilter,
    categories,
    listed,
    packs,
    place_of,
    word_options,
)
from moderator.web.console.trying import trial
from moderator.web.questions import Id, Reason

LONGEST_TRIED: Final = 2000  # characters; WeCom sends no longer text, and this takes 0.2 s
_PATH: Final = "/console/rules"
_DAYS: Final = 30


class RulesAsked(Asked):
    """The filters in the address."""

    text: Line = ""
    category: Line = ""
    pack: Line = ""
    severity: Literal["", "low", "medium", "high", "critical"] = ""
    state: Literal["", "enabled", "disabled", "alarm"] = ""
    page: Annotated[int, Field(ge=1, le=1000)] = 1

    def as_filter(self) -> RuleFilter:
        return RuleFilter(**self.model_dump(exclude={"page"}))


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRecords:
    """What is known of how rules do."""

    healths: RuleHealths
    days: RuleDays
    alarms: Alarms
    clock: Callable[[], datetime]

    def lately(self) -> Period:
        """The days that `healths` speaks of."""
        today = self.clock().astimezone(CHINA).date() + timedelta(days=1)
        return Period(today - timedelta(days=_DAYS), today)

    async def all(self, actor: Actor) -> Mapping[str, RuleHealth]:
        return await self.healths.all(self.clock(), days=_DAYS, bound=actor.departments)


def rule_routes(
    pages: Pages,
    access: Access,
    rules: RulebookWatcher,
    records: RuleRecords,
) -> APIRouter:
    """`/console/rules`, one of them, and trying a text."""
    router = page_router(pages)
    _add_listing(router, pages, access, rules, records)
    _add_trying(router, pages, access, rules)
    _add_one(router, pages, access, rules, records)
    _add_clearing(router, access, records)
    return router


def _add_listing(
    router: APIRouter, pages: Pages, access: Access, rules: RulebookWatcher, records: RuleRecords
) -> None:
    @router.get("/rules")
    async def list_rules(
        request: Request,
        wanted: Annotated[RulesAsked, Query()],
        visitor: Annotated[Visitor, Depends(access.visits(Right.SEE))],
    ) -> Response:
        book, actor = rules.current, visitor.actor
        healths = await records.all(actor)
        raised = {id_: health.alarm for id_, health in healths.items() if health.alarm}
        hits = {id_: health.tally.total for id_, health in healths.items()}
        found = listed(book.rules, wanted.as_filter(), raised, hits)
        shown = found[(wanted.page - 1) * PAGE : wanted.page * PAGE]
        days = await records.days.hits(
            records.lately(),
            [rule.id for rule in shown if rule.id in hits],
            bound=actor.departments,
        )
        asked = wanted.told("page")
        return pages.render(
            request,
            visitor,
            "rules.html",
            book=book,
            state=rules.state,
            alarms=raised,
            health=healths,
            sparks={id_: sparkline(counts) for id_, counts in days.items()},
            file_of=lambda fault: f"{place_of(fault.file)}:{fault.line}",
            categories=categories(book.rules),
            packs=packs(book.rules),
            asked=wanted,
            number=len(found),
            rules=shown,
            chips=_chips(asked, pages.catalogue(request, visitor)),
            next=address(_PATH, asked, page=wanted.page + 1)
            if len(found) > wanted.page * PAGE
            else "",
            first=address(_PATH, asked) if wanted.page > 1 else "",
            without_category=address(_PATH, asked, category=None),
            of_category={
                name: address(_PATH, asked, category=name) for name, _ in categories(book.rules)
            },
        )


def _add_trying(router: APIRouter, pages: Pages, access: Access, rules: RulebookWatcher) -> None:
    sees = access.visits(Right.SEE)

    @router.get("/rules/try")
    async def ask_for_text(
        request: Request, visitor: Annotated[Visitor, Depends(sees)]
    ) -> Response:
        return pages.render(request, visitor, "rules_try.html", tried=None, most=LONGEST_TRIED)

    @router.post("/rules/try")
    async def try_text(
        request: Request,
        visitor: Annotated[Visitor, Depends(sees)],
        text: Annotated[str, Form(max_length=LONGEST_TRIED)] = "",
    ) -> Response:
        """Nothing of it is stored, logged or put into an address."""
        book = rules.current
        explanation = await asyncio.to_thread(book.screen.explain, text.replace("\r\n", "\n"))
        catalogue = pages.catalogue(request, visitor)
        return pages.render(
            request,
            visitor,
            "rules_try.html",
            tried=trial(explanation),
            book=book,
            rules={rule.id: rule for rule in book.rules},
            why=lambda reason: told(reason, catalogue),
            most=LONGEST_TRIED,
        )


def _add_one(
    router: APIRouter, pages: Pages, access: Access, rules: RulebookWatcher, records: RuleRecords
) -> None:
    @router.get("/rules/{rule_id}")
    async def show_rule(
        request: Request,
        rule_id: Annotated[str, Path(max_length=128)],
        visitor: Annotated[Visitor, Depends(access.visits(Right.SEE))],
    ) -> Response:
        book = rules.current
        rule = _one(book.rules, rule_id)
        period, bound = records.lately(), visitor.actor.departments
        health = (await records.all(visitor.actor)).get(rule_id)
        hits = (await records.days.hits(period, [rule_id], bound=bound)).get(rule_id, ())
        days = [period.since + timedelta(days=i) for i in range(len(hits))]
        return pages.render(
            request,
            visitor,
            "rule.html",
            rule=rule,
            alarm=health.alarm if health else None,
            options=word_options(rule),
            clauses=[(id_, book.policy.clauses.get(id_)) for id_ in rule.clauses],
            place=place_of(rule.source),
            health=health,
            chart=stacked(
                [pages.catalogue(request, visitor).say("rules.hits_chart")],
                [(f"{day:%m-%d}", [number]) for day, number in zip(days, hits, strict=True)],
            ),
            most=max(hits, default=0),
            faults=[fault for fault in rules.state.faults if fault.rule == rule_id],
        )


def _add_clearing(router: APIRouter, access: Access, records: RuleRecords) -> None:
    @router.post("/rules/{rule_id}/alarms/{alarm_id}/clear")
    async def clear_alarm(
        rule_id: Annotated[str, Path(max_length=128)],
        alarm_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(access.visits(Right.OPERATE))],
        reason: Annotated[Reason, Form()],
    ) -> Response:
        """Whoever is second finds the alarm cleared, which is what they wanted."""
        now, by = records.clock(), visitor.actor.name
        await records.alarms.clear(alarm_id, by=by, reason=reason, now=now)
        return RedirectResponse(f"{_PATH}/{quote(rule_id, safe='')}", HTTPStatus.SEE_OTHER)


def _one(rules: Sequence[Rule], rule_id: str) -> Rule:
    for rule in rules:
        if rule.id == rule_id:
            return rule
    raise NotFound(f"rule {rule_id}")


def _chips(asked: dict[str, Any], catalogue: Catalogue) -> list[Chip]:
    def words(name: str, value: str) -> str:
        section = {"severity": "severity", "category": "category", "state": "rules.state"}.get(name)
        key = f"{section}.{value}" if name != "state" else f"rules.state_{value}"
        shown = catalogue.say(key) if section and catalogue.has(key) else value
        return catalogue.say("rules.chip", name=catalogue.say(f"rules.{name}"), value=shown)

    return chips(
        _PATH, asked, [(name, words(name, value)) for name, value in asked.items() if value]
    )
