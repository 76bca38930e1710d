"""Violations counted by day, so that a year of them need not be counted again."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
)

from moderator.ledger.schema.tables import metadata

# Days are China's: from midnight to midnight at UTC+8.
violation_days = Table(
    "violation_days",
    metadata,
    Column("day", Date, primary_key=True),
    *(Column(name, Text, primary_key=True) for name in ("app", "category", "rule")),
    Column("severity", SmallInteger, primary_key=True, autoincrement=False),
    Column("status", Text, primary_key=True),
    Column("violations", BigInteger, nullable=False),
)

# The same for each department, those below it included; it leaves no room for more.
department_days = Table(
    "department_days",
    metadata,
    Column("department", Integer, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("violations", BigInteger, nullable=False),
    Index(None, "day"),
)

# Which days are counted there, those without violations too.
counted_days = Table(
    "counted_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("counted_at", DateTime(timezone=True), nullable=False),
)

# Counted days on which something changed since; triggers of `violations` write these.
stale_days = Table(
    "stale_days",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("day", Date, nullable=False),
    Index(None, "day"),
)
