"""The tables about evidence: who may read what until when, legal holds, rules as they were."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from moderator.ledger.schema.columns import moment, words
from moderator.ledger.schema.tables import actions, metadata, violations

WAITING = "state = 'waiting'"
OPEN = "released_at IS NULL"


# Who asked to read what somebody wrote, and until when they may.
unmaskings = Table(
    "unmaskings",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("violation_id", BigInteger, ForeignKey(violations.c.id), nullable=False),
    words("asked_by"),
    Column("account", BigInteger),
    moment("asked_at"),
    words("reason"),
    words("answered_by"),
    moment("answered_at", nullable=True),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    words("refusal"),
    moment("until"),
    CheckConstraint("state IN ('waiting', 'granted', 'refused')", name="state"),
    Index(None, "violation_id", "asked_by"),
    Index("ix_unmaskings_waiting", "id", postgresql_where=text(WAITING)),
)

# What must not be erased.  A person's hold has corp and sender, so that it follows a new userid.
legal_holds = Table(
    "legal_holds",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    words("corp"),
    words("scope"),
    Column("violation_id", BigInteger, ForeignKey(violations.c.id)),
    words("sender"),
    words("chat"),
    words("reason"),
    words("placed_by"),
    moment("placed_at"),
    moment("released_at", nullable=True),
    words("released_by"),
    words("release_reason"),
    CheckConstraint("scope IN ('violation', 'person', 'chat')", name="scope"),
    Index("ix_legal_holds_open", "id", postgresql_where=text(OPEN)),
)

# What WeCom took of us, word for word; templates never repeat what offended.
sent_notices = Table(
    "sent_notices",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("action_id", BigInteger, ForeignKey(actions.c.id), nullable=False, index=True),
    moment("at"),
    Column("receivers", ARRAY(Text), nullable=False),
    words("content"),
)

# What each rule said at each version that was ever in use.
rule_versions = Table(
    "rule_versions",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("version", Text, primary_key=True),
    Column("content", JSONB, nullable=False),
    moment("kept_at"),
)
