"""`/api/v1/views`: searches that you gave a name."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from moderator.domain.access import Actor, Right
from moderator.ledger.desk.views import MOST, Views
from moderator.web.access import Access
from moderator.web.deeds import ViewAnswer, ViewGiven, ViewList
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Name

_Name = Annotated[Name, Path(description="As you named it.")]


def views_router(views: Views, access: Access) -> APIRouter:
    """The routes; everybody has views of their own."""
    router = APIRouter(prefix="/api/v1/views", tags=["views"], responses=responses(*ALWAYS))
    sees = access.needs(Right.SEE)

    @router.get("")
    async def list_views(actor: Annotated[Actor, Depends(sees)]) -> ViewList:
        """List your saved views, by name."""
        found = await views.list(actor.name)
        return ViewList(items=tuple(map(ViewAnswer.model_validate, found)))

    @router.put("/{name}", responses=responses(HTTPStatus.CONFLICT))
    async def save_view(
        name: _Name, given: ViewGiven, actor: Annotated[Actor, Depends(sees)]
    ) -> ViewAnswer:
        """Save a view, replacing your view of the same name."""
        view = await views.save(actor.name, name, given.query)
        if view is None:
            told = f"You have {MOST} views; delete one first."
            raise Refusal(HTTPStatus.CONFLICT, "too_many_views", told)
        return ViewAnswer.model_validate(view)

    @router.delete(
        "/{name}",
        status_code=HTTPStatus.NO_CONTENT,
        responses=responses(HTTPStatus.NOT_FOUND),
    )
    async def delete_view(name: _Name, actor: Annotated[Actor, Depends(sees)]) -> None:
        """Delete a view."""
        await views.delete(actor.name, name)

    return router
