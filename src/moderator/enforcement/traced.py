"""Actions as spans."""

from typing import Any

from moderator.enforcement.results import Result
from moderator.enforcement.sanctions import Sanctions
from moderator.ledger.records import ClaimedAction
from moderator.telemetry.tracing import Tracer


class TracedSanctions(Sanctions):
    """Sanctions whose every carrying out is a span, with the calls of WeCom within."""

    def __init__(self, tracer: Tracer, *parts: Any, **named: Any) -> None:
        """`parts` and `named` as `Sanctions` takes them."""
        super().__init__(*parts, **named)
        self._tracer = tracer

    async def carry_out(self, action: ClaimedAction) -> Result:
        beginning = self._tracer.span(
            "action",
            action=action.id,
            kind=action.kind.value,
            violation=action.violation.id,
            attempt=action.attempts,
        )
        with beginning as span:
            result = await super().carry_out(action)
            span.tell(state=result.state.value)
        return result
