"""What somebody may do here, by what the company's provider says of them."""

from collections.abc import Mapping
from typing import Any

from moderator.domain.access import Grant, Role
from moderator.settings import OidcSettings


def grant_of(claim: Any, settings: OidcSettings) -> Grant | None:
    """The roles of all values of the claim that have some; None where none has, or none can be.

    A bound holds if any value gives one.
    """
    values = _values(claim)
    roles = frozenset(role for value in values for role in settings.roles.get(value, ()))
    grant = Grant(roles=roles, departments=_bound(values, settings.departments))
    return None if grant.fault else grant


def roles_of(userid: str, people: Mapping[str, tuple[Role, ...]]) -> frozenset[Role]:
    """The roles of a userid; WeCom's do not care about case."""
    wanted = userid.lower()
    return frozenset(
        role for name, roles in people.items() if name.lower() == wanted for role in roles
    )


def _values(claim: Any) -> frozenset[str]:
    """A claim may hold one value, several, or nothing of use."""
    listed = claim if isinstance(claim, list) else [claim]
    return frozenset(value for value in listed if isinstance(value, str))


def _bound(
    values: frozenset[str], departments: Mapping[str, tuple[int, ...]]
) -> frozenset[int] | None:
    found = frozenset(id_ for value in values for id_ in departments.get(value, ()))
    return found or None
