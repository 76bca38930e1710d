"""Everything a deployment decides.

Settings come from one TOML file (`--config` or `MODERATOR_CONFIG`) and from environment variables
`MODERATOR_…` (`__` between levels), which win over the file.  `MODERATOR_…_FILE` names a file that
holds the value, as container images do it: a secret that is mounted stands in no environment, which
everybody who may inspect the container can read.
They are read by the entry point, never at import, and handed down in slices.
"""

import base64
import binascii
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    DirectoryPath,
    Field,
    FilePath,
    HttpUrl,
    SecretStr,
    ValidationError,
)
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from moderator.domain.decision import ActionKind
from moderator.errors import SettingsError

_PREFIX = "MODERATOR_"
_FILE = "MODERATOR_CONFIG"
_IN_A_FILE = "_file"  # of a variable in lower case, as pydantic has them

_PLACEHOLDER = re.compile(r"change.?me|your[_-]|example|placeholder|^x+$|xxxxx|<.*>", re.IGNORECASE)
_NAME = r"^[a-z0-9][a-z0-9_-]{0,31}$"
_EMBEDDED = re.compile(r"embedded:(///.+)?")
_POSTGRESQL = "postgresql+asyncpg://"
_HOST_AND_PORT = re.compile(r"(\[[^\[\]@]+\]|[^\[\]@:]*)(:(?P<port>\d{1,5}))?")
# Kubernetes and Docker announce a service called `moderator` to its neighbours by such variables.
_SERVICE_LINK = re.compile(
    r"MODERATOR_SERVICE_(HOST|PORT(_\w+)?)=.*|MODERATOR_PORT_\d+_\w+=.*|MODERATOR_PORT=\w+://.*",
    re.DOTALL,
)


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


