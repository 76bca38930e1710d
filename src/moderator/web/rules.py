"""`/api/v1/rules`: the rules in use, and how they do."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.domain.rule import Rule
from moderator.ledger.counting.rule_health import RuleHealth, RuleHealths
from moderator.rulebook.book import Rulebook
from moderator.web.access import Access
from moderator.web.alarms import AlarmAnswer
from moderator.web.answers import SeverityLabel
from moderator.web.problems import ALWAYS, responses
from moderator.web.questions import Limit, Name, Question
from moderator.web.statistics import TallyAnswer


class RuleQuery(Question):
    """Which rules to list, and over how many days."""

    category: Name | None = Field(None, description="Those of one category.")
    days: Annotated[int, Field(ge=1, le=366)] = Field(30, description="Up to today, in China.")
    limit: Limit = 50
    cursor: Name | None = Field(None, description="`next` of the page before.")


class RuleAnswer(BaseModel):
    """A rule of the book in use, and its last days; only what it was the gravest hit of counts."""

    model_config = ConfigDict(frozen=True)

    id: str
    version: str = Field(description="Hash of what it matches.")
    category: str
    severity: SeverityLabel
    days: int
    tally: TallyAnswer
    before: TallyAnswer = Field(description="As many days before.")
    hits_per_day: float
    dismissed_rate: float | None = Field(description="Of what was judged; null where nothing was.")
    alarm: AlarmAnswer | None = Field(description="The alarm that holds its destructive actions.")

    @classmethod
    def of(cls, rule: Rule, health: RuleHealth) -> Self:
        return cls(
            id=rule.id,
            version=rule.version,
            category=rule.category,
            severity=rule.severity.label,
            days=health.days,
            tally=TallyAnswer.model_validate(health.tally),
            before=TallyAnswer.model_validate(health.before),
            hits_per_day=health.hits_per_day,
            dismissed_rate=health.dismissed_rate,
            alarm=AlarmAnswer.model_validate(health.alarm) if health.alarm else None,
        )


class RulePage(BaseModel):
    """Rules by their ids; `next` is the `cursor` of the following page."""

    model_config = ConfigDict(frozen=True)

    items: tuple[RuleAnswer, ...]
    next: str | None


def rules_router(
    healths: RuleHealths,
    book: Callable[[], Rulebook],
    access: Access,
    *,
    clock: Callable[[], datetime],
) -> APIRouter:
    """The route."""
    router = APIRouter(prefix="/api/v1", tags=["rules"], responses=responses(*ALWAYS))

    @router.get("/rules")
    async def list_rules(
        wanted: Annotated[RuleQuery, Query()],
        actor: Annotated[Actor, Depends(access.needs(Right.SEE))],
    ) -> RulePage:
        """List the rules in use, including those that hit nothing."""
        found = await healths.all(clock(), days=wanted.days, bound=actor.departments)
        return _page(book(), wanted, found)

    return router


def _page(book: Rulebook, wanted: RuleQuery, healths: Mapping[str, RuleHealth]) -> RulePage:
    rules = sorted(
        (rule for rule in book.rules if wanted.category in (None, rule.category)),
        key=lambda rule: rule.id,
    )
    rest = [rule for rule in rules if wanted.cursor is None or rule.id > wanted.cursor]
    shown = rest[: wanted.limit]
    nothing = RuleHealth(days=wanted.days)
    items = tuple(RuleAnswer.of(rule, healths.get(rule.id, nothing)) for rule in shown)
    return RulePage(items=items, next=shown[-1].id if len(rest) > len(shown) else None)
