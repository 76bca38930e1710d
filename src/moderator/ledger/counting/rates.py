"""How often rules hit, hour by hour; any number of processes add to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from moderator.ledger.database.engine import Engine, Prepared, Row
from moderator.policy.alarm import Counts

KEPT: Final = timedelta(days=60)

_ADD_MESSAGES: Final = Prepared(
    """
    INSERT INTO message_rates (hour, messages) VALUES ($1, $2)
    ON CONFLICT (hour) DO UPDATE SET messages = message_rates.messages + excluded.messages
    """,
    ("hour", "messages"),
    {},
)
# In one order everywhere, so that two processes do not wait for each other in a circle.
_ADD_HITS: Final = Prepared(
    """
    INSERT INTO rule_rates (rule, hour, hits)
    SELECT rule, $1, hits FROM unnest($2::text[], $3::bigint[]) AS added(rule, hits) ORDER BY rule
    ON CONFLICT (rule, hour) DO UPDATE SET hits = rule_rates.hits + excluded.hits
    """,
    ("hour", "rules", "hits"),
    {},
)
# Whoever cleared an alarm has looked at what raised it: that is the rule's history from then on,
# and what came before it no longer is.
_COMPARE: Final = Prepared(
    """
    WITH cleared AS (
      SELECT DISTINCT ON (rule) rule, since,
             date_trunc('hour', cleared_at, 'UTC') + interval '1 hour' AS until
        FROM alarms WHERE cleared_at IS NOT NULL ORDER BY rule, cleared_at DESC
    ), spans AS (
      SELECT rule, greatest($1::timestamptz, until) AS since,
             greatest($2::timestamptz, cleared.since) AS oldest
        FROM (SELECT DISTINCT rule FROM rule_rates WHERE hour >= $1) AS lately
        LEFT JOIN cleared USING (rule)
    )
    SELECT spans.rule, spans.since,
           coalesce(rule_hits.lately, 0)::bigint AS hits,
           coalesce(rule_hits.before, 0)::bigint AS usual_hits,
           coalesce(seen.lately, 0)::bigint AS messages,
           coalesce(seen.before, 0)::bigint AS usual_messages
      FROM spans
      CROSS JOIN LATERAL (
        SELECT sum(hits) FILTER (WHERE hour >= spans.since) AS lately,
               sum(hits) FILTER (WHERE hour < spans.since) AS before
          FROM rule_rates WHERE rule = spans.rule AND hour >= spans.oldest
      ) AS rule_hits
      CROSS JOIN LATERAL (
        SELECT sum(messages) FILTER (WHERE hour >= spans.since) AS lately,
               sum(messages) FILTER (WHERE hour < spans.since) AS before
          FROM message_rates WHERE hour >= spans.oldest
      ) AS seen
     ORDER BY spans.rule
    """,
    ("since", "oldest"),
    {},
)
_FORGET: Final = (
    Prepared("DELETE FROM rule_rates WHERE hour < $1", ("before",), {}),
    Prepared("DELETE FROM message_rates WHERE hour < $1", ("before",), {}),
)


@dataclass(slots=True)
class HourCount:
    """What one process saw in one hour: messages, and how many people each rule hit."""

    hour: datetime
    messages: int = 0
    hits: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A rule's rate `since` an hour, compared with its history before that."""

    rule: str
    since: datetime
    now: Counts
    usual: Counts


class Rates:
    """Adds counts up and compares what is new with what was."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, counts: Sequence[HourCount]) -> None:
        """Add what was counted; all of it or nothing."""
        async with self._engine.begin() as transaction:
            for count in counts:
                await transaction.rows(_ADD_MESSAGES, hour=count.hour, messages=count.messages)
                hits = count.hits
                await transaction.rows(
                    _ADD_HITS, hour=count.hour, rules=list(hits), hits=list(hits.values())
                )

    async def compare(self, *, since: datetime, oldest: datetime) -> list[Comparison]:
        """Every rule that hit somebody `since` then, with its history from `oldest` on."""
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(_COMPARE, since=since, oldest=oldest)
        return [_comparison(row) for row in rows]

    async def forget(self, before: datetime) -> None:
        async with self._engine.begin() as transaction:
            for statement in _FORGET:
                await transaction.rows(statement, before=before)


def _comparison(row: Row) -> Comparison:
    return Comparison(
        rule=row["rule"],
        since=row["since"],
        now=Counts(hits=row["hits"], messages=row["messages"]),
        usual=Counts(hits=row["usual_hits"], messages=row["usual_messages"]),
    )
