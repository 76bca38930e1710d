"""`/api/v1/violations/{id}/pack`: everything about one violation in a file that can be verified."""

import tempfile
from collections.abc import Iterator
from http import HTTPStatus
from typing import IO, Annotated, Any, Final

from fastapi import APIRouter, Depends, Path
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from moderator.domain.access import Actor, Right
from moderator.ledger.evidence.packs import Packs
from moderator.ledger.evidence.signing import Signer
from moderator.web.access import Access
from moderator.web.cases import WithReason
from moderator.web.problems import ALWAYS, responses
from moderator.web.questions import Id

_CHUNK: Final = 1 << 18
_IN_MEMORY: Final = 1 << 20  # bytes; larger packs go through a file without a name
_A_ZIP: Final[dict[int | str, dict[str, Any]]] = {
    HTTPStatus.OK.value: {
        "description": "The pack.",
        "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class PublicKeys(BaseModel):
    """Who signs packs: what an outsider needs to verify one."""

    model_config = ConfigDict(frozen=True)

    current: str = Field(description="Ed25519 public key, 64 hex digits.")
    previous: tuple[str, ...] = Field(description="Those of the older keys of the keyring.")


def packs_router(packs: Packs, signer: Signer, access: Access) -> APIRouter:
    """Making packs, and the keys that verify them."""
    router = APIRouter(prefix="/api/v1", tags=["evidence"], responses=responses(*ALWAYS))

    @router.post(
        "/violations/{violation_id}/pack",
        response_class=StreamingResponse,
        responses={**_A_ZIP, **responses(HTTPStatus.NOT_FOUND)},
    )
    async def make_pack(
        violation_id: Annotated[Id, Path()],
        why: WithReason,
        actor: Annotated[Actor, Depends(access.needs(Right.UNMASK))],
    ) -> StreamingResponse:
        """Make the evidence pack of a violation: a signed ZIP with everything that is kept of it.

        It holds what the sender wrote, so it takes what reading that takes; it is audited.
        """
        return await handed_out(packs, violation_id, actor, reason=why.reason)

    @router.get("/evidence/public-keys")
    async def tell_public_keys(
        _: Annotated[Actor, Depends(access.needs(Right.SEE))],
    ) -> PublicKeys:
        """Tell the public keys that packs are verified with."""
        current, *previous = signer.public_keys
        return PublicKeys(current=current, previous=tuple(previous))

    return router


async def handed_out(
    packs: Packs, violation_id: int, actor: Actor, *, reason: str
) -> StreamingResponse:
    """The pack as a download.  Raises as `Packs.write`."""
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 (closed when it is sent)
    try:
        await packs.write(violation_id, actor, file, reason=reason)
    except BaseException:
        file.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="violation-{violation_id}.zip"'}
    return StreamingResponse(_read(file), media_type="application/zip", headers=headers)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk
