"""Spans by OpenTelemetry, sent as OTLP over HTTP from a thread of their own.

So many may wait for the collector; while it is slow or away no further traces are begun, and nobody
waits for it.
"""

import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import Token
from threading import Thread
from types import TracebackType
from typing import Any, Final, Self

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExportResult
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, StatusCode

MOST_WAITING: Final = 2048  # spans; traces that were begun before are still let in
_ROOM: Final = 2 * MOST_WAITING
_PATIENCE: Final = 2.0  # seconds for one request to the collector
_FAREWELL: Final = 3.0  # seconds for everything that waits at the end
_ROLES: Final[Mapping[str, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "client": SpanKind.CLIENT,
}
# Stands for a trace that is not sent, so that what happens within it begins none of its own.
_LEFT_OUT: Final = NonRecordingSpan(SpanContext(trace_id=1, span_id=1, is_remote=False))


class OtlpSpan:
    """A span of OpenTelemetry, current from its begin to its end."""

    __slots__ = ("_attributes", "_span", "_token")

    def __init__(self, span: trace.Span, attributes: Mapping[str, str | int]) -> None:
        self._span = span
        self._attributes = attributes

    def __enter__(self) -> Self:
        self._token: Token[Any] = context.attach(trace.set_span_in_context(self._span))
        self.tell(**self._attributes)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_: TracebackType | None,
    ) -> None:
        # An exception's words may repeat what somebody wrote: of it only the kind is told.
        if kind is not None:
            self._span.set_attribute("error.type", kind.__name__)
            self._span.set_status(StatusCode.ERROR)
        context.detach(self._token)
        self._span.end()

    def tell(self, **attributes: str | int) -> None:
        if self._span.is_recording():
            for name, value in attributes.items():
                self._span.set_attribute(f"moderator.{name}", value)


_NOTHING: Final = nullcontext(OtlpSpan(_LEFT_OUT, {}))


class _Exporter(OTLPSpanExporter):
    """Counts what was sent, or given up."""

    def __init__(self, endpoint: str | None) -> None:
        super().__init__(endpoint=endpoint, timeout=_PATIENCE)
        self.sent = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            return super().export(spans)
        finally:
            self.sent += len(spans)


class Otlp:
    """Begins spans and sends those that have ended."""

    def __init__(self, endpoint: str | None, *, ratio: float, version: str) -> None:
        """`endpoint` without the path; None for that of the environment.  `ratio` of the traces."""
        self._ratio = ratio
        self._begun = 0  # counted here and `sent` in the other thread: neither is written by two
        self._exporter = _Exporter(f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None)
        self._provider = TracerProvider(
            resource=Resource.create({SERVICE_NAME: "moderator", SERVICE_VERSION: version}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(self._exporter, max_queue_size=_ROOM, schedule_delay_millis=1000)
        )
        self._tracer = self._provider.get_tracer("moderator", version)

    @property
    def waiting(self) -> int:
        """How many spans have begun and are not sent yet."""
        return self._begun - self._exporter.sent

    def span(
        self, name: str, *, role: str = "internal", **attributes: str | int
    ) -> AbstractContextManager[OtlpSpan]:
        within = trace.get_current_span()
        if within is trace.INVALID_SPAN:
            if self.waiting >= MOST_WAITING or random.random() >= self._ratio:  # noqa: S311
                return OtlpSpan(_LEFT_OUT, {})
        elif not within.is_recording():
            return _NOTHING
        begun = self._tracer.start_span(name, kind=_ROLES[role])
        if begun.is_recording():
            self._begun += 1
        return OtlpSpan(begun, attributes)

    def close(self) -> None:
        # The library waits for half a minute; a thread that is left behind ends with the process.
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(_FAREWELL)
