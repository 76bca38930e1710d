"""Evidence: who may read what until when, what must not be erased, and the rules as they were."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "unmaskings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("violation_id", sa.BigInteger(), nullable=False),
        _text("asked_by"),
        sa.Column("account", sa.BigInteger()),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        _text("reason"),
        _text("answered_by"),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        _text("refusal"),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'granted', 'refused')", name=op.f("ck_unmaskings_state")
        ),
        sa.ForeignKeyConstraint(
            ["violation_id"], ["violations.id"], name=op.f("fk_unmaskings_violation_id_violations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmaskings")),
    )
    op.create_index(
        op.f("ix_unmaskings_violation_id_asked_by"), "unmaskings", ["violation_id", "asked_by"]
    )
    op.create_index(
        "ix_unmaskings_waiting",
        "unmaskings",
        ["id"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _text("corp"),
        _text("scope"),
        sa.Column("violation_id", sa.BigInteger()),
        _text("sender"),
        _text("chat"),
        _text("reason"),
        _text("placed_by"),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True)),
        _text("released_by"),
        _text("release_reason"),
        sa.CheckConstraint(
            "scope IN ('violation', 'person', 'chat')", name=op.f("ck_legal_holds_scope")
        ),
        sa.ForeignKeyConstraint(
            ["violation_id"], ["violations.id"], name=op.f("fk_legal_holds_violation_id_violations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_legal_holds")),
    )
    op.create_index(
        "ix_legal_holds_open",
        "legal_holds",
        ["id"],
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "sent_notices",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("action_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("receivers", postgresql.ARRAY(sa.Text()), nullable=False),
        _text("content"),
        sa.ForeignKeyConstraint(
            ["action_id"], ["actions.id"], name=op.f("fk_sent_notices_action_id_actions")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_notices")),
    )
    op.create_index(op.f("ix_sent_notices_action_id"), "sent_notices", ["action_id"])
    op.create_table(
        "rule_versions",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rule", "version", name=op.f("pk_rule_versions")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("rule_versions")
    op.drop_table("sent_notices")
    op.drop_table("legal_holds")
    op.drop_table("unmaskings")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)
