"""How every page is made: one environment, one layout, one policy of what a page may load."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from moderator.domain.access import Right
from moderator.web.access import Visitor
from moderator.web.console.assets import Assets
from moderator.web.console.catalogue import Catalogue, catalogues, language_of
from moderator.web.console.moments import absolute, duration, now, relative, zone_of
from moderator.web.console.navigation import places_of
from moderator.web.console.toasts import toast_of
from moderator.web.console.wording import worded

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TEMPLATES: Final = Path(__file__).parent / "templates"


class Pages:
    """Renders templates for visitors, in their language and their time zone."""

    def __init__(self) -> None:
        self.assets = Assets()
        self._catalogues = catalogues()
        self._environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            auto_reload=False,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["static"] = self.assets.address
        self._environment.globals["Right"] = Right

    def render(
        self,
        request: Request,
        visitor: Visitor | None,
        name: str,
        *,
        status: HTTPStatus = HTTPStatus.OK,
        **content: Any,
    ) -> HTMLResponse:
        """The page; `visitor` None where nobody is logged in (log-in pages, some errors).

        Beside `content` a template has `say(key, …)`, `word(section, id)`, `worded(text)` (what the
        log says, in the reader's words), `moment(at)`, `stamp(at)`, `age(at)`, `catalogue`,
        `visitor`, `may(right)`, `csrf`, `places`, `language`, `path`, `address`, `zone`, `at`,
        `toast`.
        """
        catalogue = self.catalogue(request, visitor)
        frame = self._frame(request, visitor, catalogue)
        html = self._environment.get_template(name).render({**frame, **content})
        return HTMLResponse(html, status.value, headers={"content-security-policy": POLICY})

    def catalogue(self, request: Request, visitor: Visitor | None = None) -> Catalogue:
        """The messages in the visitor's language."""
        return self._catalogues[visitor.language if visitor else language_of(request)]

    def _frame(
        self, request: Request, visitor: Visitor | None, catalogue: Catalogue
    ) -> Mapping[str, Any]:
        zone, at = zone_of(request), now()

        def moment(when: datetime | None) -> Markup:
            if when is None:
                return Markup("–")
            return Markup('<time datetime="{}" title="{}">{}</time>').format(
                when.isoformat(), absolute(when, zone), relative(when, at, zone, catalogue)
            )

        def age(of: datetime | timedelta) -> str:
            return duration(of if isinstance(of, timedelta) else at - of, catalogue)

        return {
            "say": catalogue.say,
            "word": catalogue.word,
            "catalogue": catalogue,
            "worded": lambda text: worded(text, catalogue),
            "moment": moment,
            "stamp": lambda when: absolute(when, zone),
            "age": age,
            "visitor": visitor,
            "may": visitor.actor.may if visitor else lambda _right: False,
            "csrf": visitor.csrf if visitor else "",
            "places": places_of(visitor.actor) if visitor else (),
            "language": catalogue.language,
            "path": request.url.path,
            "address": _address(request),
            "zone": zone,
            "toast": toast_of(request),
            "at": at,
        }


def _address(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
