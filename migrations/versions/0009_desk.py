"""What the desk needs: who has a case and where it was escalated, decisions, bulk jobs, views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text("''"), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for name in ("assignee", "escalated_to", "escalated_by", "escalation"):
        op.add_column("violations", _text(name))
    op.add_column("violations", _moment("escalated_at", nullable=True))
    for name in ("assignee", "escalated_to"):
        op.create_index(
            op.f(f"ix_violations_{name}_id"),
            "violations",
            [name, "id"],
            postgresql_where=sa.text(f"{name} <> ''"),
        )
    _create_jobs()
    _create_decisions()
    _create_job_items()
    _create_views_and_presence()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        _text("kind"),
        _text("actor"),
        sa.Column("account", sa.BigInteger(), nullable=True),
        sa.Column("scope", postgresql.ARRAY(sa.Text()), nullable=True),
        _text("reason"),
        _text("whom"),
        sa.Column(
            "chosen", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("state", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column(
            "counts", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        _moment("created_at"),
        _moment("ended_at", nullable=True),
        _text("cancelled_by"),
        sa.CheckConstraint("state IN ('running', 'done', 'cancelled')", name=op.f("ck_jobs_state")),
        sa.ForeignKeyConstraint(["undoes"], ["jobs.id"], name=op.f("fk_jobs_undoes_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_actor_id"), "jobs", ["actor", "id"])
    op.create_index(op.f("ix_jobs_undoes"), "jobs", ["undoes"])
    running = sa.text("state = 'running'")
    op.create_index("ix_jobs_running", "jobs", ["id"], postgresql_where=running)


def _create_decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("violation_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("kind"),
        _moment("at"),
        _text("actor"),
        _text("reason"),
        _text("whom"),
        sa.Column(
            "before", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("undoes", sa.BigInteger(), nullable=True),
        sa.Column("job", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('confirmed', 'dismissed', 'reopened', 'assigned', 'escalated', 'noted',"
            " 'undone')",
            name=op.f("ck_decisions_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["violation_id"], ["violations.id"], name=op.f("fk_decisions_violation_id_violations")
        ),
        sa.ForeignKeyConstraint(
            ["undoes"], ["decisions.id"], name=op.f("fk_decisions_undoes_decisions")
        ),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_decisions_job_jobs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint(
            "violation_id", "version", name=op.f("uq_decisions_violation_id_version")
        ),
        sa.UniqueConstraint("undoes", name=op.f("uq_decisions_undoes")),
    )
    op.execute(
        """
        CREATE FUNCTION decisions_are_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'decisions are append-only';
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER decisions_are_append_only BEFORE UPDATE OR DELETE ON decisions
        FOR EACH STATEMENT EXECUTE FUNCTION decisions_are_append_only()
        """
    )


def _create_job_items() -> None:
    op.create_table(
        "job_items",
        sa.Column("job", sa.BigInteger(), nullable=False),
        sa.Column("violation_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        _text("outcome"),
        sa.Column("decision", sa.BigInteger(), nullable=True),
        _moment("at", nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'changed', 'refused', 'failed', 'cancelled')",
            name=op.f("ck_job_items_state"),
        ),
        sa.ForeignKeyConstraint(["job"], ["jobs.id"], name=op.f("fk_job_items_job_jobs")),
        sa.ForeignKeyConstraint(
            ["violation_id"], ["violations.id"], name=op.f("fk_job_items_violation_id_violations")
        ),
        sa.ForeignKeyConstraint(
            ["decision"], ["decisions.id"], name=op.f("fk_job_items_decision_decisions")
        ),
        sa.PrimaryKeyConstraint("job", "violation_id", name=op.f("pk_job_items")),
    )
    op.create_index(
        "ix_job_items_pending",
        "job_items",
        ["job", "violation_id"],
        postgresql_where=sa.text("state = 'pending'"),
    )


def _create_views_and_presence() -> None:
    op.create_table(
        "saved_views",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _text("query"),
        _moment("saved_at"),
        sa.PrimaryKeyConstraint("actor", "name", name=op.f("pk_saved_views")),
    )
    op.create_table(
        "presence",
        sa.Column("violation_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("violation_id", "actor", name=op.f("pk_presence")),
        prefixes=["UNLOGGED"],
    )
    op.create_index(op.f("ix_presence_seen_at"), "presence", ["seen_at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    for table in ("presence", "saved_views", "job_items", "decisions", "jobs"):
        op.drop_table(table)
    op.execute("DROP FUNCTION decisions_are_append_only()")
    for name in ("assignee", "escalated_to"):
        op.drop_index(op.f(f"ix_violations_{name}_id"), "violations")
    for name in ("escalated_at", "escalation", "escalated_by", "escalated_to", "assignee"):
        op.drop_column("violations", name)
