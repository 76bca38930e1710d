"""Everything a deployment decides.

Settings come from one TOML file (`--config` or `MODERATOR_CONFIG`) and from environment variables
`MODERATOR_…` (`__` between levels), which win over the file.  They are read by the entry point,
never at import, and handed down in slices.
"""

import base64
import binascii
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableVariable

from moderator.errors import SettingsError

_PLACEHOLDER = re.compile(r"change.?me|your[_-]|example|placeholder|^x+$|xxxxx|<.*>", re.IGNORECASE)
_NAME = r"^[a-z0-9][a-z0-9_-]{0,31}$"


def _not_a_placeholder(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value() or _PLACEHOLDER.search(secret.get_secret_value()):
        raise ValueError("is empty or still a placeholder")
    return secret


def _encoding_aes_key(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", secret.get_secret_value()):
        raise ValueError("must be the 43 letters and digits that WeCom shows as EncodingAESKey")
    return secret


def _key_of_32_bytes(secret: SecretStr) -> SecretStr:
    try:
        raw = base64.b64decode(secret.get_secret_value(), validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error
    if len(raw) != 32:
        raise ValueError("must be 32 random bytes in base64 (openssl rand -base64 32)")
    return secret


def _bearer(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 32:
        raise ValueError("must have at least 32 characters (openssl rand -hex 32)")
    return secret


Secret = Annotated[SecretStr, AfterValidator(_not_a_placeholder)]
EncodingAESKey = Annotated[Secret, AfterValidator(_encoding_aes_key)]
Key256 = Annotated[Secret, AfterValidator(_key_of_32_bytes)]
BearerToken = Annotated[Secret, AfterValidator(_bearer)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(_Group):
    """Where the service listens."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")


class DatabaseSettings(_Group):
    """Where violations are kept."""

    url: str = Field(
        "embedded:",
        pattern=r"^(postgresql\+asyncpg://.+|embedded:(///.+)?)$",
        description="`postgresql+asyncpg://…`, or `embedded:` / `embedded:///some/dir` for a "
        "PostgreSQL that the service starts and stops itself.",
    )
    pool_size: int = Field(10, ge=1, le=200, description="Most connections of one process.")


class EvidenceSettings(_Group):
    """How what people wrote is protected."""

    key: Key256 = Field(
        description="32 random bytes in base64; encrypts stored text (AES-256-GCM)."
    )
    previous_keys: tuple[Key256, ...] = Field((), description="Older keys, still good for reading.")
    fingerprint_key: Key256 = Field(
        description="32 random bytes in base64; keys the fingerprints of secrets (HMAC)."
    )
    keep_days: int = Field(180, ge=1, description="Days after which stored text is erased.")


class RulesSettings(_Group):
    """Where the rules come from."""

    directory: Path | None = Field(
        None, description="Folder of rule packs and `policy.yaml`; the shipped ones if unset."
    )
    watch: bool = Field(True, description="Load changed rules without a restart.")


class AppSettings(_Group):
    """One WeCom app, as the admin console shows it."""

    agent_id: int = Field(ge=1, description="AgentId.")
    secret: Secret = Field(description="Secret.")
    token: Secret = Field(description="Token of 接收消息.")
    encoding_aes_key: EncodingAESKey = Field(description="EncodingAESKey of 接收消息.")
    receive_id: str | None = Field(
        None, description="What callbacks are encrypted for; the corp id if unset, may be empty."
    )
    groups: tuple[str, ...] = Field(
        (), description="chatid of the groups that this app made (appchat) and polices."
    )


class WeComSettings(_Group):
    """The company's WeCom."""

    corp_id: str = Field(pattern=r"^[A-Za-z0-9_]{4,64}$", description="企业 ID.")
    api_url: HttpUrl = Field(
        HttpUrl("https://qyapi.weixin.qq.com"), description="Address of the WeCom API."
    )
    timeout: timedelta = Field(timedelta(seconds=10), description="Longest wait for one API call.")
    apps: dict[Annotated[str, Field(pattern=_NAME)], AppSettings] = Field(
        min_length=1, description="Apps by name; the name stands in the callback address."
    )


class ComplianceSettings(_Group):
    """Who hears of violations inside WeCom."""

    app: str = Field(description="Name of the app that speaks for compliance.")
    chat: str = Field("", description="chatid of the compliance group (appchat).")
    users: tuple[str, ...] = Field((), description="userids told where there is no group.")

    @model_validator(mode="after")
    def _somebody_hears(self) -> "ComplianceSettings":
        if not self.chat and not self.users:
            raise ValueError("needs a chat or at least one user")
        return self


class ApiSettings(_Group):
    """Who may ask the query API."""

    tokens: dict[Annotated[str, Field(pattern=_NAME)], BearerToken] = Field(
        default_factory=dict,
        description="Bearer tokens by the name of their holder; none: the API is closed.",
    )


class EnforcementSettings(_Group):
    """How actions are carried out."""

    enabled: bool = Field(True, description="Run the worker in this process.")
    poll: timedelta = Field(
        timedelta(seconds=5), description="Longest wait for work where no NOTIFY came."
    )
    attempts: int = Field(8, ge=1, le=50, description="Tries before an action is buried as failed.")
    expire_after: timedelta = Field(
        timedelta(hours=24), description="Age at which an action is no longer worth carrying out."
    )


class LogSettings(_Group):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level.")
    format: Literal["json", "console"] = Field("json", description="For machines or for people.")
    clean_messages: bool = Field(
        True, description="Write an event for clean messages too; they are counted either way."
    )


class Settings(BaseSettings):
    """All settings of one deployment; build it with `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix="MODERATOR_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    evidence: EvidenceSettings
    rules: RulesSettings = RulesSettings()
    wecom: WeComSettings
    compliance: ComplianceSettings
    api: ApiSettings = ApiSettings()
    enforcement: EnforcementSettings = EnforcementSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _compliance_app_exists(self) -> "Settings":
        if self.compliance.app not in self.wecom.apps:
            raise ValueError(f"compliance.app names no app of wecom.apps: {self.compliance.app}")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, whose content arrives as init arguments."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(config: Path | None) -> Settings:
    """Read the file and the environment; raises `SettingsError` with every fault at once."""
    return build_settings(_read(config))


def build_settings(values: Mapping[str, Any]) -> Settings:
    """Check `values` and the environment; raises `SettingsError` with every fault at once."""
    required: dict[str, Any] = {"evidence": {}, "wecom": {}, "compliance": {}}
    try:
        return Settings(**(required | dict(values)))  # so that what is missing is named in full
    except UnreadableVariable as error:
        raise SettingsError((str(error),)) from None
    except ValidationError as error:
        faults = tuple(_sentence(fault["loc"], fault["msg"]) for fault in error.errors())
        raise SettingsError(faults) from None  # pydantic's own text shows the values


def _read(config: Path | None) -> dict[str, Any]:
    path = config or (Path(named) if (named := os.environ.get("MODERATOR_CONFIG")) else None)
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path}: cannot be read: {error}",)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError((f"{path}: {error}",)) from error


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in location)
    if not name:
        return message.removeprefix("Value error, ")
    variable = "MODERATOR_" + "__".join(str(part).upper() for part in location)
    return f"{name} ({variable}): {message.removeprefix('Value error, ')}"
