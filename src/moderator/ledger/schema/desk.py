"""The tables of the desk: what people decided, bulk jobs, saved views, who looks at what."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from moderator.ledger.schema.columns import moment, words
from moderator.ledger.schema.tables import metadata, violations

PENDING = "state = 'pending'"
UNDER_WAY = "state = 'running'"


# Bulk work: one decision for many violations.  `account` and `scope` as the actor had them then.
jobs = Table(
    "jobs",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    words("kind"),
    words("actor"),
    Column("account", BigInteger),
    Column("scope", ARRAY(Text)),
    words("reason"),
    words("whom"),
    Column("chosen", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("state", Text, nullable=False, server_default=text("'running'")),
    Column("total", Integer, nullable=False),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("undoes", BigInteger, ForeignKey("jobs.id"), index=True),
    moment("created_at"),
    moment("ended_at", nullable=True),
    words("cancelled_by"),
    CheckConstraint("state IN ('running', 'done', 'cancelled')", name="state"),
    Index(None, "actor", "id"),
    Index("ix_jobs_running", "id", postgresql_where=text(UNDER_WAY)),
)

# What people decided about violations: rows are only ever added (a trigger refuses anything else).
decisions = Table(
    "decisions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("violation_id", BigInteger, ForeignKey(violations.c.id), nullable=False),
    Column("version", Integer, nullable=False),
    words("kind"),
    moment("at"),
    words("actor"),
    words("reason"),
    words("whom"),
    Column("before", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("undoes", BigInteger, ForeignKey("decisions.id"), unique=True),
    Column("job", BigInteger, ForeignKey(jobs.c.id)),
    CheckConstraint(
        "kind IN ('confirmed', 'dismissed', 'reopened', 'assigned', 'escalated', 'noted',"
        " 'undone')",
        name="kind",
    ),
    UniqueConstraint("violation_id", "version"),
    Index(
        "ix_decisions_letters",
        text("string_to_array(lower(reason), NULL)"),
        postgresql_using="gin",
    ),
)

job_items = Table(
    "job_items",
    metadata,
    Column("job", BigInteger, ForeignKey(jobs.c.id), primary_key=True),
    Column("violation_id", BigInteger, ForeignKey(violations.c.id), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'pending'")),
    words("outcome"),
    Column("decision", BigInteger, ForeignKey(decisions.c.id)),
    moment("at", nullable=True),
    CheckConstraint(
        "state IN ('pending', 'done', 'changed', 'refused', 'failed', 'cancelled')", name="state"
    ),
    Index("ix_job_items_pending", "job", "violation_id", postgresql_where=text(PENDING)),
)

# Searches that people gave a name.
saved_views = Table(
    "saved_views",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    words("query"),
    moment("saved_at"),
)

# Who looked at a case a moment ago; worth nothing after a crash.
presence = Table(
    "presence",
    metadata,
    Column("violation_id", BigInteger, primary_key=True, autoincrement=False),
    Column("actor", Text, primary_key=True),
    moment("seen_at"),
    Index(None, "seen_at"),
    prefixes=["UNLOGGED"],
)

# How far long work is; worth nothing after a crash, either.
progress = Table(
    "progress",
    metadata,
    Column("work", Text, primary_key=True),
    words("actor"),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    moment("begun_at"),
    moment("seen_at"),
    words("fault"),
    prefixes=["UNLOGGED"],
)
