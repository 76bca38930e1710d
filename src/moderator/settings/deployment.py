"""All settings together."""

from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from moderator.settings.access import (
    ApiSettings,
    ConsoleSettings,
    EvidenceSettings,
    OidcSettings,
    WeComLoginSettings,
)
from moderator.settings.company import (
    ComplianceSettings,
    InterceptionSettings,
    RobotSettings,
    WeComSettings,
)
from moderator.settings.enforcement import EnforcementSettings, SiemSettings
from moderator.settings.serving import (
    DatabaseSettings,
    LogSettings,
    RulesSettings,
    ServerSettings,
    SpoolSettings,
)
from moderator.settings.watching import AlarmSettings, SilenceSettings, TelemetrySettings

PREFIX = "MODERATOR_"


class Settings(BaseSettings):
    """All settings of one deployment; build it with `load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    spool: SpoolSettings = SpoolSettings()
    evidence: EvidenceSettings
    rules: RulesSettings = RulesSettings()
    wecom: WeComSettings
    compliance: ComplianceSettings
    api: ApiSettings = ApiSettings()
    console: ConsoleSettings = ConsoleSettings()
    oidc: OidcSettings = OidcSettings()
    wecom_login: WeComLoginSettings = WeComLoginSettings()
    enforcement: EnforcementSettings = EnforcementSettings()
    robots: RobotSettings = RobotSettings()
    siem: SiemSettings = SiemSettings()
    interception: InterceptionSettings = InterceptionSettings()
    alarms: AlarmSettings = AlarmSettings()
    silence: SilenceSettings = SilenceSettings()
    log: LogSettings = LogSettings()
    telemetry: TelemetrySettings = TelemetrySettings()

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
