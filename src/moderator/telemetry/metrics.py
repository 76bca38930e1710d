"""Everything that is counted, in one registry that is handed down, never global.

Labels take their values from closed sets only: names in the settings, HTTP statuses, enums, rule
ids, API paths and WeCom's own error codes.  People, chats and messages are never labels.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from moderator.domain.decision import ActionState
from moderator.telemetry.stream import Stream

EXPOSITION_TYPE: Final = CONTENT_TYPE_LATEST

# WeCom hangs up after 5 s, and a healthy answer takes 1–20 ms.
_CALLBACK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
# From the decision to its end: mostly one API call, at worst a day of waiting.
_ACTION_BUCKETS = (0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)


class MetricKind(StrEnum):
    """Prometheus' word for what a number is."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the metrics table; counters are exposed under exactly this `name`."""

    name: str
    kind: MetricKind
    labels: tuple[str, ...]
    help: str


CALLBACKS: Final = Metric(
    "moderator_callbacks_total",
    MetricKind.COUNTER,
    ("app", "status"),
    "Callbacks answered, by app (`unknown` where the address names none) and HTTP status.",
)
CALLBACK_SECONDS: Final = Metric(
    "moderator_callback_seconds",
    MetricKind.HISTOGRAM,
    ("app",),
    "Seconds from the arrival of a callback to its answer.",
)
MESSAGES: Final = Metric(
    "moderator_messages_total",
    MetricKind.COUNTER,
    ("outcome",),
    "Messages, by outcome: clean, violation, spooled (safe on this machine, not in PostgreSQL), "
    "duplicate, ignored, "
    "applied (a change of the directory), failed (kept for replay), unkept.",
)
HITS: Final = Metric(
    "moderator_hits_total",
    MetricKind.COUNTER,
    ("category", "rule"),
    "Hits recorded, by category and rule.",
)
ACTIONS: Final = Metric(
    "moderator_actions_total",
    MetricKind.COUNTER,
    ("kind", "state"),
    "Actions that the worker brought to a state, by kind.",
)
ACTION_POSTPONEMENTS: Final = Metric(
    "moderator_action_postponements_total",
    MetricKind.COUNTER,
    ("kind", "errcode"),
    "Actions put off for another try, by kind and errcode (-2: WeCom unreachable, -3: a fault "
    "of the service, empty: not tried, WeCom shows one receiver only so many messages).",
)
ACTION_SECONDS: Final = Metric(
    "moderator_action_seconds",
    MetricKind.HISTOGRAM,
    ("kind",),
    "Seconds from the decision to the end of an action.",
)
WECOM_CALLS: Final = Metric(
    "moderator_wecom_calls_total",
    MetricKind.COUNTER,
    ("path", "errcode"),
    "Calls of the WeCom API, by path and errcode (0: success, -2: unreachable).",
)
WECOM_HOLDS: Final = Metric(
    "moderator_wecom_holds_total",
    MetricKind.COUNTER,
    ("family", "cause"),
    "Calls not made for now, by family and cause: paused (WeCom refuses the app), breaker (it does "
    "not answer), full (a limit is reached), blocked (it refused more with 45009).",
)
BREAKER_OPEN: Final = Metric(
    "moderator_wecom_breaker_open",
    MetricKind.GAUGE,
    ("family",),
    "1 while this process leaves a family of calls alone because WeCom does not answer them.",
)
PAUSES: Final = Metric(
    "moderator_wecom_pauses",
    MetricKind.GAUGE,
    ("app", "errcode"),
    "Pauses of an app, or of single calls of it, as the worker last saw them: a person should act.",
)
OUTBOX: Final = Metric(
    "moderator_outbox_actions",
    MetricKind.GAUGE,
    ("state",),
    "Actions in the outbox by state, as the worker last saw them.",
)
OUTBOX_OLDEST: Final = Metric(
    "moderator_outbox_oldest_seconds",
    MetricKind.GAUGE,
    (),
    "Age of the oldest action that waits to be carried out; 0 where none does.",
)
RULEBOOK: Final = Metric(
    "moderator_rulebook",
    MetricKind.GAUGE,
    ("hash",),
    "1 for the rulebook in use.",
)
RULEBOOK_LOADED: Final = Metric(
    "moderator_rulebook_loaded_timestamp_seconds",
    MetricKind.GAUGE,
    (),
    "When the rulebook in use was loaded, in seconds since 1970.",
)
RULEBOOK_RULES: Final = Metric(
    "moderator_rulebook_rules", MetricKind.GAUGE, (), "Rules in the rulebook in use."
)
RULEBOOK_FAULTS: Final = Metric(
    "moderator_rulebook_faults",
    MetricKind.GAUGE,
    (),
    "Faults in the rule files as last read; what is faulty is not in use.",
)
SPOOL_ROWS: Final = Metric(
    "moderator_spool_rows",
    MetricKind.GAUGE,
    ("state",),
    "What is kept on this machine until PostgreSQL is back: waiting, or refused by it.",
)
SPOOL_BYTES: Final = Metric(
    "moderator_spool_bytes", MetricKind.GAUGE, (), "Bytes of the spool that are in use."
)
SPOOL_LIMIT: Final = Metric(
    "moderator_spool_limit_bytes", MetricKind.GAUGE, (), "Bytes that the spool may have."
)
RULE_ALARMS: Final = Metric(
    "moderator_rule_alarms",
    MetricKind.GAUGE,
    (),
    "Rules held up by an alarm that nobody cleared yet.",
)
RULE_ALARMS_RAISED: Final = Metric(
    "moderator_rule_alarms_raised_total",
    MetricKind.COUNTER,
    ("rule",),
    "Alarms raised because a rule hit far more than usual.",
)
RULEBOOK_RELOADS: Final = Metric(
    "moderator_rulebook_reloads_total",
    MetricKind.COUNTER,
    ("result",),
    "Readings of the rule files, by result: applied, faulty (what is faulty is not in use).",
)
TOKEN_FETCHED: Final = Metric(
    "moderator_wecom_token_fetched_timestamp_seconds",
    MetricKind.GAUGE,
    ("app",),
    "When an app's access token was fetched, in seconds since 1970; WeCom's last two hours.",
)
LAST_MESSAGE: Final = Metric(
    "moderator_last_message_timestamp_seconds",
    MetricKind.GAUGE,
    ("app",),
    "When somebody last wrote to an app, in seconds since 1970; canaries do not count.",
)
UNUSUAL_SILENCE: Final = Metric(
    "moderator_unusual_silence_seconds",
    MetricKind.GAUGE,
    ("app",),
    "How long a silence of an app would be unusual now; +Inf where none would be (yet).",
)
SILENT: Final = Metric(
    "moderator_silent",
    MetricKind.GAUGE,
    ("app",),
    "1 while an app has been silent for unusually long.",
)
WORKER_FAULTS: Final = Metric(
    "moderator_worker_faults_total",
    MetricKind.COUNTER,
    (),
    "Times the worker could not look for work, because the ledger was away.",
)
BUILD: Final = Metric(
    "moderator_build_info", MetricKind.GAUGE, ("version",), "1 for the version that runs."
)

