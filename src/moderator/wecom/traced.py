"""Calls of the WeCom API as spans."""

from collections.abc import Mapping
from typing import Any

from moderator.errors import WeComRefused
from moderator.telemetry.tracing import Tracer
from moderator.wecom.wire import Wire


class TracedWire(Wire):
    """A wire whose every call is a span; nothing of the query, which holds secrets, is recorded."""

    def __init__(self, tracer: Tracer, *parts: Any, **named: Any) -> None:
        """`parts` and `named` as `Wire` takes them."""
        super().__init__(*parts, **named)
        self._tracer = tracer

    async def call(
        self, path: str, query: Mapping[str, str], payload: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        with self._tracer.span("wecom", role="client", path=path) as span:
            try:
                answer = await super().call(path, query, payload)
            except WeComRefused as refusal:
                span.tell(errcode=refusal.code)
                raise
            span.tell(errcode=0)
        return answer
