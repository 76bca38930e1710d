"""Users, sessions, API tokens, invitations and log-in attempts; finding rows of the audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.create_table(
        "users",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _text("display"),
        sa.Column("source", sa.Text(), server_default=sa.text("'local'"), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("managed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        _text("password"),
        sa.Column("roles", _texts(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("departments", postgresql.ARRAY(sa.Integer()), nullable=True),
        _moment("created_at"),
        _text("created_by"),
        _moment("changed_at"),
        _moment("disabled_at", nullable=True),
        _moment("seen_at", nullable=True),
        sa.CheckConstraint("source IN ('local', 'oidc', 'wecom')", name=op.f("ck_users_source")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
        sa.UniqueConstraint("source", "subject", name=op.f("uq_users_source_subject")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _moment("began_at"),
        _moment("seen_at"),
        _moment("ends_at"),
        _text("address"),
        _text("browser"),
        _of_a_user("sessions"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user_id"), "sessions", ["user_id"])
    op.create_index(op.f("ix_sessions_ends_at"), "sessions", ["ends_at"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        _text("label"),
        sa.Column("rights", _texts(), nullable=False),
        _moment("created_at"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _moment("revoked_at", nullable=True),
        _text("revoked_by"),
        _of_a_user("api_tokens"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_tokens_digest")),
    )
    op.create_index(op.f("ix_api_tokens_user_id"), "api_tokens", ["user_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("roles", _texts(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("departments", postgresql.ARRAY(sa.Integer()), nullable=True),
        _text("note"),
        _moment("created_at"),
        _text("created_by"),
        _moment("expires_at"),
        _moment("used_at", nullable=True),
        _of_a_user("invitations"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitations_digest")),
    )
    op.create_index(op.f("ix_invitations_user_id"), "invitations", ["user_id"])
    op.create_table(
        "login_attempts",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("last_at"),
        _moment("wait_until"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_attempts")),
    )
    op.create_index(op.f("ix_login_attempts_last_at"), "login_attempts", ["last_at"])
    op.create_index(op.f("ix_audit_log_action_number"), "audit_log", ["action", "number"])
    op.create_index(op.f("ix_audit_log_at"), "audit_log", ["at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_index(op.f("ix_audit_log_at"), "audit_log")
    op.drop_index(op.f("ix_audit_log_action_number"), "audit_log")
    op.drop_table("login_attempts")
    op.drop_table("invitations")
    op.drop_table("api_tokens")
    op.drop_table("sessions")
    op.drop_table("users")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def _texts() -> postgresql.ARRAY[str]:
    return postgresql.ARRAY(sa.Text())


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_a_user(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_user_id_users")
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=name)
