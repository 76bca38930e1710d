"""What is unusual enough to be an alarm."""

from datetime import timedelta

from pydantic import Field, HttpUrl

from moderator.settings.values import Group


class AlarmSettings(Group):
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


class SilenceSettings(Group):
    """When an app that receives nothing is an incident."""

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


class TelemetrySettings(Group):
    """Where traces go."""

    otlp_endpoint: HttpUrl | None = Field(
        None,
        description="OpenTelemetry collector (OTLP over HTTP), such as `http://127.0.0.1:4318`; "
        "unset: OTEL_EXPORTER_OTLP_ENDPOINT, or else no traces.",
    )
    traces_ratio: float = Field(1.0, gt=0, le=1, description="Share of traces that are sent.")
