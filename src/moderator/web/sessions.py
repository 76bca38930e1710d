"""`/api/v1/session` and `/api/v1/tokens`: the caller, and tokens for their programs."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path, Query
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from moderator.domain.access import Actor, Right, Role
from moderator.errors import NameTaken
from moderator.ledger.access.accounts import Account, Accounts
from moderator.ledger.access.api_tokens import ApiToken, check_label
from moderator.web.access import Access, Logins
from moderator.web.cookies import csrf_of
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Id

Words = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w .:/-]*\w[\w .:/-]*$")]
Label = Annotated[Words, AfterValidator(check_label)]


class SessionAnswer(BaseModel):
    """The caller, and their rights."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="As in the audit log.")
    roles: tuple[Role, ...]
    rights: tuple[Right, ...]
    departments: tuple[int, ...] | None = Field(
        description="The caller sees these departments with all below them; null: all."
    )
    csrf: str = Field(description="For `X-CSRF-Token`; empty for a caller with a token.")


class LoggedOut(BaseModel):
    """How many sessions ended."""

    model_config = ConfigDict(frozen=True)

    number: int


class NewToken(BaseModel):
    """A token to create."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: Label = Field(description="What it is for; shown after your name in the audit log.")
    rights: Annotated[tuple[Right, ...], Field(min_length=1, max_length=len(Right))] = Field(
        description="What it may be used for: of what you may do, never your account."
    )
    days: Annotated[int, Field(ge=1, le=366)] = Field(90, description="How many until it expires.")


class TokenAnswer(BaseModel):
    """A token, without its value."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: int
    owner: str
    label: str
    rights: tuple[Right, ...]
    created_at: AwareDatetime
    expires_at: AwareDatetime
    used_at: AwareDatetime | None = Field(description="To the minute; null: never.")
    revoked_at: AwareDatetime | None
    revoked_by: str


class MadeToken(TokenAnswer):
    """A token that was just made: the only answer that ever holds its value."""

    token: str

    @classmethod
    def of(cls, made: ApiToken, value: str) -> Self:
        shown = TokenAnswer.model_validate(made).model_dump()
        return cls(**shown, token=value)


class TokenList(BaseModel):
    """Tokens, newest first, including those that are no longer valid."""

    model_config = ConfigDict(frozen=True)

    items: tuple[TokenAnswer, ...]


def sessions_router(accounts: Accounts, logins: Logins, access: Access) -> APIRouter:
    """The routes about the caller, who has to be a user: a token of the settings is not."""
    router = APIRouter(prefix="/api/v1", responses=responses(*ALWAYS))
    _add_session(router, accounts, logins, access)
    _add_tokens(router, accounts, logins, access)
    return router


def _add_session(router: APIRouter, accounts: Accounts, logins: Logins, access: Access) -> None:
    owns = access.needs(Right.ACCOUNT)

    @router.get("/session", tags=["access"])
    async def tell_session(
        request: Request, actor: Annotated[Actor, Depends(owns)]
    ) -> SessionAnswer:
        """Return who the caller is and what they may do."""
        cookie = logins.cookies.session.of(request) if actor.account is not None else ""
        return SessionAnswer(
            name=actor.name,
            roles=tuple(sorted(actor.roles)),
            rights=tuple(sorted(actor.rights)),
            departments=None if actor.departments is None else tuple(sorted(actor.departments)),
            csrf=csrf_of(cookie) if cookie else "",
        )

    @router.delete("/session", tags=["access"])
    async def end_session(
        request: Request,
        answer: Response,
        actor: Annotated[Actor, Depends(owns)],
        *,
        everywhere: Annotated[bool, Query(description="All sessions, not only this one.")] = False,
    ) -> LoggedOut:
        """Log out."""
        account = await owner_of(accounts, actor)
        logins.cookies.session.take(answer)
        if everywhere:
            return LoggedOut(number=await logins.sessions.end_all(account, by=actor.name))
        await logins.sessions.end(logins.cookies.session.of(request), account)
        return LoggedOut(number=1)


def _add_tokens(router: APIRouter, accounts: Accounts, logins: Logins, access: Access) -> None:
    owns = access.needs(Right.ACCOUNT)

    @router.get("/tokens", tags=["access"])
    async def list_tokens(actor: Annotated[Actor, Depends(owns)]) -> TokenList:
        """List your own tokens."""
        account = await owner_of(accounts, actor)
        found = await logins.tokens.list(account.id)
        return TokenList(items=tuple(map(TokenAnswer.model_validate, found)))

    @router.post(
        "/tokens",
        tags=["access"],
        status_code=HTTPStatus.CREATED,
        responses=responses(HTTPStatus.CONFLICT),
    )
    async def make_token(wanted: NewToken, actor: Annotated[Actor, Depends(owns)]) -> MadeToken:
        """Create a token; its value is shown only once."""
        account = await owner_of(accounts, actor)
        rights = grantable(actor, wanted.rights)
        lasts = timedelta(days=wanted.days)
        try:
            made, value = await logins.tokens.create(account, wanted.label, rights, lasts=lasts)
        except NameTaken as error:
            told = "You have a token with such a label."
            raise Refusal(HTTPStatus.CONFLICT, "label_taken", told) from error
        return MadeToken.of(made, value)

    @router.delete("/tokens/{token_id}", tags=["access"], responses=responses(HTTPStatus.NOT_FOUND))
    async def revoke_token(
        token_id: Annotated[Id, Path()], actor: Annotated[Actor, Depends(owns)]
    ) -> TokenAnswer:
        """Revoke a token of your own; it is refused from now on."""
        account = await owner_of(accounts, actor)
        revoked = await logins.tokens.revoke(token_id, by=actor.name, owner=account.id)
        return TokenAnswer.model_validate(revoked)


async def owner_of(accounts: Accounts, actor: Actor) -> Account:
    """The user that asks.  Raises `Refusal` 403 where a token of the settings does."""
    if actor.account is None:
        raise Refusal(
            HTTPStatus.FORBIDDEN, "no_account", "A token of the settings belongs to no user."
        )
    return await accounts.one(actor.account)


def grantable(actor: Actor, wanted: tuple[Right, ...]) -> frozenset[Right]:
    """What a token of this user may have.  Raises `Refusal` 403 for anything beyond."""
    rights = frozenset(wanted)
    beyond = sorted(rights - (actor.rights - {Right.ACCOUNT}))
    if beyond:
        told = f"You cannot give a token: {', '.join(beyond)}."
        raise Refusal(HTTPStatus.FORBIDDEN, "beyond_rights", told)
    return rights
