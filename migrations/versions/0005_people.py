"""The company directory as last seen, and what is known of a sender; alarms of rules."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NONE = sa.text("'{}'")
_EMPTY = sa.text("''")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    _snapshot_senders()
    _keep_the_directory()
    _count_hits()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("alarms", "rule_rates", "message_rates", "departments", "people"):
        op.drop_table(table)
    op.drop_index(op.f("ix_violations_sender_departments"), "violations")
    for column in ("sender_gaps", "sender_superiors", "sender_departments"):
        op.drop_column("violations", column)


def _snapshot_senders() -> None:
    op.add_column("violations", _list("sender_departments", sa.Integer()))
    op.add_column("violations", _list("sender_superiors", sa.Text()))
    op.add_column("violations", _text("sender_gaps"))
    op.create_index(
        op.f("ix_violations_sender_departments"),
        "violations",
        ["sender_departments"],
        unique=False,
        postgresql_using="gin",
    )


def _keep_the_directory() -> None:
    op.create_table(
        "people",
        sa.Column("corp", sa.Text(), nullable=False),
        sa.Column("userid", sa.Text(), nullable=False),
        _text("name"),
        _list("departments", sa.Integer()),
        _list("leads", sa.Integer()),
        _list("superiors", sa.Text()),
        _moment("fetched_at"),
        _moment("changed_at"),
        _moment("gone_at"),
        _text("renamed_to"),
        sa.PrimaryKeyConstraint("corp", "userid", name=op.f("pk_people")),
    )
    op.create_index(
        op.f("ix_people_leads"), "people", ["leads"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "departments",
        sa.Column("corp", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        _text("name"),
        sa.Column("parent", sa.Integer(), server_default=sa.text("0"), nullable=False),
        _list("leaders", sa.Text()),
        _moment("fetched_at"),
        _moment("changed_at"),
        _moment("gone_at"),
        sa.PrimaryKeyConstraint("corp", "id", name=op.f("pk_departments")),
    )


def _count_hits() -> None:
    op.create_table(
        "message_rates",
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hour", name=op.f("pk_message_rates")),
    )
    op.create_table(
        "rule_rates",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "hour", name=op.f("pk_rule_rates")),
    )
    op.create_index(op.f("ix_rule_rates_hour"), "rule_rates", ["hour"], unique=False)
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hits", sa.BigInteger(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("usual_hits", sa.BigInteger(), nullable=False),
        sa.Column("usual_messages", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        _moment("cleared_at"),
        _text("cleared_by"),
        _text("reason"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index(
        "uq_alarms_open",
        "alarms",
        ["rule"],
        unique=True,
        postgresql_where=sa.text("cleared_at IS NULL"),
    )
    op.create_index(
        op.f("ix_alarms_rule_cleared_at"), "alarms", ["rule", "cleared_at"], unique=False
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=_EMPTY, nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _list(name: str, item: sa.types.TypeEngine[Any]) -> sa.Column[object]:
    return sa.Column(name, postgresql.ARRAY(item), server_default=_NONE, nullable=False)