def _webhook_secret(secret: SecretStr) -> SecretStr:
    """Standard Webhooks: `whsec_` and 24 to 64 bytes in base64."""
    prefix, _, encoded = secret.get_secret_value().partition("whsec_")
    try:
        length = len(base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise ValueError("must be base64 after whsec_") from error
    if prefix or not 24 <= length <= 64:
        raise ValueError("must be whsec_ and 24 to 64 random bytes in base64")
    return secret


def _database_address(secret: SecretStr) -> SecretStr:
    address = secret.get_secret_value()
    if not _EMBEDDED.fullmatch(address) and not _is_postgresql(address):
        # Without its parser's own words: they repeat what it took for the port.
        raise ValueError(
            f"is neither `embedded:` nor a PostgreSQL address ({_POSTGRESQL}…); "
            "percent-encode the password"
        )
    return secret


def _is_postgresql(address: str) -> bool:
    """Whether asyncpg will read the address as it is meant, a password with signs included."""
    try:
        parts = urlsplit(address)
        parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        return False
    user, _, hosts = parts.netloc.rpartition("@")
    torn = "@" in user + parts.path or parts.fragment
    fits = all(map(_is_host, hosts.split(",")))
    return address.startswith(_POSTGRESQL) and address != _POSTGRESQL and fits and not torn


def _is_host(host: str) -> bool:
    found = _HOST_AND_PORT.fullmatch(host)
    return found is not None and int(found["port"] or 0) <= 65535


def _confidential(url: HttpUrl) -> HttpUrl:
    """Secrets travel in the query of every call."""
    if url.scheme != "https" and not _is_loopback(url.host or ""):
        raise ValueError("must begin with https:// unless it is an address of this machine")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


Secret = Annotated[SecretStr, AfterValidator(_not_a_placeholder)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_database_address)]
ApiAddress = Annotated[HttpUrl, AfterValidator(_confidential)]
EncodingAESKey = Annotated[Secret, AfterValidator(_encoding_aes_key)]
Key256 = Annotated[Secret, AfterValidator(_key_of_32_bytes)]
WebhookSecret = Annotated[Secret, AfterValidator(_webhook_secret)]
BearerToken = Annotated[Secret, AfterValidator(_bearer)]


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ServerSettings(_Group):
    """Where the service listens."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    internal_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port for the API, the console and metrics alone; callbacks keep theirs.",
    )
    internal_host: str = Field("127.0.0.1", description="Address for `internal_port`.")
    processes: int = Field(1, ge=1, le=64, description="Processes that share the work.")
    certificate: FilePath | None = Field(None, description="TLS certificate chain (PEM).")
    private_key: FilePath | None = Field(None, description="Its private key (PEM).")


class DatabaseSettings(_Group):
    """Where violations are kept."""

    url: DatabaseAddress = Field(
        "embedded:",
        validate_default=True,
        description="`postgresql+asyncpg://…`, or `embedded:` / `embedded:///some/dir` for a "
        "PostgreSQL that the service starts and stops itself.",
    )
    pool_size: int = Field(10, ge=1, le=200, description="Most connections of one process.")


class SpoolSettings(_Group):
    """Where violations wait while PostgreSQL is away."""

    directory: Path | None = Field(
        None, description="Folder of the spool, on a disk that outlives the process."
    )
    megabytes: int = Field(256, ge=1, description="Size beyond which callbacks are answered 503.")


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

    directory: DirectoryPath | None = Field(
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
    api_url: ApiAddress = Field(
        HttpUrl("https://qyapi.weixin.qq.com"), description="Address of the WeCom API."
    )
    timeout: timedelta = Field(timedelta(seconds=10), description="Longest wait for one API call.")
    apps: dict[Annotated[str, Field(pattern=_NAME)], AppSettings] = Field(
        min_length=1, description="Apps by name; the name stands in the callback address."
    )
    directory_fresh: timedelta = Field(
        timedelta(hours=24),
        gt=timedelta(0),
        description="How long what was asked of the directory holds, if no event changes it.",
    )
    own_senders: tuple[str, ...] = Field(
        (), description="userids and robot ids under which we write; they are never moderated."
    )
    contacts_secret: Secret | None = Field(
        None, description="Secret of 通讯录同步; accounts are disabled and enabled with it."
    )


class ComplianceSettings(_Group):
    """Who hears of violations inside WeCom."""

    app: str = Field(description="Name of the app that speaks for compliance.")
    chat: str = Field("", description="chatid of the compliance group (appchat).")
    users: tuple[str, ...] = Field((), description="userids told where there is no group.")
    reviewers: tuple[str, ...] = Field(
        (),
        max_length=100,
        description="userids who get a card with buttons about proposals, and may decide on them.",
    )
    language: Literal["zh", "en"] = Field("zh", description="Language of all notices.")
    confidentiality_users: tuple[str, ...] = Field(
        (), description="userids of the confidentiality office (保密工作机构)."
    )
    hr_users: tuple[str, ...] = Field((), description="userids told of proposals to HR.")
    group_owners: dict[str, str] = Field(
        default_factory=dict,
        description="Owner's userid by chatid, for groups that no app of ours made.",
    )
    department_admins: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="userids by department id, told instead of the department's 负责人.",
    )
    notice_groups: tuple[str, ...] = Field(
        (),
        description="chatid of the groups that public notices (通报) go to; all policed if none.",
    )


class ApiSettings(_Group):
    """Who may ask the query API."""

    tokens: dict[Annotated[str, Field(pattern=_NAME)], BearerToken] = Field(
        default_factory=dict,
        description="Bearer tokens by the name of their holder; none: the API is closed.",
    )


def _slow_kinds() -> dict[ActionKind, timedelta]:
    """What still helps when it is late, and what helps only at once."""
    return {
        ActionKind.NOTIFY_GROUP: timedelta(hours=2),
        ActionKind.IDENTIFY_SENDER: timedelta(days=7),
        ActionKind.NOTIFY_COMPLIANCE: timedelta(days=7),
        ActionKind.NOTIFY_CONFIDENTIALITY: timedelta(days=7),
        ActionKind.PROPOSE_TO_HR: timedelta(days=7),
        ActionKind.REPORT_TO_SIEM: timedelta(days=7),
        ActionKind.ENABLE_ACCOUNT: timedelta(days=30),
    }


class EnforcementSettings(_Group):
    """How actions are carried out."""

    enabled: bool = Field(True, description="Run the worker in this process.")
    poll: timedelta = Field(
        timedelta(seconds=5), description="Longest wait for work where no NOTIFY came."
    )
    attempts: int = Field(8, ge=1, le=50, description="Tries before an action is buried as failed.")
    lease: timedelta = Field(
        timedelta(seconds=90),
        ge=timedelta(seconds=1),
        description="Time after which an action whose worker vanished is begun again.",
    )
    expire_after: timedelta = Field(
        timedelta(hours=24), description="Age at which an action is no longer worth carrying out."
    )
    expire_kinds: dict[ActionKind, timedelta] = Field(
        default_factory=_slow_kinds,
        description="Kinds of action for which that is another age.",
    )
    recall_within: timedelta = Field(
        timedelta(minutes=10),
        ge=timedelta(minutes=1),
        description="Time that a sender has to take a message back before others are told.",
    )
    never_disable: tuple[str, ...] = Field(
        (), description="userids whose accounts are never disabled, such as the administrators."
    )


class RobotSettings(_Group):
    """Group robots (消息推送) by which the service may write to groups that no app made."""

    keys: dict[str, Secret] = Field(
        default_factory=dict, description="The robot's key by the chatid of its group."
    )


ReportedEvent = Literal[
    "violation.recorded", "violation.confirmed", "violation.dismissed", "violation.reopened"
]


class SiemSettings(_Group):
    """A receiver of signed reports (Standard Webhooks), such as a SIEM."""

    url: ApiAddress | None = Field(None, description="Address that reports are posted to.")
    secrets: tuple[WebhookSecret, ...] = Field(
        (), description="`whsec_…`; reports are signed with each, so that one can be replaced."
    )
    events: tuple[ReportedEvent, ...] = Field(
        get_args(ReportedEvent), description="What is reported; everything if unset."
    )
    timeout: timedelta = Field(timedelta(seconds=10), description="Longest wait for its answer.")


class InterceptionSettings(_Group):
    """WeCom's own 聊天敏感词 rules for chats with customers, filled from the rulebook."""

    app: str = Field("", description="Name of an app in 客户联系 → 可调用接口的应用; none: off.")
    users: tuple[str, ...] = Field((), description="userids whose chats are watched.")
    departments: tuple[int, ...] = Field((), description="Ids of departments likewise.")
    categories: tuple[str, ...] = Field((), description="Only rules of these; all if none.")
    least_severity: Literal["low", "medium", "high", "critical"] = Field(
        "high", description="Only rules at least as grave."
    )
    block: bool = Field(True, description="Block the message; false: warn its sender only.")
    prefix: str = Field(
        "mod-",
        pattern=r"^\S{2,8}$",
        description="How names of our rules begin; others are not touched.",
    )
    most_rules: int = Field(50, ge=1, le=100, description="Of WeCom's 100, how many may be ours.")


