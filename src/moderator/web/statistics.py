"""`/api/v1/statistics`: how many violations, of what, when, and what people made of them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Self

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.counting.counted import Dimension, Period
from moderator.ledger.counting.days import CHINA
from moderator.ledger.counting.statistics import DecisionTimes, Statistics, Unit
from moderator.web.access import Access
from moderator.web.problems import ALWAYS, responses
from moderator.web.questions import Written
from moderator.web.searching import ViolationSearch

_LONGEST: Final = 1100  # days
# Nothing was sent before, and the days before and behind these still have dates.
_EARLIEST: Final = date(2000, 1, 1)
_LATEST: Final = date(2200, 1, 1)


class StatisticsQuery(ViolationSearch):
    """Which violations are meant, sent on which days; days are China's (UTC+8)."""

    since: Annotated[date, Written] | None = Field(
        None, description="The first day; by default the days end today."
    )
    days: Annotated[int, Field(ge=1, le=_LONGEST)] = Field(30, description="How many.")

    def period(self, now: datetime) -> Period:
        since = self.since
        if since is None:
            since = now.astimezone(CHINA).date() - timedelta(days=self.days - 1)
        since = min(max(since, _EARLIEST), _LATEST)
        return Period(since, since + timedelta(days=self.days))


class TimelineQuery(StatisticsQuery):
    """A timeline, cut into days, weeks or months."""

    unit: Unit = Field(Unit.DAY, description="The length of each piece.")


class SharesQuery(StatisticsQuery):
    """What falls to each category, rule, department and so on."""

    by: Dimension = Field(description="`rule` is the gravest that hit.")
    most: Annotated[int, Field(ge=1, le=200)] = Field(
        50, description="At most this many, the largest."
    )


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class TallyAnswer(_Answer):
    """How many violations, by how they were judged."""

    total: int
    open: int
    confirmed: int
    dismissed: int
    confirmed_rate: float | None = Field(description="Of what was judged; null where nothing was.")


class MomentAnswer(_Answer):
    """A day, week (from Monday) or month."""

    since: date = Field(description="Its first day.")
    tally: TallyAnswer


class TimelineAnswer(_Answer):
    """Every day, week or month that the period touches, in order."""

    since: date
    until: date = Field(description="The first day that does not belong to them.")
    items: tuple[MomentAnswer, ...]


class ShareAnswer(_Answer):
    """The share of one category, rule, department and so on."""

    key: str = Field(description="Its name or id; of a severity its number, 1 to 4.")
    tally: TallyAnswer
    before: TallyAnswer = Field(description="As many days before.")


class SharesAnswer(_Answer):
    """The largest first."""

    since: date
    until: date = Field(description="The first day that does not belong to them.")
    items: tuple[ShareAnswer, ...]


class DecisionTimesAnswer(_Answer):
    """How long violations waited for people, in seconds from recording to the decision."""

    number: int = Field(description="Violations that are judged.")
    median: float | None
    ninety: float | None = Field(description="Nine of ten were decided within.")

    @classmethod
    def of(cls, times: DecisionTimes) -> Self:
        median, ninety = (
            None if time is None else time.total_seconds() for time in (times.median, times.ninety)
        )
        return cls(number=times.number, median=median, ninety=ninety)


class SummaryAnswer(_Answer):
    """A period in short, compared with as many days before."""

    since: date
    until: date = Field(description="The first day that does not belong to them.")
    tally: TallyAnswer
    before: TallyAnswer
    decisions: DecisionTimesAnswer
    decisions_before: DecisionTimesAnswer


def statistics_router(
    statistics: Statistics, access: Access, *, clock: Callable[[], datetime]
) -> APIRouter:
    """The routes; the canary's violations are in none of them."""
    router = APIRouter(
        prefix="/api/v1/statistics", tags=["statistics"], responses=responses(*ALWAYS)
    )
    sees = Depends(access.needs(Right.SEE))

    @router.get("/summary")
    async def summarise(
        wanted: Annotated[StatisticsQuery, Query()], actor: Annotated[Actor, sees]
    ) -> SummaryAnswer:
        """Return how many there were and how long they waited, compared with the period before."""
        period, filter_ = wanted.period(clock()), wanted.as_filter(actor.departments)
        now, before = period, period.before
        return SummaryAnswer(
            since=period.since,
            until=period.until,
            tally=TallyAnswer.model_validate(await statistics.total(now, filter_)),
            before=TallyAnswer.model_validate(await statistics.total(before, filter_)),
            decisions=DecisionTimesAnswer.of(await statistics.decision_times(now, filter_)),
            decisions_before=DecisionTimesAnswer.of(
                await statistics.decision_times(before, filter_)
            ),
        )

    @router.get("/timeline")
    async def draw_timeline(
        wanted: Annotated[TimelineQuery, Query()], actor: Annotated[Actor, sees]
    ) -> TimelineAnswer:
        """Count violations day by day, week by week or month by month."""
        period, filter_ = wanted.period(clock()), wanted.as_filter(actor.departments)
        moments = await statistics.timeline(period, wanted.unit, filter_)
        items = tuple(map(MomentAnswer.model_validate, moments))
        return TimelineAnswer(since=period.since, until=period.until, items=items)

    @router.get("/shares")
    async def share_out(
        wanted: Annotated[SharesQuery, Query()], actor: Annotated[Actor, sees]
    ) -> SharesAnswer:
        """Count violations by category, rule, severity, status, app, department, sender or chat."""
        period, filter_ = wanted.period(clock()), wanted.as_filter(actor.departments)
        shares = await statistics.shares(period, wanted.by, filter_, most=wanted.most)
        items = tuple(map(ShareAnswer.model_validate, shares))
        return SharesAnswer(since=period.since, until=period.until, items=items)

    return router
