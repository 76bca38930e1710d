"""Every page of the console, in the order in which addresses are looked up."""

from collections.abc import Iterable

from starlette.routing import BaseRoute

from moderator.web.console.bulk import bulk_routes
from moderator.web.console.case import case_routes
from moderator.web.console.deciding import deciding_routes
from moderator.web.console.desk import Desk
from moderator.web.console.evidence import evidence_routes
from moderator.web.console.frame import elsewhere_routes, frame_routes
from moderator.web.console.office import Office, office_routes
from moderator.web.console.phrases import phrase_routes
from moderator.web.console.queue import queue_routes
from moderator.web.console.today import today_routes
from moderator.web.console.unmaskings import unmasking_routes


def console_routes(desk: Desk, office: Office) -> Iterable[BaseRoute]:
    """Routes for `app.router.routes`; those of other parts of the console go before the last."""
    yield desk.pages.assets.route()
    yield from frame_routes(desk.pages, desk.access).routes
    yield from today_routes(desk, office.counts).routes
    yield from queue_routes(desk).routes
    yield from bulk_routes(desk).routes
    yield from case_routes(desk).routes
    yield from phrase_routes(desk).routes
    yield from evidence_routes(desk).routes
    yield from unmasking_routes(desk).routes
    yield from deciding_routes(desk).routes
    yield from office_routes(office)
    yield from elsewhere_routes(desk.pages, desk.access).routes
