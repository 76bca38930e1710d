"""Finding violations among millions, and counting them by day.

The indexes are made beforehand where writers must not wait for them: `docs/desk-performance.md`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Whom or what a list may be about; then comes its order, and what else the index can tell.
_LEADS = ("sender", "assignee", "chat", "category", "app")
_REPLACED = ("sent_at", "assignee", "chat", "category", "app", "severity", "status")
_PARTIAL = ("assignee", "chat")
_BY_TIME = ("sent_at", "id", "status", "severity")
_BY_GRAVITY = ("status", "severity", "sent_at", "id", "category", "app")
_JUDGED = ("sent_at", "recorded_at", "judged_at", "category")
_CLAUSE_IDS = "jsonb_path_query_array(clauses, '$[*].id'::jsonpath)"
# Without a plug-in PostgreSQL knows no parts of words, but it knows in which rows a letter is.
_LETTERS = {
    "ix_people_letters": ("people", "string_to_array(lower(name || ' ' || userid), NULL)"),
    "ix_decisions_letters": ("decisions", "string_to_array(lower(reason), NULL)"),
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    _index("violations", _BY_TIME)
    _index("violations", _BY_GRAVITY)
    for lead in _LEADS:
        _index("violations", (lead, *_BY_TIME), where=_some(lead))
    for name in _REPLACED:
        op.drop_index(f"ix_violations_{name}_id", "violations")
    _index("violations", _JUDGED, where="status <> 'open'")
    _gin("ix_violations_clause_ids", "violations", _CLAUSE_IDS)
    for name, (table, letters) in _LETTERS.items():
        _gin(name, table, letters)
    _gin("ix_people_departments", "people", "departments")
    op.create_index("ix_standings_lower_sender", "standings", [sa.text("lower(sender)")])
    _count_by_day()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TRIGGER violations_come_late ON violations")
    op.execute("DROP TRIGGER violations_change_status ON violations")
    op.execute("DROP FUNCTION violations_make_stale()")
    for table in ("stale_days", "counted_days", "department_days", "violation_days"):
        op.drop_table(table)
    op.drop_index("ix_standings_lower_sender", "standings")
    op.drop_index("ix_people_departments", "people")
    for name, (table, _) in _LETTERS.items():
        op.drop_index(name, table)
    op.drop_index("ix_violations_clause_ids", "violations")
    op.drop_index("_".join(("ix_violations", *_JUDGED)), "violations")
    for name in _REPLACED:
        where = sa.text(_some(name) or "true") if name in _PARTIAL else None
        op.create_index(
            f"ix_violations_{name}_id", "violations", [name, "id"], postgresql_where=where
        )
    for columns in ((lead, *_BY_TIME) for lead in _LEADS):
        op.drop_index("_".join(("ix_violations", *columns)), "violations")
    op.drop_index("_".join(("ix_violations", *_BY_GRAVITY)), "violations")
    op.drop_index("_".join(("ix_violations", *_BY_TIME)), "violations")


def _count_by_day() -> None:
    op.create_table(
        "violation_days",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("app", "category", "rule")),
        sa.Column("severity", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("violations", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            *("day", "app", "category", "rule", "severity", "status"),
            name=op.f("pk_violation_days"),
        ),
    )
    op.create_table(
        "department_days",
        sa.Column("department", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("violations", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("department", "day", "status", name=op.f("pk_department_days")),
    )
    op.create_index(op.f("ix_department_days_day"), "department_days", ["day"])
    op.create_table(
        "counted_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_counted_days")),
    )
    op.create_table(
        "stale_days",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stale_days")),
    )
    op.create_index(op.f("ix_stale_days_day"), "stale_days", ["day"])
    # Once a transaction and day.  A mark of another transaction would not do: whoever counts the
    # day takes it away, and does not see yet what this one changes.
    op.execute(
        """
        CREATE FUNCTION violations_make_stale() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            of date := (new.sent_at AT TIME ZONE 'Asia/Shanghai')::date;
        BEGIN
            INSERT INTO stale_days (day) SELECT of WHERE NOT EXISTS (
                SELECT FROM stale_days
                 WHERE day = of AND xmin = pg_current_xact_id()::xid);
            RETURN NULL;
        END $$
        """
    )
    # Days are counted when they have been over for longer than that.
    old = "new.sent_at < now() - interval '1 day'"
    op.execute(
        f"""
        CREATE TRIGGER violations_come_late AFTER INSERT ON violations
        FOR EACH ROW WHEN ({old}) EXECUTE FUNCTION violations_make_stale()
        """
    )
    op.execute(
        f"""
        CREATE TRIGGER violations_change_status AFTER UPDATE OF status ON violations
        FOR EACH ROW WHEN (old.status <> new.status AND {old})
        EXECUTE FUNCTION violations_make_stale()
        """
    )


def _index(table: str, columns: tuple[str, ...], *, where: str | None = None) -> None:
    op.create_index(
        "_".join(("ix", table, *columns)),
        table,
        list(columns),
        postgresql_where=sa.text(where) if where else None,
        if_not_exists=True,
    )


def _gin(name: str, table: str, expression: str) -> None:
    op.create_index(name, table, [sa.text(expression)], postgresql_using="gin", if_not_exists=True)


def _some(name: str) -> str | None:
    return f"{name} <> ''" if name in _PARTIAL else None
