"""The tables, as SQLAlchemy sees them; the migrations make them (a test compares the two)."""

from moderator.ledger.schema import access, desk, evidence, people, statistics
from moderator.ledger.schema.tables import metadata

__all__ = ["access", "desk", "evidence", "metadata", "people", "statistics"]
