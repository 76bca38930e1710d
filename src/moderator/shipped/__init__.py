"""The rules and migrations that travel with the package.

In a wheel they lie inside this folder; in a checkout they are the folders at its top.
"""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parents[2]


def rules_directory() -> Path:
    """The shipped rule packs and policy."""
    return _shipped("rules")


def migrations_directory() -> Path:
    """The Alembic environment."""
    return _shipped("migrations")


def _shipped(name: str) -> Path:
    bundled = _HERE / name
    return bundled if bundled.is_dir() else _CHECKOUT / name
