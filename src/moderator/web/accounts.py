"""`/api/v1/users` and `/api/v1/invitations`: who may come in, and what they may do."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from moderator.domain.access import Actor, Grant, Right, Role
from moderator.ledger.access.accounts import Account, Accounts, Newcomer, Source
from moderator.ledger.access.invitations import Invitation, Invitations
from moderator.web.access import Access, Logins
from moderator.web.problems import ALWAYS, Refusal, responses
from moderator.web.questions import Id
from moderator.web.sessions import LoggedOut, TokenAnswer, TokenList

_Department = Annotated[int, Field(ge=1, le=2**31 - 1)]
_Word = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f()]*$")]


class GrantAsked(BaseModel):
    """The rights to grant."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    roles: Annotated[tuple[Role, ...], Field(min_length=1, max_length=len(Role))]
    departments: Annotated[tuple[_Department, ...], Field(min_length=1, max_length=100)] | None = (
        Field(None, description="The user sees these with all below them; null: all.")
    )

    @model_validator(mode="after")
    def _can_be_granted(self) -> Self:
        if fault := self.grant.fault:
            raise ValueError(fault)
        return self

    @property
    def grant(self) -> Grant:
        bound = None if self.departments is None else frozenset(self.departments)
        return Grant(roles=frozenset(self.roles), departments=bound)


class InvitationAsked(GrantAsked):
    """An invitation to be made."""

    note: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] = Field(
        "", description="Who it is for."
    )
    hours: Annotated[int, Field(ge=1, le=24 * 14)] = Field(
        72, description="How many until it expires."
    )


class Expected(GrantAsked):
    """Somebody who logs in elsewhere, and is expected here."""

    source: Literal[Source.OIDC, Source.WECOM]
    subject: _Word = Field(description="`issuer sub` of OpenID Connect, or the userid of WeCom.")
    name: _Word


class GrantAnswer(BaseModel):
    """What somebody may do."""

    model_config = ConfigDict(frozen=True)

    roles: tuple[Role, ...]
    departments: tuple[int, ...] | None

    @classmethod
    def of(cls, grant: Grant) -> Self:
        bound = grant.departments
        return cls(
            roles=tuple(sorted(grant.roles)),
            departments=None if bound is None else tuple(sorted(bound)),
        )


class UserAnswer(BaseModel):
    """A user."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    display: str
    source: Source
    managed: bool = Field(description="Their rights are set by their source at each log-in.")
    grant: GrantAnswer
    created_at: AwareDatetime
    created_by: str
    disabled_at: AwareDatetime | None
    seen_at: AwareDatetime | None = Field(description="Their last log-in.")

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            id=account.id,
            name=account.name,
            display=account.display,
            source=account.source,
            managed=account.managed,
            grant=GrantAnswer.of(account.grant),
            created_at=account.created_at,
            created_by=account.created_by,
            disabled_at=account.disabled_at,
            seen_at=account.seen_at,
        )


class UserList(BaseModel):
    """All users by name."""

    model_config = ConfigDict(frozen=True)

    items: tuple[UserAnswer, ...]


class InvitationAnswer(BaseModel):
    """A valid invitation, without its code."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str = Field(description="Whose password it renews; empty for a new user.")
    grant: GrantAnswer
    note: str
    created_at: AwareDatetime
    created_by: str
    expires_at: AwareDatetime

    @classmethod
    def of(cls, invitation: Invitation, **more: str) -> Self:
        return cls(
            id=invitation.id,
            name=invitation.name,
            grant=GrantAnswer.of(invitation.grant),
            note=invitation.note,
            created_at=invitation.created_at,
            created_by=invitation.created_by,
            expires_at=invitation.expires_at,
            **more,
        )


class MadeInvitation(InvitationAnswer):
    """An invitation that was just made: the only answer that ever holds its code."""

    code: str


class InvitationList(BaseModel):
    """Valid invitations, newest first."""

    model_config = ConfigDict(frozen=True)

    items: tuple[InvitationAnswer, ...]


def accounts_router(
    accounts: Accounts, invitations: Invitations, logins: Logins, access: Access
) -> APIRouter:
    router = APIRouter(prefix="/api/v1", tags=["access"], responses=responses(*ALWAYS))
    _add_users(router, accounts, access)
    _add_entry(router, accounts, logins, access)
    _add_invitations(router, accounts, invitations, access)
    return router


