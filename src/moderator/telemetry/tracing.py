"""Traces, where somebody collects them; otherwise nothing of it is loaded, built or asked.

The parts that are traced have a subclass each (`traced.py` beside them), and only a service with a
tracer is built of those.
"""

import os
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Final, Protocol

from moderator.errors import SettingsError
from moderator.settings import TelemetrySettings

# What the OpenTelemetry specification ("OTLP Exporter Configuration") calls them.
_STANDARD: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


class Span(Protocol):
    """Something that takes time; what is told of it are kinds, numbers and states, never texts."""

    def tell(self, **attributes: str | int) -> None: ...


class Tracer(Protocol):
    """Begins spans; those within others are their children."""

    def span(
        self, name: str, *, role: str = "internal", **attributes: str | int
    ) -> AbstractContextManager[Span]:
        """`role` is `server` for what others ask of us, `client` for what we ask of others."""

    def close(self) -> None:
        """Send what waits; gives up after a few seconds, and is never to be awaited in a loop."""


def tracer_of(settings: TelemetrySettings, *, version: str) -> Tracer | None:
    """The tracer, if an endpoint is configured here or in OpenTelemetry's own variables.

    Raises `SettingsError` where the extra `otel` is not installed.
    """
    endpoint = str(settings.otlp_endpoint) if settings.otlp_endpoint else None
    if endpoint is None and not any(os.environ.get(name) for name in _STANDARD):
        return None
    try:
        otlp = import_module("moderator.telemetry.otlp")
    except ModuleNotFoundError as error:
        told = f"telemetry.otlp_endpoint: {error.name} is missing; install wecom-moderator[otel]"
        raise SettingsError((told,)) from None
    tracer: Tracer = otlp.Otlp(endpoint, ratio=settings.traces_ratio, version=version)
    return tracer
