"""Units of discipline, merits, exemptions, and the policies that decided."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXTS = ("policy", "exemption", "exemption_note")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name in _TEXTS:
        op.add_column("violations", _text(name))
    op.add_column("violations", _json("units", "{}"))
    op.add_column("violations", sa.Column("recomputed", postgresql.JSONB(), nullable=True))
    op.add_column("standings", _json("merits", "[]"))
    op.create_table(
        "merits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        *(_text(name) for name in ("corp", "sender", "kind")),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        *(_text(name) for name in ("recorded_by", "reason")),
        sa.Column("after_violation", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        *(_text(name) for name in ("withdrawn_by", "withdrawal_reason")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merits")),
    )
    op.create_index(op.f("ix_merits_corp_sender_id"), "merits", ["corp", "sender", "id"])
    op.create_table(
        "policies",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policies")),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.drop_table("policies")
    op.drop_table("merits")
    op.drop_column("standings", "merits")
    for name in ("recomputed", "units", *_TEXTS):
        op.drop_column("violations", name)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def _json(name: str, empty: str) -> sa.Column[object]:
    default = sa.text(f"'{empty}'::jsonb")
    return sa.Column(name, postgresql.JSONB(), server_default=default, nullable=False)
