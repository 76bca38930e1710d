"""`/api/v1/violations/{id}/…`: what people decide of a violation.

An escalated violation stays `open`, with the escalation on it: `escalated_to` of the list finds it.
"""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path

from moderator.domain.access import Actor, Right
from moderator.ledger.desk.judging import Judging
from moderator.ledger.desk.presence import Presence
from moderator.ledger.records import Judged
from moderator.web.access import Access
from moderator.web.answers import ViolationDetail
from moderator.web.deeds import (
    AssignmentGiven,
    ChangedViolation,
    DecisionAnswer,
    DecisionList,
    EscalationGiven,
    NoteGiven,
    PresenceAnswer,
    UndoGiven,
    Verdict,
)
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Id

_CHANGED: Final[dict[int | str, dict[str, Any]]] = {
    **responses(HTTPStatus.NOT_FOUND),
    HTTPStatus.CONFLICT.value: {
        "model": ChangedViolation,
        "description": "Somebody else changed the record since; it is in the answer.",
    },
}
_Violation = Annotated[Id, Path()]


def decisions_router(judging: Judging, presence: Presence, access: Access) -> APIRouter:
    """The routes; what lies outside the caller's departments is not found."""
    router = APIRouter(
        prefix="/api/v1/violations/{violation_id}",
        tags=["decisions"],
        responses=responses(*ALWAYS),
    )
    _add_judging(router, judging, access)
    _add_handling(router, judging, access)
    _add_looking(router, judging, presence, access)
    return router


def _add_judging(router: APIRouter, judging: Judging, access: Access) -> None:
    judges = access.needs(Right.JUDGE)

    @router.post("/decision", responses=_CHANGED)
    async def judge_violation(
        violation_id: _Violation, verdict: Verdict, actor: Annotated[Actor, Depends(judges)]
    ) -> ViolationDetail:
        """Confirm, dismiss or reopen a violation, in the caller's name.

        A dismissal gives the strike back, cancels what was not yet carried out and recalls a
        warning that is less than 24 hours old.
        """
        judged = await judging.judge(
            violation_id, verdict.status, reason=verdict.note, **_deed(actor, verdict.version)
        )
        return _decided(judged)

    @router.post("/undo", responses=_CHANGED)
    async def undo_decision(
        violation_id: _Violation, undo: UndoGiven, actor: Annotated[Actor, Depends(judges)]
    ) -> ViolationDetail:
        """Undo the last decision that stands: judgement, assignment or escalation.

        Strikes, and actions that nobody has begun, are as before; what WeCom already did stays.
        """
        return _decided(await judging.undo(violation_id, **_deed(actor, undo.version)))


def _add_handling(router: APIRouter, judging: Judging, access: Access) -> None:
    judges = access.needs(Right.JUDGE)

    @router.post("/assignment", responses=_CHANGED)
    async def assign_violation(
        violation_id: _Violation, given: AssignmentGiven, actor: Annotated[Actor, Depends(judges)]
    ) -> ViolationDetail:
        """Assign the case to somebody, or to nobody."""
        deed = _deed(actor, given.version)
        return _decided(await judging.assign(violation_id, given.assignee, **deed))

    @router.post("/notes", responses=_CHANGED, status_code=HTTPStatus.CREATED)
    async def add_note(
        violation_id: _Violation, note: NoteGiven, actor: Annotated[Actor, Depends(judges)]
    ) -> ViolationDetail:
        """Add a note.  Decisions on an older version are refused, so that it is read first."""
        return _decided(await judging.note(violation_id, note.text, **_deed(actor, note.version)))

    @router.post("/escalation", responses=_CHANGED)
    async def escalate_violation(
        violation_id: _Violation, given: EscalationGiven, actor: Annotated[Actor, Depends(judges)]
    ) -> ViolationDetail:
        """Ask somebody else to decide.

        The violation stays `open`; `escalated_to` of the list of violations finds it.
        """
        deed = _deed(actor, given.version)
        return _decided(await judging.escalate(violation_id, given.to, reason=given.reason, **deed))


def _add_looking(router: APIRouter, judging: Judging, presence: Presence, access: Access) -> None:
    @router.get("/decisions", responses=responses(HTTPStatus.NOT_FOUND))
    async def list_decisions(
        violation_id: _Violation, actor: Annotated[Actor, Depends(access.needs(Right.SEE))]
    ) -> DecisionList:
        """List everything that was decided, noted, escalated and undone, the oldest first."""
        found = await judging.decisions(violation_id, bound=actor.departments)
        return DecisionList(items=tuple(map(DecisionAnswer.model_validate, found)))

    @router.post("/presence", responses=responses(HTTPStatus.NOT_FOUND))
    async def tell_presence(
        violation_id: _Violation, actor: Annotated[Actor, Depends(access.needs(Right.JUDGE))]
    ) -> PresenceAnswer:
        """Report that you are looking at it, and return who else did within the last minute."""
        await judging.exists(violation_id, bound=actor.departments)
        others = await presence.here(violation_id, actor.name, datetime.now(UTC))
        return PresenceAnswer(others=tuple(others))


def _deed(actor: Actor, version: int) -> dict[str, Any]:
    return {"by": actor.name, "bound": actor.departments, "version": version}


def _decided(judged: Judged) -> ViolationDetail:
    now = ViolationDetail.of(judged.violation)
    if judged.applied:
        return now
    raise Refusal(
        HTTPStatus.CONFLICT,
        "changed_meanwhile",
        f"Version {now.version}, {now.status} by {now.judged_by or 'nobody'}: read it again.",
        current=now,
    )
