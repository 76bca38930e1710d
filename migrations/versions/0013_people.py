"""A department's people along an index; sessions that change their secrets; waits told once."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_PIECES = 20
_SENDER_TIME = ("sender", "sent_at", "id", "status", "severity")
_LETTERS = "string_to_array(lower(name), NULL)"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.add_column("sessions", sa.Column("previous", sa.LargeBinary(), nullable=True))
    op.add_column("sessions", _moment("rotated_at"))
    op.add_column("sessions", _moment("followed_at"))
    op.create_index(
        "ix_sessions_previous",
        "sessions",
        ["previous"],
        postgresql_where=sa.text("previous IS NOT NULL"),
    )
    op.add_column("login_attempts", _moment("told_until"))
    op.create_index(
        "ix_violations_sender_time",
        "violations",
        list(_SENDER_TIME),
        postgresql_include=["sender_departments"],
        if_not_exists=True,
    )
    op.drop_index("_".join(("ix_violations", *_SENDER_TIME)), "violations")
    op.create_index("ix_departments_parent", "departments", ["parent"])
    op.create_index(
        "ix_departments_letters", "departments", [sa.text(_LETTERS)], postgresql_using="gin"
    )
    _place_senders()


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")
    op.execute("SET LOCAL statement_timeout = '60s'")
    op.execute("DROP TRIGGER violations_come_in_departments ON violations")
    op.execute("DROP TRIGGER violations_change_departments ON violations")
    op.execute("DROP FUNCTION violations_place_sender()")
    op.drop_table("department_senders")
    op.drop_index("ix_departments_letters", "departments")
    op.drop_index("ix_departments_parent", "departments")
    op.create_index("_".join(("ix_violations", *_SENDER_TIME)), "violations", list(_SENDER_TIME))
    op.drop_index("ix_violations_sender_time", "violations")
    op.drop_column("login_attempts", "told_until")
    op.drop_index("ix_sessions_previous", "sessions")
    for name in ("followed_at", "rotated_at", "previous"):
        op.drop_column("sessions", name)


def _place_senders() -> None:
    op.create_table(
        "department_senders",
        sa.Column("corp", sa.Text(), nullable=False),
        sa.Column("department", sa.Integer(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("corp", "department", "sender", name=op.f("pk_department_senders")),
    )
    # Almost always they are there already, and nothing is written.  In order, so that two who write
    # of the same person wait for each other one way round.
    op.execute(
        """
        CREATE FUNCTION violations_place_sender() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO department_senders (corp, department, sender)
            SELECT new.corp, department, new.sender
              FROM unnest(new.sender_departments) AS department ORDER BY department
            ON CONFLICT DO NOTHING;
            RETURN NULL;
        END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER violations_come_in_departments AFTER INSERT ON violations
        FOR EACH ROW WHEN (new.sender_departments <> '{}')
        EXECUTE FUNCTION violations_place_sender()
        """
    )
    op.execute(
        """
        CREATE TRIGGER violations_change_departments
        AFTER UPDATE OF sender, sender_departments ON violations
        FOR EACH ROW WHEN (old.sender <> new.sender
                           OR old.sender_departments <> new.sender_departments)
        EXECUTE FUNCTION violations_place_sender()
        """
    )
    # Piece by piece: a single statement may not take longer than a minute.
    for piece in range(_PIECES):
        op.execute(
            f"""
            INSERT INTO department_senders (corp, department, sender)
            SELECT DISTINCT corp, unnest(sender_departments), sender FROM (
                SELECT DISTINCT corp, sender_departments, sender FROM violations
                 WHERE id > (SELECT coalesce(max(id), 0) FROM violations) * {piece} / {_PIECES}
                   AND id <= (SELECT coalesce(max(id), 0) FROM violations) * {piece + 1} / {_PIECES}
            ) AS told
            ON CONFLICT DO NOTHING
            """  # noqa: S608 (numbers of ours)
        )


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)
