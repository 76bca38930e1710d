"""One shape for every error that leaves over HTTP: `{"error": code, "detail": sentence}`.

`error` is for programs and stays; `detail` is for people.  Neither repeats a value that was sent,
nor the words of an exception.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from moderator import errors

Answer = tuple[HTTPStatus, str, str]

# Error class → status, code, sentence; the nearest class in an error's ancestry counts.
ANSWERS: Final[Mapping[type[errors.ModeratorError], Answer]] = {
    errors.ModeratorError: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "The service could not do this; its log says why.",
    ),
    errors.SettingsError: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "wrong_settings",
        "The settings of this service cannot be used.",
    ),
    errors.EnvelopeError: (
        HTTPStatus.FORBIDDEN,
        "refused_envelope",
        "This is not a callback of WeCom for this service.",
    ),
    errors.MalformedEnvelope: (
        HTTPStatus.BAD_REQUEST,
        "malformed_envelope",
        "This is not a callback of WeCom.",
    ),
    errors.LedgerError: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "ledger_error",
        "The ledger could not do its work; its state is in /healthz.",
    ),
    errors.LedgerUnavailable: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "ledger_unavailable",
        "The ledger cannot be reached at the moment; try again later.",
    ),
    errors.SchemaMismatch: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "schema_mismatch",
        "The database does not fit this version; run `moderator database upgrade`.",
    ),
    errors.EvidenceUnreadable: (
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "evidence_unreadable",
        "The stored text was written with a key that this service does not have.",
    ),
    errors.NameTaken: (HTTPStatus.CONFLICT, "name_taken", "There is already a user of that name."),
    errors.NotFound: (HTTPStatus.NOT_FOUND, "not_found", "There is no such record."),
    errors.UnmaskingNeeded: (
        HTTPStatus.FORBIDDEN,
        "unmasking_needed",
        "Ask to read this violation first; somebody else has to grant it.",
    ),
    errors.OwnRequest: (
        HTTPStatus.FORBIDDEN,
        "own_request",
        "This takes two people: somebody else has to grant what you asked for.",
    ),
    errors.JobTooLarge: (
        HTTPStatus.CONFLICT,
        "job_too_large",
        "One job takes no more than 10,000 violations; narrow the filter.",
    ),
    errors.NothingToUndo: (
        HTTPStatus.CONFLICT,
        "nothing_to_undo",
        "There is no decision that could be undone.",
    ),
    errors.IdentityError: (
        HTTPStatus.BAD_GATEWAY,
        "identity_error",
        "The company's identity provider did not say who you are.",
    ),
    errors.RulebookError: (
        HTTPStatus.SERVICE_UNAVAILABLE,
        "no_rulebook",
        "There is no usable rulebook; `moderator rules check` says why.",
    ),
    errors.WeComError: (
        HTTPStatus.BAD_GATEWAY,
        "wecom_error",
        "WeCom did not do what was asked.",
    ),
    errors.WeComUnreachable: (
        HTTPStatus.GATEWAY_TIMEOUT,
        "wecom_unreachable",
        "WeCom cannot be reached at the moment.",
    ),
}


# What every route of the API may answer.
ALWAYS: Final = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


class Problem(BaseModel):
    """Every error's body."""

    model_config = ConfigDict(frozen=True)

    error: str = Field(description="Code for programs; does not change.", examples=["not_found"])
    detail: str = Field(description="Sentence for people.")


class Refusal(HTTPException):
    """An answer other than success, raised by an endpoint of this package."""

    def __init__(
        self,
        status: HTTPStatus,
        error: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        current: BaseModel | None = None,
    ) -> None:
        """`current` is what there is now, for whoever asked on what there was."""
        super().__init__(status.value, detail, dict(headers) if headers else None)
        self.error = error
        self.current = current


def answer_for(error: errors.ModeratorError) -> Answer:
    """Status, code and sentence for an error of ours."""
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


def problem_response(
    status: int,
    error: str,
    detail: str,
    headers: Mapping[str, str] | None = None,
    *,
    current: BaseModel | None = None,
) -> JSONResponse:
    body = Problem(error=error, detail=detail).model_dump()
    if current is not None:
        body["current"] = current.model_dump(mode="json")
    return JSONResponse(body, status_code=status, headers=dict(headers) if headers else None)


def install_problems(app: FastAPI) -> None:
    """Make every error of `app` an answer in this shape."""
    app.exception_handler(HTTPException)(_http)
    app.exception_handler(RequestValidationError)(_validation)
    app.exception_handler(errors.ModeratorError)(_ours)
    app.exception_handler(Exception)(_bug)


def responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides success, for its OpenAPI description."""
    return {status.value: {"model": Problem, "description": status.phrase} for status in statuses}


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        named = (error.headers or {}).get("Allow", "").split(", ")
        error.headers = {"Allow": ", ".join(sorted({*named, *_methods(request)} - {""}))}
    if status is HTTPStatus.BAD_REQUEST and not isinstance(error, Refusal):
        # What FastAPI says of a body that is not even text; of other bodies it says the other.
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return problem_response(status, "invalid_request", "body: cannot be read")
    code = error.error if isinstance(error, Refusal) else status.phrase.lower().replace(" ", "_")
    current = error.current if isinstance(error, Refusal) else None
    return problem_response(status, code, error.detail, error.headers, current=current)


def _methods(request: Request) -> set[str]:
    """Every method of the path; Starlette names only those of the first route that has it."""
    paths = request.app.openapi()["paths"]
    asked = request.url.path
    fitting = [asked] if asked in paths else [path for path in paths if _fits(path, asked)]
    return {method.upper() for path in fitting for method in paths[path]}


def _fits(path: str, asked: str) -> bool:
    return compile_path(path)[0].match(asked) is not None


async def _validation(_request: Request, error: RequestValidationError) -> JSONResponse:
    faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return problem_response(status, "invalid_request", "; ".join(faults))


async def _ours(_request: Request, error: errors.ModeratorError) -> JSONResponse:
    return problem_response(*answer_for(error))


async def _bug(_request: Request, _error: Exception) -> JSONResponse:
    # Starlette raises it again behind the answer, so that the server's log has it.
    return problem_response(*ANSWERS[errors.ModeratorError])
