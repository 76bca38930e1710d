"""Who may read, and how what they read is kept."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, HttpUrl

from moderator.domain.access import Role
from moderator.settings.values import (
    NAME,
    ApiAddress,
    BearerToken,
    Group,
    Key256,
    PublicAddress,
    Secret,
)


class ApiSettings(Group):
    """Who may ask the query API."""

    tokens: dict[Annotated[str, Field(pattern=NAME)], BearerToken] = Field(
        default_factory=dict,
        description="Bearer tokens by the name of their holder; none: the API is closed.",
    )


class EvidenceSettings(Group):
    """How what people wrote is protected."""

    key: Key256 = Field(
        description="32 random bytes in base64; encrypts stored text (AES-256-GCM)."
    )
    previous_keys: tuple[Key256, ...] = Field((), description="Older keys, still good for reading.")
    fingerprint_key: Key256 = Field(
        description="32 random bytes in base64; keys the fingerprints of secrets (HMAC)."
    )
    keep_days: int = Field(180, ge=1, description="Days after which stored text is erased.")
    keep_days_by_category: dict[
        Annotated[str, Field(pattern=NAME)], Annotated[int, Field(ge=1)]
    ] = Field(default_factory=dict, description="Categories for which that is another number.")
    forget_people_days: int = Field(
        365,
        ge=1,
        description="Days after which people who left are forgotten, if nothing is held of them.",
    )
    unmask_for: timedelta = Field(
        timedelta(minutes=30),
        gt=timedelta(0),
        le=timedelta(hours=24),
        description="How long whoever gave a reason may read what somebody wrote.",
    )
    unmask_persons: Literal[1, 2] = Field(
        1, description="2: another person has to grant what one asks to read."
    )


class ConsoleSettings(Group):
    """The desk in a browser, and who may come to it."""

    enabled: bool = Field(True, description="Serve /console/ and let users log in.")
    address: PublicAddress | None = Field(
        None,
        description="Where browsers find the service, such as `https://desk.company.cn`; "
        "OpenID Connect and WeCom send people back there.",
    )
    plain_http: bool = Field(
        False,
        description="Let people log in without TLS; only where nobody else can listen: "
        "at an address of this machine.",
    )
    passwords: bool = Field(True, description="Let local users log in with a password.")
    idle: timedelta = Field(
        timedelta(minutes=30),
        ge=timedelta(minutes=1),
        le=timedelta(hours=12),
        description="A log-in ends after so long without a page.",
    )
    lifetime: timedelta = Field(
        timedelta(hours=12),
        ge=timedelta(minutes=5),
        le=timedelta(days=7),
        description="A log-in ends after so long in any case.",
    )


Claim = Annotated[str, Field(min_length=1, max_length=256)]
Roles = Annotated[tuple[Role, ...], Field(min_length=1)]
Departments = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]


class OidcSettings(Group):
    """The company's OpenID Connect provider, and what its people may do here."""

    issuer: ApiAddress | None = Field(None, description="Issuer; none: no such log-in.")
    client_id: str = Field("", description="client_id of the service there.")
    client_secret: Secret | None = Field(None, description="Its client_secret, if it has one.")
    scopes: tuple[str, ...] = Field(
        ("openid", "profile"), description="What is asked for; `openid` always is."
    )
    name_claim: Claim = Field("preferred_username", description="Claim that names people.")
    roles_claim: Claim = Field("groups", description="Claim whose values give roles.")
    roles: dict[Claim, Roles] = Field(
        default_factory=dict,
        description="Roles by a value of that claim; whoever has none of the values stays out.",
    )
    departments: dict[Claim, Departments] = Field(
        default_factory=dict,
        description="Ids of departments by a value of that claim: the bound of who has it.",
    )


class WeComLoginSettings(Group):
    """Log-in by scanning a code with WeCom (企业微信 Web 登录)."""

    app: str = Field("", description="Name of the app in `wecom.apps`; none: no such log-in.")
    address: ApiAddress = Field(
        HttpUrl("https://login.work.weixin.qq.com/wwlogin/sso/login"),
        description="Page with the code.",
    )
    people: dict[Claim, Roles] = Field(
        default_factory=dict, description="Roles by userid; whoever has none stays out."
    )
    leaders: bool = Field(
        False, description="部门负责人 may come too, as department admins of what they lead."
    )
