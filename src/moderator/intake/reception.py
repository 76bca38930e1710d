"""From an envelope to an outcome; nothing is lost on the way.

A callback that was opened is genuine: whatever goes wrong after that keeps its encrypted payload
for replay.  Only where neither PostgreSQL nor the spool keeps it the caller has to try again.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from moderator.domain.cards import CardAnswer
from moderator.domain.message import Ignored, Message
from moderator.domain.people import ContactChange
from moderator.errors import LedgerError, SpoolUnavailable
from moderator.intake.recent import RecentKeys
from moderator.ledger.recording.keeping import FailedDelivery, Keeper
from moderator.pipeline import Moderated, Outcome, Pipeline
from moderator.telemetry.metrics import Metrics
from moderator.wecom import events
from moderator.wecom.envelope import Envelope

_FOUND: Final = frozenset({Outcome.VIOLATION, Outcome.SPOOLED})


class Delivery(NamedTuple):
    """A callback as it came over the wire; `body` is still encrypted."""

    app: str
    body: bytes
    signature: str
    timestamp: str
    nonce: str


@dataclass(slots=True)
class Report:
    """What is told of one delivery: in the log as one wide event, and in the metrics."""

    app: str
    outcome: Outcome = Outcome.UNKEPT
    content: Message | Ignored | ContactChange | CardAnswer | None = None
    moderated: Moderated | None = None
    failure: str = ""
    seconds: float = 0.0


class Reception:
    """Opens, reads and moderates deliveries for all apps of one corp."""

    def __init__(
        self,
        *,
        corp: str,
        envelopes: Mapping[str, Envelope],
        pipeline: Pipeline,
        keeper: Keeper,
        metrics: Metrics,
        tell: Callable[[Report], None],
        apply: Callable[[ContactChange | CardAnswer], Awaitable[None]],
        own: Collection[str] = (),
    ) -> None:
        """`apply` does what an event calls for; `own` as in `events.read`."""
        self._corp = corp
        self._envelopes = envelopes
        self._pipeline = pipeline
        self._keeper = keeper
        self._metrics = metrics
        self._tell = tell
        self._apply = apply
        self._own = frozenset(userid.lower() for userid in own)
        self._recent = RecentKeys()

    def envelope(self, app: str) -> Envelope | None:
        return self._envelopes.get(app)

    def take(self, envelope: Envelope, delivery: Delivery) -> Outcome | Awaitable[Outcome]:
        """How a delivery ends: at once, or to be awaited where there is something to keep.

        Once the outcome is there, the delivery is safe.  Raises `EnvelopeError` for what is forged
        or malformed; awaiting raises `LedgerError` when what must be kept cannot be.
        """
        plain = self._open(envelope, delivery)
        report = Report(delivery.app)
        began = time.perf_counter()
        try:
            rest = self._begin(plain, report)
        except Exception as error:  # noqa: BLE001 - a bug or a poison message must not lose it
            rest = _raising(error)
        if rest is not None:
            return self.finish(rest, delivery, plain, report, began)
        report.seconds = time.perf_counter() - began
        self._count(report)
        return report.outcome

    async def finish(
        self,
        rest: Awaitable[None],
        delivery: Delivery,
        plain: bytes,
        report: Report,
        began: float,
    ) -> Outcome:
        """Return once it is safe what `take` has begun."""
        try:
            await self._settle(rest, delivery, plain, report)
        except LedgerError as error:
            report.failure = type(error).__name__
            raise
        finally:
            report.seconds = time.perf_counter() - began
            self._count(report)
        return report.outcome

    async def replay(self, delivery: Delivery) -> Outcome:
        """Process a kept delivery again; raises whatever stands in its way."""
        report = Report(delivery.app)
        rest = self._begin(self._open(self._envelopes[delivery.app], delivery), report)
        if rest is not None:
            await rest
        self._count(report)
        return report.outcome

    def _open(self, envelope: Envelope, delivery: Delivery) -> bytes:
        return envelope.open(
            delivery.body,
            signature=delivery.signature,
            timestamp=delivery.timestamp,
            nonce=delivery.nonce,
        )

    def _begin(self, plain: bytes, report: Report) -> Awaitable[None] | None:
        """Do what can be done at once, and return what is left."""
        content = report.content = events.read(
            plain, app=report.app, corp=self._corp, own=self._own
        )
        if content.key in self._recent:
            report.outcome = Outcome.DUPLICATE
        elif isinstance(content, Message):
            moderated = self._pipeline.moderate(content)
            if not isinstance(moderated, Moderated):
                return self._recorded(moderated, content, report)
            report.moderated, report.outcome = moderated, moderated.outcome
        elif isinstance(content, Ignored):
            report.outcome = Outcome.IGNORED
        else:
            return self._applied(content, report)
        self._recent.add(content.key)
        return None

    async def _recorded(
        self, moderated: Awaitable[Moderated], message: Message, report: Report
    ) -> None:
        report.moderated = await moderated
        report.outcome = report.moderated.outcome
        self._recent.add(message.key)

    async def _applied(self, told: ContactChange | CardAnswer, report: Report) -> None:
        await self._apply(told)
        report.outcome = Outcome.APPLIED
        self._recent.add(told.key)

    async def _settle(
        self, rest: Awaitable[None], delivery: Delivery, plain: bytes, report: Report
    ) -> None:
        try:
            await rest
        except SpoolUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - likewise
            await self._keep(delivery, plain, report, error)

    async def _keep(
        self, delivery: Delivery, plain: bytes, report: Report, error: Exception
    ) -> None:
        report.failure = type(error).__name__
        await self._keeper.fail(
            FailedDelivery(
                app=delivery.app,
                key=hashlib.sha256(plain).hexdigest(),
                body=delivery.body,
                signature=delivery.signature,
                timestamp=delivery.timestamp,
                nonce=delivery.nonce,
                reason=report.failure,
            )
        )
        report.outcome = Outcome.FAILED

    def _count(self, report: Report) -> None:
        self._metrics.count_message(report.outcome)
        found = report.outcome in _FOUND
        if found and report.moderated and report.moderated.finding:
            for hit in report.moderated.finding.hits:
                self._metrics.hits.labels(category=hit.category, rule=hit.rule).inc()
        self._tell(report)


async def _raising(error: Exception) -> None:
    raise error
