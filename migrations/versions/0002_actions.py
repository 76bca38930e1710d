"""Actions say in `detail` what their kind alone does not; messages that were taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column(
        "actions", sa.Column("detail", sa.Text(), server_default=sa.text("''"), nullable=False)
    )
    op.create_index(
        op.f("ix_violations_message_id"),
        "violations",
        ["message_id"],
        unique=False,
        postgresql_where=sa.text("message_id <> ''"),
    )
    op.create_table(
        "recalls",
        sa.Column("corp", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_by", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("corp", "message_id", name=op.f("pk_recalls")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("recalls")
    op.drop_index(op.f("ix_violations_message_id"), table_name="violations")
    op.drop_column("actions", "detail")
