"""Whose violations happened where, so that a department's people are found by walking an index."""

from sqlalchemy import Column, Integer, Table, Text

from moderator.ledger.schema.tables import metadata

# A row for each department in which somebody ever broke a rule, and for each above it; triggers of
# `violations` write these.
department_senders = Table(
    "department_senders",
    metadata,
    Column("corp", Text, primary_key=True),
    Column("department", Integer, primary_key=True, autoincrement=False),
    Column("sender", Text, primary_key=True),
)
