"""`/api/v1`: everything by which people decide."""

from fastapi import APIRouter

from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.jobs import Jobs
from moderator.ledger.desk.judging import Judging
from moderator.ledger.desk.presence import Presence
from moderator.ledger.desk.views import Views
from moderator.web.access import Access
from moderator.web.decisions import decisions_router
from moderator.web.jobs import jobs_router
from moderator.web.views import views_router


def deciding_router(engine: Engine, access: Access) -> APIRouter:
    """Decisions on violations, one by one and many at once, and saved views."""
    router = APIRouter()
    router.include_router(decisions_router(Judging(engine), Presence(engine), access))
    router.include_router(jobs_router(Jobs(engine), access))
    router.include_router(views_router(Views(engine), access))
    return router
