"""The kinds of column that most tables share."""

from sqlalchemy import Column, DateTime, Text, text


def words(name: str) -> Column[str]:
    """Text that may be empty but is never missing."""
    return Column(name, Text, nullable=False, server_default=text("''"))


def moment(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)
