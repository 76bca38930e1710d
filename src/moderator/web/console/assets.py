"""Styles and scripts under an address that changes with any of them, so that browsers keep them."""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_FOLDER: Final = Path(__file__).parent / "static"
_FOREVER: Final = "public, max-age=31536000, immutable"
_TYPES: Final = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


class Assets:
    """The files of one folder, held in memory.

    One digest for all: scripts import each other by relative addresses.
    """

    def __init__(self, folder: Path = _FOLDER) -> None:
        self._files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
        self._digest = _digest(self._files)

    def address(self, name: str) -> str:
        """Where a file is; `KeyError` for one that there is not."""
        self._files[name]
        return f"/console/static/{self._digest}/{name}"

    def route(self) -> Route:
        return Route("/console/static/{digest}/{name}", self._answer, include_in_schema=False)

    async def _answer(self, request: Request) -> Response:
        name, digest = request.path_params["name"], request.path_params["digest"]
        if name not in self._files:
            return Response(status_code=404)
        # Another version's page may ask during an upgrade: it gets ours, for this once.
        keeping = _FOREVER if digest == self._digest else "no-store"
        return Response(
            self._files[name], media_type=_type_of(name), headers={"cache-control": keeping}
        )


def _digest(files: Mapping[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, content in files.items():
        whole.update(f"{name} {len(content)}\n".encode() + content)
    return whole.hexdigest()[:16]


def _type_of(name: str) -> str:
    known = _TYPES.get(Path(name).suffix)
    return known or mimetypes.guess_type(name)[0] or "application/octet-stream"
