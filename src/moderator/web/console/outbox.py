"""What was set in motion and is not done: what waits, what failed and why, and trying it again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Form, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.domain.access import Right
from moderator.domain.decision import ActionKind, ActionState
from moderator.ledger.actions.backlog import MOST, WAITING, Backlog, Pile
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.actions.requeueing import BURIED
from moderator.ledger.records import ActionFilter, ActionRecord
from moderator.policy.policy import Policy
from moderator.web.access import Access, Visitor
from moderator.web.console.addresses import Chip, address, chips
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.forms import Asked, Line, Unset
from moderator.web.console.outcomes import OutcomeWords
from moderator.web.console.pages import Pages
from moderator.web.console.routing import page_router
from moderator.web.questions import Errcode, Id, Reason
from moderator.wecom.errors import classify

PAGE: Final = 50
_PATH: Final = "/console/outbox"

Group = Literal["proposed", "waiting", "failed", "expired", "unsupported"]
GROUPS: Final[Mapping[Group, tuple[ActionState, ...]]] = {
    "proposed": (ActionState.PROPOSED,),
    "waiting": tuple(state for state in WAITING if state is not ActionState.PROPOSED),
    "failed": (ActionState.FAILED,),
    "expired": (ActionState.EXPIRED,),
    "unsupported": (ActionState.UNSUPPORTED,),
}
_KindRow = tuple[ActionKind, str, dict[Group, int], datetime]


class ActionsAsked(Asked):
    """Which actions; `ids` none: all that fit."""

    group: Annotated[Group | None, Unset] = None
    kind: Annotated[ActionKind | None, Unset] = None
    errcode: Annotated[Errcode | None, Unset] = None
    sender: Line = ""
    ids: Annotated[list[Id], Field(max_length=1000, default_factory=list)]

    def as_filter(self) -> ActionFilter:
        return ActionFilter(
            ids=tuple(self.ids),
            states=GROUPS[self.group] if self.group else (*WAITING, *BURIED),
            kind=self.kind,
            errcode=self.errcode,
            sender=self.sender or None,
        )


class OutboxAsked(ActionsAsked):
    """The same, with the page and with what was just done."""

    before: Annotated[Id | None, Unset] = None
    done: Literal["", "requeued", "lifted", "ended"] = ""
    number: Annotated[int, Field(ge=0)] = 0


class Requeueing(ActionsAsked):
    """What the form sends that tries actions again."""

    reason: Reason
    csrf: str = ""


def outbox_routes(
    pages: Pages,
    access: Access,
    outbox: Outbox,
    backlog: Backlog,
    *,
    policy: Callable[[], Policy],
    clock: Callable[[], datetime],
) -> APIRouter:
    """`/console/outbox`, trying again, and ending pauses."""
    router = page_router(pages)
    _add_listing(router, pages, access, outbox, backlog, policy)
    _add_requeueing(router, pages, access, outbox, policy)
    _add_lifting(router, access, outbox, clock)
    return router


def _add_listing(
    router: APIRouter,
    pages: Pages,
    access: Access,
    outbox: Outbox,
    backlog: Backlog,
    policy: Callable[[], Policy],
) -> None:
    @router.get("/outbox")
    async def list_outbox(
        request: Request,
        wanted: Annotated[OutboxAsked, Query()],
        visitor: Annotated[Visitor, Depends(access.visits(Right.SEE_OUTBOX))],
    ) -> Response:
        bound = visitor.actor.departments
        piles = await backlog.piles(bound=bound)
        found = await outbox.list(
            wanted.as_filter(), before=wanted.before, limit=PAGE + 1, bound=bound
        )
        shown, asked = found[:PAGE], wanted.told("before", "done", "number")
        further = address(_PATH, asked, before=shown[-1].id) if len(found) > PAGE else ""
        return pages.render(
            request,
            visitor,
            "outbox.html",
            pauses=await outbox.pauses.list(),
            most=MOST,
            groups=[
                (group, address(_PATH, {"group": group}), _sum(piles, group)) for group in GROUPS
            ],
            piles=_by_kind(piles),
            actions=shown,
            asked=wanted,
            kinds=list(ActionKind),
            chips=_chips(asked, pages.catalogue(request, visitor)),
            group_of=group_of,
            words=OutcomeWords(policy(), pages.catalogue(request, visitor)),
            remedy_of=_remedy,
            requeue=address(f"{_PATH}/requeue", asked),
            buried=any(state in BURIED for state in wanted.as_filter().states),
            next=further,
            first=address(_PATH, asked) if wanted.before else "",
        )


def _add_requeueing(
    router: APIRouter, pages: Pages, access: Access, outbox: Outbox, policy: Callable[[], Policy]
) -> None:
    operates = access.visits(Right.OPERATE)

    @router.get("/outbox/requeue")
    async def ask_to_requeue(
        request: Request,
        wanted: Annotated[ActionsAsked, Query()],
        visitor: Annotated[Visitor, Depends(operates)],
    ) -> Response:
        """What would be tried again, in numbers, before anything is."""
        catalogue = pages.catalogue(request, visitor)
        return pages.render(
            request,
            visitor,
            "outbox_requeue.html",
            number=await outbox.count_buried(wanted.as_filter()),
            sample=await outbox.list(_buried(wanted), limit=5),
            asked=wanted.told(),
            filters=[chip.text for chip in _chips(wanted.told(), catalogue)],
            back=address(_PATH, wanted.told("ids")),
            words=OutcomeWords(policy(), catalogue),
            remedy_of=_remedy,
        )

    @router.post("/outbox/requeue")
    async def requeue(
        wanted: Annotated[Requeueing, Form()], visitor: Annotated[Visitor, Depends(operates)]
    ) -> Response:
        number = await outbox.requeue(
            wanted.as_filter(), by=visitor.actor.name, reason=wanted.reason
        )
        return _back(done="requeued", number=number)


def _add_lifting(
    router: APIRouter, access: Access, outbox: Outbox, clock: Callable[[], datetime]
) -> None:
    @router.post("/outbox/pauses/{pause_id}/lift")
    async def lift_pause(
        pause_id: Annotated[Id, Path()],
        visitor: Annotated[Visitor, Depends(access.visits(Right.OPERATE))],
        reason: Annotated[Reason, Form()],
    ) -> Response:
        lifted = await outbox.pauses.lift(
            pause_id, by=visitor.actor.name, reason=reason, now=clock()
        )
        return _back(done="lifted" if lifted else "ended", number=lifted.waiting if lifted else 0)


def group_of(state: ActionState) -> str:
    """The group in which an action of that state is listed; empty for one that is done."""
    return next((group for group, states in GROUPS.items() if state in states), "")


def _back(*, done: str, number: int) -> Response:
    return RedirectResponse(address(_PATH, {"done": done, "number": number}), HTTPStatus.SEE_OTHER)


def _buried(wanted: ActionsAsked) -> ActionFilter:
    asked = wanted.as_filter()
    return ActionFilter(
        ids=asked.ids,
        states=tuple(state for state in asked.states if state in BURIED) or BURIED,
        kind=asked.kind,
        errcode=asked.errcode,
        sender=asked.sender,
    )


def _remedy(action: ActionRecord) -> str:
    """What WeCom's last answer asks for; empty where it was none, or success."""
    return classify(action.errcode).value if action.errcode and action.errcode > 0 else ""


