"""`/api/v1/people`: what counts for and against a person, and merits."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.domain.decision import Standing, Strike
from moderator.ledger.directory.offenders import Registry
from moderator.ledger.standing.merits import MeritRecord, Merits
from moderator.policy.policy import Policy
from moderator.policy.units import Reckoning
from moderator.web.access import Access
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Id, Name, Reason


class _Given(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MeritGiven(_Given):
    """A merit to record in the caller's name."""

    merit: Name = Field(description="A merit of policy.yaml (`offsets`).")
    count: Annotated[int, Field(ge=1, le=100)] = 1
    reason: Reason


class Withdrawal(_Given):
    """Why a merit is withdrawn."""

    reason: Reason


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class StrikeAnswer(_Answer):
    """A counted violation."""

    violation: int
    category: str
    severity: Literal["low", "medium", "high", "critical"]
    at: AwareDatetime
    units: dict[str, int] = Field(description="What it gave, by id of the unit.")

    @classmethod
    def of(cls, strike: Strike) -> "StrikeAnswer":
        return cls(
            violation=int(strike.violation),
            category=strike.category,
            severity=strike.severity.label,
            at=strike.at,
            units=dict(strike.units),
        )


class MeritAnswer(_Answer):
    """A merit with who recorded it and why, and with its withdrawal."""

    id: int
    sender: str
    kind: str
    count: int
    recorded_at: AwareDatetime
    recorded_by: str
    reason: str
    withdrawn_at: AwareDatetime | None
    withdrawn_by: str
    withdrawal_reason: str


class StandingAnswer(_Answer):
    """What counts for and against a person."""

    sender: str
    units: dict[str, int] = Field(
        description="What stands now, after lapses, conversions and offsets."
    )
    strikes: tuple[StrikeAnswer, ...] = Field(description="Those that you may see.")
    merits: tuple[MeritAnswer, ...] = Field(description="Newest first, including withdrawn ones.")


def people_router(
    merits: Merits,
    registry: Registry,
    policy: Callable[[], Policy],
    corp: str,
    access: Access,
) -> APIRouter:
    """The routes; people beyond the caller's bound are not found."""
    judges = access.needs(Right.JUDGE)
    router = APIRouter(
        prefix="/api/v1",
        tags=["people"],
        responses=responses(*ALWAYS),
    )
    log = structlog.get_logger("moderator.web")

    @router.get("/people/{userid}/standing", responses=responses(HTTPStatus.NOT_FOUND))
    async def tell_standing(
        userid: Annotated[Name, Path(description="userid of the sender.")],
        actor: Annotated[Actor, Depends(access.needs(Right.SEE))],
    ) -> StandingAnswer:
        """Tell what counts for and against a person."""
        await registry.check(userid, actor.departments)
        standing = await merits.standing(corp, userid)
        seen = await registry.visible(
            [int(strike.violation) for strike in standing.strikes], actor.departments
        )
        recorded = await merits.of(corp, userid)
        await registry.looked(userid, actor)
        return _answer(userid, standing, recorded, policy(), seen)

    @router.post(
        "/people/{userid}/merits",
        status_code=HTTPStatus.CREATED,
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def record_merit(
        userid: Annotated[Name, Path(description="userid of the sender.")],
        given: MeritGiven,
        actor: Annotated[Actor, Depends(judges)],
    ) -> MeritAnswer:
        """Record a merit, which offsets units as the policy says, from now on."""
        await registry.check(userid, actor.departments)
        known = policy().offsets
        if given.merit not in known:
            told = f"policy.yaml offsets no such merit; it knows {', '.join(known) or 'none'}."
            raise Refusal(HTTPStatus.CONFLICT, "unknown_merit", told)
        record = await merits.record(
            corp, userid, given.merit, count=given.count, by=actor.name, reason=given.reason
        )
        log.info("merit", of=userid, merit=record.id, by=actor.name)
        return MeritAnswer.model_validate(record)

    @router.post("/merits/{merit_id}/withdrawal", responses=responses(HTTPStatus.NOT_FOUND))
    async def withdraw_merit(
        merit_id: Annotated[Id, Path()],
        why: Withdrawal,
        actor: Annotated[Actor, Depends(judges)],
    ) -> MeritAnswer:
        """Take a merit back; whoever is second reads who was first."""
        await registry.check_merit(merit_id, actor.departments)
        record = await merits.withdraw(merit_id, by=actor.name, reason=why.reason)
        log.info("merit withdrawn", merit=merit_id, by=actor.name)
        return MeritAnswer.model_validate(record)

    return router


def _answer(
    sender: str,
    standing: Standing,
    recorded: Sequence[MeritRecord],
    policy: Policy,
    seen: Collection[int],
) -> StandingAnswer:
    return StandingAnswer(
        sender=sender,
        units=Reckoning(policy).standing(standing, datetime.now(UTC)),
        strikes=tuple(
            StrikeAnswer.of(strike) for strike in standing.strikes if int(strike.violation) in seen
        ),
        merits=tuple(map(MeritAnswer.model_validate, recorded)),
    )
