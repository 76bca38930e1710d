"""The outbox across processes: allowances, pauses, second looks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name in ("not_before", "check_at"):
        op.add_column("actions", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("actions", _text("held_by"))
    op.create_index(
        op.f("ix_actions_check_at"),
        "actions",
        ["check_at"],
        unique=False,
        postgresql_where=sa.text("check_at IS NOT NULL"),
    )
    op.create_index(
        op.f("ix_actions_held_by"),
        "actions",
        ["held_by"],
        unique=False,
        postgresql_where=sa.text("held_by <> '' AND state = 'queued'"),
    )
    op.create_index(op.f("ix_actions_sender_id"), "actions", ["sender", "id"], unique=False)
    op.create_table(
        "pauses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(_text(name) for name in ("app", "path", "credential")),
        sa.Column("errcode", sa.Integer(), nullable=False),
        _text("reason"),
        *(
            sa.Column(name, sa.DateTime(timezone=True), nullable=False)
            for name in ("since", "asked_at", "probe_at")
        ),
        sa.Column("probes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        *(_text(name) for name in ("lifted_by", "lift_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pauses")),
    )
    op.create_index(
        "uq_pauses_open",
        "pauses",
        ["credential", "path"],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "allowances",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("slots", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("spent", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blocks", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_allowances")),
    )
    op.create_index(op.f("ix_allowances_updated_at"), "allowances", ["updated_at"], unique=False)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("allowances")
    op.drop_table("pauses")
    op.drop_index(op.f("ix_actions_sender_id"), table_name="actions")
    for name in ("held_by", "check_at", "not_before"):
        op.drop_column("actions", name)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)
