"""Everything a deployment decides.

Settings come from one TOML file (`--config` or `MODERATOR_CONFIG`) and from environment variables
`MODERATOR_…` (`__` between levels), which win over the file.  `MODERATOR_…_FILE` names a file that
holds the value, as container images do it: a secret that is mounted stands in no environment, which
everybody who may inspect the container can read.
They are read by the entry point, never at import, and handed down in slices.
"""

from moderator.settings.access import (
    ApiSettings,
    ConsoleSettings,
    EvidenceSettings,
    OidcSettings,
    WeComLoginSettings,
)
from moderator.settings.company import (
    AppSettings,
    ComplianceSettings,
    InterceptionSettings,
    RobotSettings,
    WeComSettings,
)
from moderator.settings.deployment import (
    Settings,
)
from moderator.settings.enforcement import (
    EnforcementSettings,
    ReportedEvent,
    SiemSettings,
)
from moderator.settings.loading import (
    build_settings,
    load_settings,
)
from moderator.settings.serving import (
    DatabaseSettings,
    LogSettings,
    RulesSettings,
    ServerSettings,
    SpoolSettings,
)
from moderator.settings.values import (
    BearerToken,
)
from moderator.settings.watching import (
    AlarmSettings,
    SilenceSettings,
    TelemetrySettings,
)

__all__ = [
    "AlarmSettings",
    "ApiSettings",
    "AppSettings",
    "BearerToken",
    "ComplianceSettings",
    "ConsoleSettings",
    "DatabaseSettings",
    "EnforcementSettings",
    "EvidenceSettings",
    "InterceptionSettings",
    "LogSettings",
    "OidcSettings",
    "ReportedEvent",
    "RobotSettings",
    "RulesSettings",
    "ServerSettings",
    "Settings",
    "SiemSettings",
    "SilenceSettings",
    "SpoolSettings",
    "TelemetrySettings",
    "WeComLoginSettings",
    "WeComSettings",
    "build_settings",
    "load_settings",
]
