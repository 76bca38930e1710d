"""The tables, as SQLAlchemy sees them; the migrations make them (a test compares the two)."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from moderator.ledger.schema.columns import moment, words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# What a worker still has to do; the same words stand in the partial indexes below.
UNSETTLED = "state IN ('queued', 'approved', 'sending')"
WAITING = "settled_at IS NULL AND erased_at IS NULL"
HELD = "held_by <> '' AND state = 'queued'"
CLAUSE_IDS = "jsonb_path_query_array(clauses, '$[*].id'::jsonpath)"

# How lists of violations are walked, and what the index tells on the way.
_BY_TIME = ("sent_at", "id", "status", "severity")
_BY_GRAVITY = ("status", "severity", "sent_at", "id", "category", "app")


violations = Table(
    "violations",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_key", Text, nullable=False, unique=True),
    words("corp"),
    words("app"),
    words("source"),
    words("sender"),
    words("sender_name"),
    words("sender_department"),
    Column("sender_departments", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    Column("sender_superiors", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    words("sender_gaps"),
    moment("identified_at", nullable=True),
    words("message_id"),
    words("kind"),
    words("chat"),
    moment("sent_at"),
    moment("recorded_at"),
    words("category"),
    Column("severity", SmallInteger, nullable=False),
    words("rule"),
    Column("rules", ARRAY(Text), nullable=False),
    Column("fingerprints", ARRAY(Text), nullable=False),
    Column("hits", JSONB, nullable=False),
    Column("hits_omitted", Integer, nullable=False, server_default=text("0")),
    words("rulebook"),
    words("policy"),
    Column("offence", Integer, nullable=False),
    words("step"),
    Column("units", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    words("exemption"),
    words("exemption_note"),
    Column("recomputed", JSONB),
    Column("clauses", JSONB, nullable=False),
    Column("evidence", LargeBinary),
    words("evidence_key"),
    moment("evidence_expires_at"),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    Column("version", Integer, nullable=False, server_default=text("1")),
    words("judged_by"),
    moment("judged_at", nullable=True),
    words("judgement"),
    words("assignee"),
    words("escalated_to"),
    words("escalated_by"),
    moment("escalated_at", nullable=True),
    words("escalation"),
    CheckConstraint("status IN ('open', 'confirmed', 'dismissed')", name="status"),
    Index(None, *_BY_TIME),
    Index(None, *_BY_GRAVITY),
    Index(None, "recorded_at", "id"),
    Index(None, "corp", "sender", "id"),
    *(Index(None, lead, *_BY_TIME) for lead in ("category", "app")),
    # It tells of each violation of a person whether somebody with a bound may see it.
    Index(
        "ix_violations_sender_time",
        *("sender", *_BY_TIME),
        postgresql_include=["sender_departments"],
    ),
    *(
        Index(None, lead, *_BY_TIME, postgresql_where=text(f"{lead} <> ''"))
        for lead in ("assignee", "chat")
    ),
    Index(
        *(None, "sent_at", "recorded_at", "judged_at", "category"),
        postgresql_where=text("status <> 'open'"),
    ),
    Index("ix_violations_clause_ids", text(CLAUSE_IDS), postgresql_using="gin"),
    Index(None, "escalated_to", "id", postgresql_where=text("escalated_to <> ''")),
    Index(None, "rules", postgresql_using="gin"),
    Index(None, "sender_departments", postgresql_using="gin"),
    Index(None, "fingerprints", postgresql_using="gin"),
    Index(None, "message_id", postgresql_where=text("message_id <> ''")),
    Index(None, "evidence_expires_at", postgresql_where=text("evidence IS NOT NULL")),
)

actions = Table(
    "actions",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("violation_id", BigInteger, ForeignKey(violations.c.id), nullable=False, index=True),
    words("corp"),
    words("sender"),
    words("kind"),
    words("state"),
    words("reason"),
    words("detail"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("created_at"),
    moment("queued_at", nullable=True),
    moment("due_at"),
    moment("not_before", nullable=True),
    moment("check_at", nullable=True),
    words("held_by"),
    moment("updated_at"),
    Column("errcode", Integer),
    words("outcome"),
    words("wecom_msgid"),
    words("decided_by"),
    moment("decided_at", nullable=True),
    words("decision_reason"),
    Column("history", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    CheckConstraint(
        "state IN ('proposed', 'approved', 'queued', 'sending', 'accepted', 'complied', 'failed',"
        " 'unsupported', 'expired', 'cancelled', 'undone')",
        name="state",
    ),
    Index("ix_actions_due", "due_at", "id", postgresql_where=text(UNSETTLED)),
    Index("ix_actions_unsettled_person", "corp", "sender", "id", postgresql_where=text(UNSETTLED)),
    Index(None, "state", "id"),
    Index(None, "kind", "queued_at"),
    Index(None, "check_at", postgresql_where=text("check_at IS NOT NULL")),
    Index(None, "held_by", postgresql_where=text(HELD)),
    Index(None, "sender", "id"),
)

# Apps, or single calls of theirs, that WeCom refuses until somebody mends something.
pauses = Table(
    "pauses",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    words("app"),
    words("path"),
    words("credential"),
    Column("errcode", Integer, nullable=False),
    words("reason"),
    moment("since"),
    moment("asked_at"),
    moment("probe_at"),
    Column("probes", Integer, nullable=False, server_default=text("0")),
    moment("lifted_at", nullable=True),
    words("lifted_by"),
    words("lift_reason"),
    Index(
        "uq_pauses_open",
        *("credential", "path"),
        unique=True,
        postgresql_where=text("lifted_at IS NULL"),
    ),
)

# What was spent of each of WeCom's limits: how much in which slot of the window.
allowances = Table(
    "allowances",
    metadata,
    Column("key", Text, primary_key=True),
    Column("most", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("slots", ARRAY(BigInteger), nullable=False),
    Column("spent", ARRAY(Integer), nullable=False),
    moment("blocked_until", nullable=True),
    Column("blocks", Integer, nullable=False, server_default=text("0")),
    moment("updated_at"),
    Index(None, "updated_at"),
)

standings = Table(
    "standings",
    metadata,
    Column("corp", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("strikes", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("merits", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    moment("updated_at", nullable=True),
    Index("ix_standings_lower_sender", text("lower(sender)")),
)

merits = Table(
    "merits",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    words("corp"),
    words("sender"),
    words("kind"),
    Column("count", Integer, nullable=False),
    moment("recorded_at"),
    words("recorded_by"),
    words("reason"),
    Column("after_violation", BigInteger, nullable=False),
    moment("withdrawn_at", nullable=True),
    words("withdrawn_by"),
    words("withdrawal_reason"),
    Index(None, "corp", "sender", "id"),
)

# What decided about violations, so that they can be weighed again as they were then.
policies = Table(
    "policies",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("content", JSONB, nullable=False),
    moment("kept_at"),
)

# Messages that their senders took back, by the id that the archive gives them.
recalls = Table(
    "recalls",
    metadata,
    Column("corp", Text, primary_key=True),
    Column("message_id", Text, primary_key=True),
    moment("told_at"),
    words("told_by"),
)

failed_messages = Table(
    "failed_messages",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    words("app"),
    Column("key", Text, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    words("signature"),
    words("timestamp"),
    words("nonce"),
    words("reason"),
    Column("attempts", Integer, nullable=False, server_default=text("1")),
    moment("received_at"),
    moment("taken_until", nullable=True),
    moment("settled_at", nullable=True),
    moment("expires_at"),
    moment("erased_at", nullable=True),
    Index("ix_failed_messages_waiting", "id", postgresql_where=text(WAITING)),
    Index(None, "expires_at", postgresql_where=text(WAITING)),
)

# The company's directory as last seen.  `userid` is lower-case: WeCom's do not care about case.
people = Table(
    "people",
    metadata,
    Column("corp", Text, primary_key=True),
    Column("userid", Text, primary_key=True),
    words("name"),
    Column("departments", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    Column("leads", ARRAY(Integer), nullable=False, server_default=text("'{}'")),
    Column("superiors", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    moment("fetched_at", nullable=True),
    moment("changed_at", nullable=True),
    moment("gone_at", nullable=True),
    words("renamed_to"),
    Index(None, "leads", postgresql_using="gin"),
    Index(None, "departments", postgresql_using="gin"),
    Index(
        "ix_people_letters",
        text("string_to_array(lower(name || ' ' || userid), NULL)"),
        postgresql_using="gin",
    ),
)

departments = Table(
    "departments",
    metadata,
    Column("corp", Text, primary_key=True),
    Column("id", Integer, primary_key=True, autoincrement=False),
    words("name"),
    Column("parent", Integer, nullable=False, server_default=text("0")),
    Column("leaders", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    moment("fetched_at", nullable=True),
    moment("changed_at", nullable=True),
    moment("gone_at", nullable=True),
    Index(None, "parent"),
    Index(
        "ix_departments_letters",
        text("string_to_array(lower(name), NULL)"),
        postgresql_using="gin",
    ),
)

# Hour by hour: how many messages were looked at, and how many people each rule hit.
message_rates = Table(
    "message_rates",
    metadata,
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("messages", BigInteger, nullable=False),
)

rule_rates = Table(
    "rule_rates",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("hits", BigInteger, nullable=False),
    Index(None, "hour"),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("rule", Text, nullable=False),
    moment("raised_at"),
    moment("since"),
    Column("hits", BigInteger, nullable=False),
    Column("messages", BigInteger, nullable=False),
    Column("usual_hits", BigInteger, nullable=False),
    Column("usual_messages", BigInteger, nullable=False),
    Column("probability", Double, nullable=False),
    moment("cleared_at", nullable=True),
    words("cleared_by"),
    words("reason"),
    Index("uq_alarms_open", "rule", unique=True, postgresql_where=text("cleared_at IS NULL")),
    Index(None, "rule", "cleared_at"),
)

# Cards with buttons that wait for a reviewer; `response_code` is spent by the first update.
cards = Table(
    "cards",
    metadata,
    Column("task", Text, primary_key=True),
    Column("violation_id", BigInteger, ForeignKey(violations.c.id), nullable=False, index=True),
    words("app"),
    Column("users", ARRAY(Text), nullable=False),
    words("response_code"),
    Column("answers", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    moment("sent_at"),
)

# Who did what: rows are only ever added (a trigger refuses anything else).
audit_log = Table(
    "audit_log",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    moment("at"),
    words("actor"),
    words("action"),
    words("subject"),
    Column("detail", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index(None, "actor", "number"),
    Index(None, "action", "number"),
    Index(None, "subject", "number"),
    Index(None, "at"),
)

# The end of the chain, in the one row that there is.
audit_head = Table(
    "audit_head",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

# What each app heard, hour by hour; `last_at` is when it heard something last.
app_hours = Table(
    "app_hours",
    metadata,
    Column("app", Text, primary_key=True),
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("messages", BigInteger, nullable=False),
    moment("last_at"),
)

# The oldest revision whose code works with this schema, in the one row that there is.
schema_floor = Table("schema_floor", metadata, Column("oldest", Text, primary_key=True))
