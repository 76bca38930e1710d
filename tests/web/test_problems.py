from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from moderator import errors
from moderator.web.problems import ANSWERS, Refusal, answer_for, install_problems

PLANTED = "不该出现的原话"


class Note(BaseModel):
    size: int


def failing() -> FastAPI:
    """An application in which every kind of error is born."""
    app = FastAPI()
    install_problems(app)

    @app.get("/missing")
    async def missing() -> None:
        raise errors.NotFound(PLANTED)

    @app.get("/refusal")
    async def refusal() -> None:
        raise Refusal(HTTPStatus.CONFLICT, "stale", "Somebody was first.", headers={"X-A": "b"})

    @app.get("/bug")
    async def bug() -> None:
        raise ValueError(PLANTED)

    @app.post("/notes/{number}")
    async def notes(number: int, note: Note) -> None:
        del number, note

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(failing(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("POST", "/missing", 405, "method_not_allowed"),
        ("GET", "/missing", 404, "not_found"),
        ("GET", "/refusal", 409, "stale"),
        ("GET", "/bug", 500, "internal_error"),
        ("POST", f"/notes/{PLANTED}", 422, "invalid_request"),
    ],
)
async def test_every_error_has_the_one_shape(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    """Whoever raises it, an error is `error` and `detail` and nothing else."""
    answer = await client.request(method, path)

    assert answer.status_code == status
    assert set(answer.json()) == {"error", "detail"}
    assert answer.json()["error"] == code
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/notes/1", {"size": PLANTED}),
        ("/notes/1", {PLANTED: 1}),
        ("/notes/1", PLANTED),
        (f"/notes/{PLANTED}", {"size": 1}),
    ],
)
async def test_a_refused_request_is_not_repeated(
    client: httpx.AsyncClient, path: str, body: object
) -> None:
    """What was sent does not come back in the complaint about it."""
    answer = await client.post(path, json=body)

    assert answer.status_code == 422
    assert PLANTED not in answer.text


@pytest.mark.parametrize("path", ["/missing", "/bug"])
async def test_an_errors_own_words_stay_inside(client: httpx.AsyncClient, path: str) -> None:
    """The sentence of an exception may quote a message, so it is never the answer."""
    answer = await client.get(path)

    assert PLANTED not in answer.text


async def test_a_refused_body_that_is_no_json_is_told_by_place(client: httpx.AsyncClient) -> None:
    """A faulty field is named."""
    answer = await client.post("/notes/1", json={"size": "x"})

    assert answer.json()["detail"].startswith("body.size: ")


async def test_headers_of_an_error_are_kept(client: httpx.AsyncClient) -> None:
    """What the protocol demands beside the status still arrives."""
    assert (await client.post("/missing")).headers["Allow"] == "GET"
    assert (await client.get("/refusal")).headers["X-A"] == "b"


def tree(error: type[errors.ModeratorError]) -> Iterator[type[errors.ModeratorError]]:
    yield error
    for child in error.__subclasses__():
        yield from tree(child)


@pytest.mark.parametrize("kind", list(tree(errors.ModeratorError)))
def test_every_error_of_the_service_has_an_answer(kind: type[errors.ModeratorError]) -> None:
    """No error of the tree falls through to the last resort except the root itself."""
    answer = answer_for(kind.__new__(kind))

    assert answer != ANSWERS[errors.ModeratorError] or kind is errors.ModeratorError
