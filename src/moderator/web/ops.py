"""What ops and their machines ask: plain routes outside the API, open, without SQL on scrape."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from moderator.telemetry.metrics import EXPOSITION_TYPE, Metrics
from moderator.web.health import Cached, Check, Condition, worst


class Ops:
    """`/livez` `/readyz` `/healthz` `/metrics` `/version`.

    `ready` are the parts without which nothing can be durably accepted; `others` may fail without
    the service being taken out of rotation.  `rulebook` gives the hash in use, empty for none.
    """

    def __init__(
        self,
        *,
        version: str,
        metrics: Metrics,
        rulebook: Callable[[], str],
        ready: Mapping[str, Check],
        others: Mapping[str, Check],
    ) -> None:
        self._version = version
        self._metrics = metrics
        self._rulebook = rulebook
        self._ready = Cached(ready)
        self._all = Cached({**ready, **others})

    def routes(self) -> list[Route]:
        pages = {
            "/livez": self.livez,
            "/readyz": self.readyz,
            "/healthz": self.healthz,
            "/metrics": self.metrics,
            "/version": self.version,
        }
        return [Route(path, page, include_in_schema=False) for path, page in pages.items()]

    async def livez(self, _request: Request) -> Response:
        """The process runs and its loop turns; nothing else is asked."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _request: Request) -> Response:
        """200 while a callback could be durably accepted, else 503 with the reasons."""
        parts = await self._ready.parts()
        failing = {
            name: part.reason for name, part in parts.items() if part.condition is Condition.FAILING
        }
        status = HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK
        return JSONResponse({"ready": not failing, "failing": failing}, status.value)

    async def healthz(self, _request: Request) -> Response:
        """Every part with its reason and numbers; 503 while any is failing."""
        parts = await self._all.parts()
        condition = worst(parts)
        failing = condition is Condition.FAILING
        status = HTTPStatus.SERVICE_UNAVAILABLE if failing else HTTPStatus.OK
        details = {name: asdict(part) for name, part in parts.items()}
        return JSONResponse({"condition": condition, "parts": details}, status.value)

    async def metrics(self, _request: Request) -> Response:
        """All numbers for Prometheus, from memory alone."""
        return Response(self._metrics.exposition(), media_type=EXPOSITION_TYPE)

    async def version(self, _request: Request) -> Response:
        """The version that runs and the hash of the rulebook in use."""
        return JSONResponse({"version": self._version, "rulebook": self._rulebook()})