class AlarmSettings(_Group):
    """When a rule that hits far more than usual is held up until somebody looks."""

    enabled: bool = Field(True, description="Compare hit rates with the past and raise alarms.")
    every: timedelta = Field(
        timedelta(seconds=10),
        ge=timedelta(seconds=1),
        description="How often counts are kept and compared.",
    )
    history_days: int = Field(28, ge=1, le=60, description="Days that make a rule's usual rate.")
    significance: float = Field(
        0.001, gt=0, lt=1, description="Chance of a false alarm among all rules, by chance alone."
    )
    least_hits: int = Field(10, ge=2, description="Fewer people hit within two hours: no alarm.")
    least_messages: int = Field(
        1000, ge=1, description="Fewer messages in the history: no alarm, it says too little."
    )
    least_ratio: float = Field(3.0, gt=1, description="Times the usual rate below which is none.")


class SilenceSettings(_Group):
    """When an app that hears nothing any more is an incident."""

    enabled: bool = Field(True, description="Learn when people write and tell of a silence.")
    every: timedelta = Field(
        timedelta(minutes=1),
        ge=timedelta(seconds=1),
        description="How often counts are kept and silences judged.",
    )
    weeks: int = Field(8, ge=1, le=26, description="Weeks that make the usual of an hour.")
    chance: float = Field(
        1e-4, gt=0, lt=0.5, description="A silence less likely than this is unusual."
    )
    least: timedelta = Field(
        timedelta(minutes=15), description="A shorter silence is never unusual."
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
        env_prefix=_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    spool: SpoolSettings = SpoolSettings()
    evidence: EvidenceSettings
    rules: RulesSettings = RulesSettings()
    wecom: WeComSettings
    compliance: ComplianceSettings
    api: ApiSettings = ApiSettings()
    enforcement: EnforcementSettings = EnforcementSettings()
    robots: RobotSettings = RobotSettings()
    siem: SiemSettings = SiemSettings()
    interception: InterceptionSettings = InterceptionSettings()
    alarms: AlarmSettings = AlarmSettings()
    silence: SilenceSettings = SilenceSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the arguments only: `build_settings` has put the environment over the file."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


class _NotJson(str):
    """What stands in a variable that should hold JSON."""

    __slots__ = ()


class _Variables(EnvSettingsSource):
    """The environment's values; one that cannot be read does not hide the faults of others.

    `unreadable` has a sentence for each file that a variable names in vain.
    """

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings)
        self.unreadable: list[str] = []
        self.env_vars = self._with_files(self.env_vars)

    def _with_files(self, variables: Mapping[str, str | None]) -> dict[str, str | None]:
        plain = {name: value for name, value in variables.items() if not _names_a_file(name)}
        for name in variables.keys() - plain.keys():
            meant = name.removesuffix(_IN_A_FILE)
            if meant in plain:
                self.unreadable.append(f"{name.upper()}: {meant.upper()} is set too")
            else:
                plain[meant] = self._content(name, variables[name] or "")
        return plain

    def _content(self, name: str, path: str) -> str:
        try:
            return Path(path).read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            self.unreadable.append(f"{name.upper()}: cannot be read: {type(error).__name__}")
            return ""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return _NotJson(value)


