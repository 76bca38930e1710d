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

    async def receive(self, envelope: Envelope, delivery: Delivery) -> Outcome:
        """Return once the delivery is safe.

        Raises `EnvelopeError` for what is forged or malformed and `LedgerError` when what must be
        kept cannot be.
        """
        plain = self._open(envelope, delivery)
        report = Report(delivery.app)
        began = time.perf_counter()
        try:
            await self._settle(plain, delivery, report)
        except LedgerError as error:
            report.failure = type(error).__name__
            raise
        finally:
            report.seconds = time.perf_counter() - began
            self._count(report)
        return report.outcome

    async def replay(self, delivery: Delivery) -> Outcome:
        """Process a kept delivery again; raises whatever stands in its way."""
        envelope = self._envelopes[delivery.app]
        report = Report(delivery.app)
        await self._process(self._open(envelope, delivery), report)
        self._count(report)
        return report.outcome

    def _open(self, envelope: Envelope, delivery: Delivery) -> bytes:
        return envelope.open(
            delivery.body,
            signature=delivery.signature,
            timestamp=delivery.timestamp,
            nonce=delivery.nonce,
        )

    async def _settle(self, plain: bytes, delivery: Delivery, report: Report) -> None:
        try:
            await self._process(plain, report)
        except SpoolUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a bug or a poison message must not lose it
            await self._keep(delivery, plain, report, error)

    async def _process(self, plain: bytes, report: Report) -> None:
        content = report.content = events.read(
            plain, app=report.app, corp=self._corp, own=self._own
        )
        if content.key in self._recent:
            report.outcome = Outcome.DUPLICATE
        elif isinstance(content, Message):
            report.moderated = await self._pipeline.moderate(content)
            report.outcome = report.moderated.outcome
        elif isinstance(content, Ignored):
            report.outcome = Outcome.IGNORED
        else:
            await self._apply(content)
            report.outcome = Outcome.APPLIED
        self._recent.add(content.key)

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
