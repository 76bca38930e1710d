"""People who broke rules: found, and one person with all that counts for and against them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from moderator.domain.decision import Standing
from moderator.domain.people import Entry
from moderator.errors import NotFound
from moderator.ledger.counting.counted import Period
from moderator.ledger.counting.statistics import Statistics, Unit
from moderator.ledger.directory.departments import Departments
from moderator.ledger.directory.offenders import Offender, Registry
from moderator.ledger.directory.people import Known, People
from moderator.ledger.reading.violations import Violations
from moderator.ledger.records import Status, ViolationFilter, ViolationRecord
from moderator.ledger.standing.merits import MeritRecord, Merits
from moderator.policy.policy import Policy
from moderator.policy.prospects import Prospects, prospects
from moderator.web.access import Access, Visitor
from moderator.web.console.addresses import Chip, address, chips
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.charts import Bar, Stacked, bars, stacked
from moderator.web.console.forms import Asked, Line, Unset
from moderator.web.console.moments import CHINA
from moderator.web.console.pages import Pages
from moderator.web.console.policy_words import PolicyWords
from moderator.web.console.routing import page_router
from moderator.web.questions import Id, Name, Reason

PAGE: Final = 50
_HISTORY: Final = 100  # violations of one person that the page looks at, the latest
_PATH: Final = "/console/people"
_YEAR: Final = timedelta(days=365)

_Userid = Annotated[Name, Path()]


class PeopleAsked(Asked):
    """Whom to list; `after` is the userid at which the page before ended."""

    text: Line = ""
    department: Annotated[Annotated[int, Field(ge=1, lt=2**31)] | None, Unset] = None
    after: Line = ""


class PersonAsked(Asked):
    """What was just done."""

    done: Literal["", "recorded", "withdrawn"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRecords:
    """What is known of people; `policy` is the one in use."""

    corp: str
    registry: Registry
    people: People
    departments: Departments
    violations: Violations
    merits: Merits
    statistics: Statistics
    policy: Callable[[], Policy]
    clock: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """One person as the visitor may see them; `entry` is what the directory says now."""

    userid: str
    name: str
    department: str
    offender: Offender | None
    entry: Entry | None
    known: Known | None
    departments: Sequence[str]
    prospects: Prospects
    strikes: int
    history: Sequence[ViolationRecord]
    more: bool
    clauses: Sequence[Bar]
    months: Stacked
    merits: Sequence[MeritRecord]


def people_routes(pages: Pages, access: Access, records: PeopleRecords) -> APIRouter:
    """`/console/people`, one of them, and merits."""
    router = page_router(pages)
    _add_listing(router, pages, access, records)
    _add_one(router, pages, access, records)
    _add_merits(router, access, records)
    return router


def _add_listing(router: APIRouter, pages: Pages, access: Access, records: PeopleRecords) -> None:
    @router.get("/people")
    async def list_people(
        request: Request,
        wanted: Annotated[PeopleAsked, Query()],
        visitor: Annotated[Visitor, Depends(access.visits(Right.SEE))],
    ) -> Response:
        bound = visitor.actor.departments
        found = await records.registry.page(
            text=wanted.text.strip() or None,
            department=wanted.department,
            bound=bound,
            after=wanted.after,
            limit=PAGE,
        )
        tree, asked = await records.departments.tree(bound=bound), wanted.told("after")
        paths = {each.id: each.path for each in tree}
        return pages.render(
            request,
            visitor,
            "people.html",
            people=found.items,
            asked=wanted,
            departments=tree,
            chips=_chips(asked, paths, pages.catalogue(request, visitor)),
            next=address(_PATH, asked, after=found.next) if found.next else "",
            first=address(_PATH, asked) if wanted.after else "",
        )


def _add_one(router: APIRouter, pages: Pages, access: Access, records: PeopleRecords) -> None:
    @router.get("/people/{userid}")
    async def show_person(
        request: Request,
        userid: _Userid,
        told: Annotated[PersonAsked, Query()],
        visitor: Annotated[Visitor, Depends(access.visits(Right.SEE))],
    ) -> Response:
        catalogue = pages.catalogue(request, visitor)
        words = PolicyWords(records.policy(), catalogue)
        person = await _dossier(records, userid, visitor.actor, catalogue)
        await records.registry.looked(person.userid, visitor.actor)
        return pages.render(
            request,
            visitor,
            "person.html",
            person=person,
            policy=records.policy(),
            done=told.done,
            ladder_title=words.ladder,
            rung_title=words.rung,
            unit_title=words.conversion,
        )


def _add_merits(router: APIRouter, access: Access, records: PeopleRecords) -> None:
    judges = access.visits(Right.JUDGE)

    @router.post("/people/{userid}/merits")
    async def record_merit(
        userid: _Userid,
        visitor: Annotated[Visitor, Depends(judges)],
        kind: Annotated[Name, Form()],
        reason: Annotated[Reason, Form()],
        count: Annotated[int, Form(ge=1, le=100)] = 1,
    ) -> Response:
        await records.registry.check(userid, visitor.actor.departments)
        if kind not in records.policy().offsets:
            raise NotFound(f"merit {kind}")
        by = visitor.actor.name
        await records.merits.record(records.corp, userid, kind, count=count, by=by, reason=reason)
        return _back(userid, "recorded")

    @router.post("/people/{userid}/merits/{merit_id}/withdraw")
    async def withdraw_merit(
        userid: _Userid,
        merit_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(judges)],
        reason: Annotated[Reason, Form()],
    ) -> Response:
        await records.registry.check_merit(merit_id, visitor.actor.departments)
        await records.merits.withdraw(merit_id, by=visitor.actor.name, reason=reason)
        return _back(userid, "withdrawn")


async def _dossier(
    records: PeopleRecords, userid: str, actor: Actor, catalogue: Catalogue
) -> Dossier:
    """Raises `NotFound` for somebody beyond the bound, or of whom nothing is known."""
    bound = actor.departments
    await records.registry.check(userid, bound)
    offender = await _offender(records, userid, actor)
    known = await records.people.find(records.corp, userid)
    if offender is None and known is None:
        raise NotFound(f"person {userid}")
    entry = known.entry if known else None
    now, theirs = records.clock(), ViolationFilter(sender=userid, bound=bound)
    page = await records.violations.page(theirs, limit=_HISTORY)
    standing = await records.merits.standing(records.corp, userid)
    tree = await records.departments.tree(bound=bound)
    return Dossier(
        userid=userid,
        name=(offender.name if offender else "") or (entry.name if entry else ""),
        department=(entry.department if entry else "") or (offender.department if offender else ""),
        offender=offender,
        entry=entry,
        known=known,
        departments=[each.path for each in tree if entry and each.id in entry.departments],
        prospects=prospects(standing, records.policy(), now),
        strikes=len(standing.strikes),
        history=page.items,
        more=page.next is not None,
        clauses=_clauses(page.items, standing),
        months=await _months(records, theirs, now, catalogue),
        merits=await records.merits.of(records.corp, userid),
    )


async def _offender(records: PeopleRecords, userid: str, actor: Actor) -> Offender | None:
    try:
        return await records.registry.one(userid, actor.departments)
    except NotFound:  # known to the directory, and never broke a rule
        return None


async def _months(
    records: PeopleRecords, theirs: ViolationFilter, now: datetime, catalogue: Catalogue
) -> Stacked:
    """What they did in a year, month by month, by what people made of it."""
    until = now.astimezone(CHINA).date() + timedelta(days=1)
    since = (until - _YEAR).replace(day=1)
    moments = await records.statistics.timeline(Period(since, until), Unit.MONTH, theirs)
    return stacked(
        [catalogue.say(f"status.{status}") for status in Status],
        [
            (f"{one.since:%Y-%m}", [getattr(one.tally, status.value) for status in Status])
            for one in moments
        ],
    )


def _clauses(history: Iterable[ViolationRecord], standing: Standing) -> Sequence[Bar]:
    """By how many strikes each clause was broken, the most often broken first."""
    counted = {int(strike.violation) for strike in standing.strikes}
    broken = Counter(
        f"{clause.document} {clause.number}"
        for violation in history
        if violation.id in counted
        for clause in violation.clauses
    )
    return bars((clause, number, None, "") for clause, number in broken.most_common(8))


def _back(userid: str, done: str) -> Response:
    return RedirectResponse(
        f"{_PATH}/{quote(userid, safe='')}?done={done}#merits", HTTPStatus.SEE_OTHER
    )


def _chips(asked: Mapping[str, Any], paths: Mapping[int, str], catalogue: Catalogue) -> list[Chip]:
    def words(name: str, value: Any) -> str:
        shown = paths.get(value, f"#{value}") if name == "department" else value
        return catalogue.say("people.chip", name=catalogue.say(f"people.{name}"), value=shown)

    return chips(_PATH, asked, [(name, words(name, value)) for name, value in asked.items()])