def load_settings(config: Path | None) -> Settings:
    """Read the file and the environment; raises `SettingsError` with every fault at once."""
    return build_settings(_read(config))


def build_settings(values: Mapping[str, Any]) -> Settings:
    """Check `values` and the environment; raises `SettingsError` with every fault at once."""
    required: dict[str, Any] = {"evidence": {}, "wecom": {}, "compliance": {}}
    # What is missing is named in full only where the group exists.
    variables = _Variables(Settings)
    found = _merged(required | dict(values), variables())
    faults = [*variables.unreadable, *_unknown_variables(os.environ), *_disagreements(found)]
    try:
        settings = Settings(**found)
    except ValidationError as error:
        faults = [*map(_fault, error.errors()), *faults]
    else:
        if not faults:
            return settings
    raise SettingsError(tuple(faults))  # pydantic's own text would show the values


def _merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with those of `over` in their place, level by level."""
    merged = dict(values)
    for name, value in over.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(before, value) if both else value  # type: ignore[arg-type]
    return merged


def _unknown_variables(variables: Mapping[str, str]) -> Iterator[str]:
    """Variables that look like settings and are none; pydantic knows those inside a group."""
    for name, value in sorted(variables.items()):
        group = name.lower().removeprefix(_PREFIX.lower()).partition("__")[0]
        group = group.removesuffix(_IN_A_FILE)
        ours = name.upper().startswith(_PREFIX) and name != _FILE
        if ours and group not in Settings.model_fields and not _announces(name, value):
            yield f"{name}: there is no such setting (between levels stand two underscores)"


def _names_a_file(name: str) -> bool:
    return name.startswith(_PREFIX.lower()) and name.endswith(_IN_A_FILE)


def _announces(name: str, value: str) -> bool:
    return bool(_SERVICE_LINK.fullmatch(f"{name}={value}"))


def _disagreements(found: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong between settings, whatever else is wrong with them."""
    compliance, wecom = found["compliance"], found["wecom"]
    if not isinstance(compliance, Mapping):
        return
    if not compliance.get("chat") and not compliance.get("users"):
        yield _sentence(("compliance",), "needs a chat or at least one user")
    app, apps = compliance.get("app"), wecom.get("apps") if isinstance(wecom, Mapping) else None
    if isinstance(app, str) and isinstance(apps, Mapping) and app not in apps:
        yield _sentence(("compliance", "app"), f"names no app of wecom.apps: {app}")
    siem = found.get("siem")
    if isinstance(siem, Mapping) and siem.get("url") and not siem.get("secrets"):
        yield _sentence(("siem", "secrets"), "needs a secret to sign with")


def _read(config: Path | None) -> dict[str, Any]:
    path = config or (Path(named) if (named := os.environ.get(_FILE)) else None)
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path}: cannot be read: {error}",)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError((f"{path}: {error}",)) from error


def _fault(error: ErrorDetails) -> str:
    if isinstance(error["input"], _NotJson):
        return _sentence(error["loc"], "the variable holds no JSON")
    return _sentence(error["loc"], error["msg"].removeprefix("Value error, "))


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in location)
    variable = _PREFIX + "__".join(str(part).upper() for part in location)
    return f"{name} ({variable}): {message}"
