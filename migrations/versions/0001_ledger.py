"""The ledger: violations, actions, standings and failed messages."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A migration that waits for a lock makes everyone else wait behind it.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "failed_messages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("app", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("timestamp", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("nonce", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_messages")),
        sa.UniqueConstraint("key", name=op.f("uq_failed_messages_key")),
    )
    op.create_index(
        "ix_failed_messages_waiting",
        "failed_messages",
        ["id"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL AND erased_at IS NULL"),
    )
    op.create_index(
        op.f("ix_failed_messages_expires_at"),
        "failed_messages",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("settled_at IS NULL AND erased_at IS NULL"),
    )
    op.create_table(
        "standings",
        sa.Column("corp", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column(
            "strikes",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("corp", "sender", name=op.f("pk_standings")),
    )
    op.create_table(
        "violations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_key", sa.Text(), nullable=False),
        sa.Column("corp", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("app", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("source", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sender", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sender_name", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sender_department", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("chat", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("category", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("rule", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("rules", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("fingerprints", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("hits", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("hits_omitted", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("rulebook", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("offence", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("clauses", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", sa.LargeBinary(), nullable=True),
        sa.Column("evidence_key", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("evidence_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("judged_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judgement", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.CheckConstraint(
            "status IN ('open', 'confirmed', 'dismissed')", name=op.f("ck_violations_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_violations")),
        sa.UniqueConstraint("message_key", name=op.f("uq_violations_message_key")),
    )
    op.create_index(op.f("ix_violations_app_id"), "violations", ["app", "id"], unique=False)
    op.create_index(
        op.f("ix_violations_category_id"), "violations", ["category", "id"], unique=False
    )
    op.create_index(
        op.f("ix_violations_chat_id"),
        "violations",
        ["chat", "id"],
        unique=False,
        postgresql_where=sa.text("chat <> ''"),
    )
    op.create_index(
        op.f("ix_violations_corp_sender_id"), "violations", ["corp", "sender", "id"], unique=False
    )
    op.create_index(
        op.f("ix_violations_evidence_expires_at"),
        "violations",
        ["evidence_expires_at"],
        unique=False,
        postgresql_where=sa.text("evidence IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_violations_fingerprints"),
        "violations",
        ["fingerprints"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        op.f("ix_violations_recorded_at_id"), "violations", ["recorded_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_violations_rules"), "violations", ["rules"], unique=False, postgresql_using="gin"
    )
    op.create_index(op.f("ix_violations_sent_at_id"), "violations", ["sent_at", "id"], unique=False)
    op.create_index(
        op.f("ix_violations_severity_id"), "violations", ["severity", "id"], unique=False
    )
    op.create_index(op.f("ix_violations_status_id"), "violations", ["status", "id"], unique=False)
    op.create_table(
        "actions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("violation_id", sa.BigInteger(), nullable=False),
        sa.Column("corp", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("sender", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("kind", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("errcode", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("wecom_msgid", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("decided_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column(
            "history",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'approved', 'queued', 'sending', 'accepted', 'complied',"
            " 'failed', 'unsupported', 'expired', 'cancelled', 'undone')",
            name=op.f("ck_actions_state"),
        ),
        sa.ForeignKeyConstraint(
            ["violation_id"], ["violations.id"], name=op.f("fk_actions_violation_id_violations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
    )
    op.create_index(
        "ix_actions_due",
        "actions",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'approved', 'sending')"),
    )
    op.create_index(
        op.f("ix_actions_kind_queued_at"), "actions", ["kind", "queued_at"], unique=False
    )
    op.create_index(op.f("ix_actions_state_id"), "actions", ["state", "id"], unique=False)
    op.create_index(
        "ix_actions_unsettled_person",
        "actions",
        ["corp", "sender", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('queued', 'approved', 'sending')"),
    )
    op.create_index(op.f("ix_actions_violation_id"), "actions", ["violation_id"], unique=False)


def downgrade() -> None:
    # Also here: taking a table away waits for everyone who reads it.
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("actions")
    op.drop_table("violations")
    op.drop_table("standings")
    op.drop_table("failed_messages")