METRICS: Final = (
    CALLBACKS,
    CALLBACK_SECONDS,
    MESSAGES,
    HITS,
    ACTIONS,
    ACTION_POSTPONEMENTS,
    ACTION_SECONDS,
    WECOM_CALLS,
    WECOM_HOLDS,
    BREAKER_OPEN,
    PAUSES,
    OUTBOX,
    OUTBOX_OLDEST,
    RULEBOOK,
    RULEBOOK_LOADED,
    RULEBOOK_RULES,
    RULEBOOK_FAULTS,
    RULEBOOK_RELOADS,
    SPOOL_ROWS,
    SPOOL_BYTES,
    SPOOL_LIMIT,
    RULE_ALARMS,
    RULE_ALARMS_RAISED,
    TOKEN_FETCHED,
    LAST_MESSAGE,
    UNUSUAL_SILENCE,
    SILENT,
    WORKER_FAULTS,
    BUILD,
)

# As `pipeline.Outcome` has them.
OUTCOMES: Final = (
    *("clean", "violation", "spooled", "duplicate"),
    *("ignored", "applied", "failed", "unkept"),
)


class Metrics:
    """All of `METRICS` as live numbers; one object per process, safe from any thread."""

    def __init__(self, *, version: str = "") -> None:
        """Several processes add up where `moderator serve` has given them a folder for it."""
        self.registry = CollectorRegistry()
        self._shared = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
        self._stream = Stream(shared=bool(self._shared))
        self.registry.register(self._stream)
        if not self._shared:
            ProcessCollector(registry=self.registry)
        self.callbacks = self._counter(CALLBACKS)
        self.callback_seconds = self._histogram(CALLBACK_SECONDS, _CALLBACK_BUCKETS)
        self.messages = self._counter(MESSAGES)
        self.hits = self._counter(HITS)
        self.actions = self._counter(ACTIONS)
        self.action_postponements = self._counter(ACTION_POSTPONEMENTS)
        self.action_seconds = self._histogram(ACTION_SECONDS, _ACTION_BUCKETS)
        self.wecom_calls = self._counter(WECOM_CALLS)
        self.wecom_holds = self._counter(WECOM_HOLDS)
        self.breaker_open = self._gauge(BREAKER_OPEN)
        self.pauses = self._gauge(PAUSES)
        self.outbox = self._gauge(OUTBOX)
        self.outbox_oldest = self._gauge(OUTBOX_OLDEST)
        self.rulebook = self._gauge(RULEBOOK)
        self.rulebook_loaded = self._gauge(RULEBOOK_LOADED)
        self.rulebook_rules = self._gauge(RULEBOOK_RULES)
        self.rulebook_faults = self._gauge(RULEBOOK_FAULTS)
        self.spool_rows = self._gauge(SPOOL_ROWS)
        self.spool_bytes = self._gauge(SPOOL_BYTES)
        self.spool_limit = self._gauge(SPOOL_LIMIT)
        self.rule_alarms = self._gauge(RULE_ALARMS)
        self.rule_alarms_raised = self._counter(RULE_ALARMS_RAISED)
        self.rulebook_reloads = self._counter(RULEBOOK_RELOADS)
        self.token_fetched = self._gauge(TOKEN_FETCHED)
        self.last_message = self._gauge(LAST_MESSAGE)
        self.unusual_silence = self._gauge(UNUSUAL_SILENCE)
        self.silent = self._gauge(SILENT)
        self.worker_faults = self._counter(WORKER_FAULTS)
        self.build = self._gauge(BUILD)
        self.build.labels(version).set(1)
        self._rulebooks: set[str] = set()
        self._pauses: set[tuple[str, int]] = set()
        self._stream.feed(self.callbacks, self.callback_seconds, self.messages)
        for outcome in OUTCOMES:  # a series that begins with its first event has no increase
            self.messages.labels(outcome)

    def count_callback(self, app: str, status: int, seconds: float) -> None:
        """Count one answered callback; `app` is a name in the settings or `unknown`."""
        self._stream.count_callback(app, status, seconds)

    def count_message(self, outcome: str) -> None:
        self._stream.count_message(outcome)

    def use_rulebook(self, hash_: str, *, rules: int, faults: int) -> None:
        """Show `hash_` as the only rulebook in use, loaded now."""
        for labels in self._rulebooks:
            self.rulebook.labels(labels).set(0)  # other processes may still show it
        self._rulebooks = {hash_}
        self._clear(self.rulebook)
        self.rulebook.labels(hash_).set(1)
        self.rulebook_loaded.set_to_current_time()
        self.rulebook_rules.set(rules)
        self.rulebook_faults.set(faults)

    def count_reload(self, *, faulty: bool) -> None:
        """Count a reading of rule files that had changed."""
        self.rulebook_reloads.labels("faulty" if faulty else "applied").inc()

    def show_outbox(self, counts: Mapping[ActionState, int], *, oldest_seconds: float) -> None:
        """Show the outbox as it is; states that are not in `counts` are empty."""
        for state in ActionState:
            self.outbox.labels(state.value).set(counts.get(state, 0))
        self.outbox_oldest.set(oldest_seconds)

    def show_spool(self, *, waiting: int, refused: int, used: int, limit: int) -> None:
        """Show how full the spool is, in rows and bytes."""
        self.spool_rows.labels("waiting").set(waiting)
        self.spool_rows.labels("refused").set(refused)
        self.spool_bytes.set(used)
        self.spool_limit.set(limit)

    def count_wecom_call(self, path: str, errcode: int) -> None:
        """Count what `WeComClient` reports of each call; -2 for an unreachable API."""
        self.wecom_calls.labels(path, str(errcode)).inc()

    def count_hold(self, family: str, cause: str) -> None:
        """Count a call that was not made for now; causes as in the table."""
        self.wecom_holds.labels(family, cause).inc()

    def show_breaker(self, family: str, is_open: bool) -> None:  # noqa: FBT001 - a hook
        """Show whether calls of `family` are left alone."""
        self.breaker_open.labels(family).set(int(is_open))

    def show_pauses(self, pauses: Mapping[tuple[str, int], int]) -> None:
        """Show how many pauses stand, by app and errcode."""
        for app, errcode in self._pauses - pauses.keys():
            self.pauses.labels(app, str(errcode)).set(0)  # what is cleared, others show on
        self._clear(self.pauses)
        for (app, errcode), number in pauses.items():
            self.pauses.labels(app, str(errcode)).set(number)
        self._pauses = set(pauses)

    def show_token(self, app: str) -> None:
        """Show that a token of `app` was fetched just now."""
        self.token_fetched.labels(app).set_to_current_time()

    def show_silence(
        self, app: str, *, last: datetime | None, unusual: timedelta | None, is_unusual: bool
    ) -> None:
        """Show when `app` heard something last, and how long a silence would be unusual."""
        if last is not None:
            self.last_message.labels(app).set(last.timestamp())
        seconds = unusual.total_seconds() if unusual is not None else math.inf
        self.unusual_silence.labels(app).set(seconds)
        self.silent.labels(app).set(int(is_unusual))

    def exposition(self) -> bytes:
        """All numbers in Prometheus' text format (`EXPOSITION_TYPE`)."""
        if not self._shared:
            return generate_latest(self.registry)
        self._stream.settle()
        together = CollectorRegistry()
        MultiProcessCollector(together, path=self._shared)  # type: ignore[no-untyped-call]
        return generate_latest(together)

    def _clear(self, gauge: Gauge) -> None:
        if not self._shared:  # several processes have no such thing; zeros stay
            gauge.clear()

    def _counter(self, metric: Metric) -> Counter:
        return Counter(metric.name, metric.help, metric.labels, registry=self.registry)

    def _gauge(self, metric: Metric) -> Gauge:
        return Gauge(
            metric.name,
            metric.help,
            metric.labels,
            registry=self.registry,
            multiprocess_mode="livemostrecent",
        )

    def _histogram(self, metric: Metric, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(
            metric.name, metric.help, metric.labels, registry=self.registry, buckets=buckets
        )
