"""`/api/v1/people`: who broke rules, and how often."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.directory.offenders import Registry
from moderator.web.access import Access
from moderator.web.answers import CountAnswer
from moderator.web.problems import ALWAYS, responses
from moderator.web.questions import Limit, Name, Question
from moderator.web.searching import Department, Text


class PeopleSearch(Question):
    """Who is meant; what is left out fits any."""

    text: Text | None = Field(None, description="Part of a name or userid.")
    department: Department | None = Field(
        None, description="Id of a department, with all below it: who is there now."
    )


class PeopleQuery(PeopleSearch):
    """Whom to list."""

    limit: Limit = 50
    cursor: Name | None = Field(None, description="`next` of the page before.")


class PersonAnswer(BaseModel):
    """A person with violations that you may see; only those count, up to a hundred."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    sender: str = Field(description="userid.")
    name: str = Field(description="As it was at the latest violation; empty while unknown.")
    department: str = Field(description="The same, from the company down.")
    violations: CountAnswer
    open: int
    last_sent_at: AwareDatetime
    strikes: int = Field(description="Violations that count against them now, of any department.")
    gone_at: AwareDatetime | None = Field(description="When they left the company.")
    renamed_to: str = Field(description="The userid that they have now, if it is another.")


class PeoplePage(BaseModel):
    """People by their userids.  A page may be short: only without `next` is it the last."""

    model_config = ConfigDict(frozen=True)

    items: tuple[PersonAnswer, ...]
    next: str | None


def registry_router(registry: Registry, access: Access) -> APIRouter:
    """The routes; people beyond the caller's bound are not found."""
    router = APIRouter(prefix="/api/v1", tags=["people"], responses=responses(*ALWAYS))
    sees = Depends(access.needs(Right.SEE))

    @router.get("/people")
    async def list_people(
        wanted: Annotated[PeopleQuery, Query()], actor: Annotated[Actor, sees]
    ) -> PeoplePage:
        """List people with violations.

        With a bound: those whom the directory has within it now, by their violations within it.
        """
        found = await registry.page(
            text=wanted.text,
            department=wanted.department,
            bound=actor.departments,
            after=wanted.cursor or "",
            limit=wanted.limit,
        )
        items = tuple(map(PersonAnswer.model_validate, found.items))
        return PeoplePage(items=items, next=found.next)

    @router.get("/people/{userid}", responses=responses(HTTPStatus.NOT_FOUND))
    async def tell_person(
        userid: Annotated[Name, Path(description="userid of the sender.")],
        actor: Annotated[Actor, sees],
    ) -> PersonAnswer:
        """Return a person with violations; `/violations?sender=` lists them one by one."""
        person = await registry.one(userid, actor.departments)
        await registry.looked(userid, actor)
        return PersonAnswer.model_validate(person)

    return router
