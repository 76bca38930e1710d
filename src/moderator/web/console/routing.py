"""Routes of pages: what goes wrong is a page too, never JSON."""

from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any, ClassVar, Final

import structlog
from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from moderator.errors import ModeratorError
from moderator.web.console.pages import Pages
from moderator.web.problems import answer_for

_log: Final = structlog.get_logger("moderator.web")

_Endpoint = Callable[[Request], Coroutine[Any, Any, Response]]


def page_router(pages: Pages, *, prefix: str = "/console") -> APIRouter:
    """A router for pages: outside the API's description, and its errors are pages.

    An `HTTPException` with a `location` is a redirect.
    """

    class PageRoute(APIRoute):
        """Answers refusals and errors of ours with `error.html`."""

        shown: ClassVar[Pages] = pages

        def get_route_handler(self) -> _Endpoint:
            endpoint = super().get_route_handler()

            async def answered(request: Request) -> Response:
                try:
                    return await endpoint(request)
                except HTTPException as error:
                    return _refused(self.shown, request, error)
                except RequestValidationError:
                    return error_page(self.shown, request, HTTPStatus.UNPROCESSABLE_ENTITY)
                except ModeratorError as error:
                    return error_page(self.shown, request, answer_for(error)[0])
                except Exception:  # noqa: BLE001 - a person gets a page; the trace is in the log
                    _log.exception("page failed", path=request.url.path)
                    return error_page(self.shown, request, HTTPStatus.INTERNAL_SERVER_ERROR)

            return answered

    return APIRouter(prefix=prefix, route_class=PageRoute, include_in_schema=False)


def to(address: str) -> Response:
    """After a form: the page that follows, asked for anew."""
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def error_page(pages: Pages, request: Request, status: HTTPStatus) -> Response:
    """What went wrong, in words, with a link to go on; `request.state.visitor` may say for whom."""
    key = f"error.title_{status.value}"
    known = key if pages.catalogue(request).has(key) else "error.title_500"
    visitor = getattr(request.state, "visitor", None)
    kind = known.removeprefix("error.title_")
    return pages.render(request, visitor, "error.html", status=status, kind=kind)


def _refused(pages: Pages, request: Request, error: HTTPException) -> Response:
    if location := (error.headers or {}).get("location"):
        return RedirectResponse(location, error.status_code, headers=error.headers)
    answer = error_page(pages, request, HTTPStatus(error.status_code))
    answer.headers.update(error.headers or {})
    return answer