def _add_users(router: APIRouter, accounts: Accounts, access: Access) -> None:
    administers = access.needs(Right.ADMINISTER)

    @router.get("/users")
    async def list_users(_: Annotated[Actor, Depends(administers)]) -> UserList:
        """List all users, by name."""
        return UserList(items=tuple(map(UserAnswer.of, await accounts.list())))

    @router.post("/users", status_code=HTTPStatus.CREATED, responses=responses(HTTPStatus.CONFLICT))
    async def expect_user(
        wanted: Expected, actor: Annotated[Actor, Depends(administers)]
    ) -> UserAnswer:
        """Add a user who logs in through the company's provider or WeCom."""
        subject = wanted.subject.lower() if wanted.source is Source.WECOM else wanted.subject
        newcomer = Newcomer(
            name=f"{wanted.name} ({wanted.source})",
            display=wanted.name,
            source=wanted.source,
            subject=subject,
        )
        made = await accounts.add(newcomer, wanted.grant, by=actor.name)
        if made is None:
            raise Refusal(HTTPStatus.CONFLICT, "name_taken", "There is already such a user.")
        return UserAnswer.of(made)

    @router.put(
        "/users/{user_id}/grant",
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def change_grant(
        user_id: Annotated[Id, Path()],
        wanted: GrantAsked,
        actor: Annotated[Actor, Depends(administers)],
    ) -> UserAnswer:
        """Change a user's rights; all their sessions end."""
        refuse_oneself(user_id, actor)
        return UserAnswer.of(await accounts.change(user_id, wanted.grant, by=actor.name))


def _add_entry(router: APIRouter, accounts: Accounts, logins: Logins, access: Access) -> None:
    administers = access.needs(Right.ADMINISTER)
    missing = responses(HTTPStatus.NOT_FOUND)

    @router.post(
        "/users/{user_id}/disable",
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def disable_user(
        user_id: Annotated[Id, Path()], actor: Annotated[Actor, Depends(administers)]
    ) -> UserAnswer:
        """Disable a user: their sessions end, and their tokens are refused."""
        refuse_oneself(user_id, actor)
        return UserAnswer.of(await accounts.enable(user_id, enabled=False, by=actor.name))

    @router.post("/users/{user_id}/enable", responses=missing)
    async def enable_user(
        user_id: Annotated[Id, Path()], actor: Annotated[Actor, Depends(administers)]
    ) -> UserAnswer:
        """Enable a disabled user."""
        return UserAnswer.of(await accounts.enable(user_id, enabled=True, by=actor.name))

    @router.delete("/users/{user_id}/sessions", responses=missing)
    async def end_sessions(
        user_id: Annotated[Id, Path()], actor: Annotated[Actor, Depends(administers)]
    ) -> LoggedOut:
        """Log a user out everywhere."""
        account = await accounts.one(user_id)
        return LoggedOut(number=await logins.sessions.end_all(account, by=actor.name))

    @router.get("/users/{user_id}/tokens", responses=missing)
    async def list_tokens_of(
        user_id: Annotated[Id, Path()], _: Annotated[Actor, Depends(administers)]
    ) -> TokenList:
        """List the tokens of a user."""
        account = await accounts.one(user_id)
        found = await logins.tokens.list(account.id)
        return TokenList(items=tuple(map(TokenAnswer.model_validate, found)))

    @router.delete("/users/{user_id}/tokens/{token_id}", responses=missing)
    async def revoke_token_of(
        user_id: Annotated[Id, Path()],
        token_id: Annotated[Id, Path()],
        actor: Annotated[Actor, Depends(administers)],
    ) -> TokenAnswer:
        """Revoke a token of a user."""
        revoked = await logins.tokens.revoke(token_id, by=actor.name, owner=user_id)
        return TokenAnswer.model_validate(revoked)


def _add_invitations(
    router: APIRouter, accounts: Accounts, invitations: Invitations, access: Access
) -> None:
    administers = access.needs(Right.ADMINISTER)

    @router.get("/invitations")
    async def list_invitations(_: Annotated[Actor, Depends(administers)]) -> InvitationList:
        """List the valid invitations."""
        found = await invitations.list()
        return InvitationList(items=tuple(map(InvitationAnswer.of, found)))

    @router.post("/invitations", status_code=HTTPStatus.CREATED)
    async def invite(
        wanted: InvitationAsked, actor: Annotated[Actor, Depends(administers)]
    ) -> MadeInvitation:
        """Invite a new local user; the code is shown only once."""
        lasts = timedelta(hours=wanted.hours)
        made, code = await invitations.invite(
            wanted.grant, note=wanted.note, by=actor.name, lasts=lasts
        )
        return MadeInvitation.of(made, code=code)

    @router.post(
        "/users/{user_id}/invitation",
        status_code=HTTPStatus.CREATED,
        responses=responses(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )
    async def renew_password(
        user_id: Annotated[Id, Path()], actor: Annotated[Actor, Depends(administers)]
    ) -> MadeInvitation:
        """Invite a local user to choose a new password; the code is shown only once."""
        account = await accounts.one(user_id)
        if account.source is not Source.LOCAL:
            told = f"This user logs in elsewhere: {account.source}."
            raise Refusal(HTTPStatus.CONFLICT, "not_local", told)
        made, code = await invitations.renew(account, by=actor.name, lasts=timedelta(hours=24))
        return MadeInvitation.of(made, code=code)

    @router.delete(
        "/invitations/{invitation_id}",
        status_code=HTTPStatus.NO_CONTENT,
        responses=responses(HTTPStatus.NOT_FOUND),
    )
    async def revoke_invitation(
        invitation_id: Annotated[Id, Path()], actor: Annotated[Actor, Depends(administers)]
    ) -> None:
        """Revoke an invitation."""
        await invitations.revoke(invitation_id, by=actor.name)


def refuse_oneself(user_id: int, actor: Actor) -> None:
    """Nobody shuts themselves out, or raises themselves.  Raises `Refusal` 409."""
    if actor.account == user_id:
        raise Refusal(
            HTTPStatus.CONFLICT, "yourself", "Only another admin can do this to your account."
        )
