"""The composition root: every part of the service is built and joined here, and nowhere else."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from moderator import __version__
from moderator.app.desk import add_desk
from moderator.app.parts import envelopes_of, rules_of, shelf_of, siem_of, spool_of
from moderator.app.service import Service
from moderator.intake.callback import PATH as CALLBACK_PATH
from moderator.intake.callback import CallbackEndpoint
from moderator.ledger.database.engine import Engine
from moderator.matching.recollection import Recollection
from moderator.rulebook.cache import RulebookCache
from moderator.settings import Settings
from moderator.web.front import Moderator
from moderator.web.ops import Ops
from moderator.web.problems import install_problems
from moderator.web.reference import reference_route


def create_app(
    settings: Settings,
    engine: Engine,
    cache: RulebookCache | None = None,
    settle: Callable[[], object] = object,
    recollection: Recollection | None = None,
) -> FastAPI:
    """The whole service as an ASGI app; its lifespan starts and stops the background work.

    `cache`, `settle` and `recollection` as in `Service`.
    """
    service = Service(settings, engine, cache, settle, recollection)
    app = Moderator(
        CallbackEndpoint(service.reception, service.metrics),
        CALLBACK_PATH,
        title="moderator",
        version=__version__,
        lifespan=_lifespan(service),
        docs_url=None,
        openapi_url="/api/openapi.json",
        redoc_url=None,
    )
    install_problems(app)
    app.router.routes += _ops(service).routes()
    app.router.routes.append(reference_route(app))
    add_desk(app, service)
    return app


def _ops(service: Service) -> Ops:
    return Ops(
        version=__version__,
        metrics=service.metrics,
        rulebook=lambda: service.rules.current.hash,
        ready=service.conditions.ready(),
        others=service.conditions.others(),
    )


def _lifespan(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            await service.stop()

    return lifespan


__all__ = ["Service", "create_app", "envelopes_of", "rules_of", "shelf_of", "siem_of", "spool_of"]