def _sum(piles: Iterable[Pile], group: Group) -> int:
    return sum(pile.number for pile in piles if pile.state in GROUPS[group])


def _by_kind(piles: Iterable[Pile]) -> Sequence[_KindRow]:
    """Kind, app, numbers by group, and since when; what waits or failed most comes first."""
    rows: dict[tuple[ActionKind, str], list[Pile]] = {}
    for pile in piles:
        rows.setdefault((pile.kind, pile.app), []).append(pile)
    counted = [
        (kind, app, {group: _sum(same, group) for group in GROUPS}, min(one.since for one in same))
        for (kind, app), same in rows.items()
    ]
    return sorted(counted, key=lambda row: (-sum(row[2].values()), row[0], row[1]))


def _chips(asked: Mapping[str, object], catalogue: Catalogue) -> list[Chip]:
    def words(name: str, value: object) -> str:
        shown = {"group": f"outbox.group_{value}", "kind": f"action.{value}"}.get(name)
        told = catalogue.say(shown) if shown else value
        if isinstance(value, list):
            told = catalogue.say("outbox.chosen", count=len(value))
        return catalogue.say("outbox.chip", name=catalogue.say(f"outbox.{name}"), value=told)

    return chips(_PATH, asked, [(name, words(name, value)) for name, value in asked.items()])
