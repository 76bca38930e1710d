"""Who may do what."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """One thing that somebody may be allowed to do."""

    SEE = "see"  # violations, people, chats and statistics, with everything masked
    JUDGE = "judge"  # assign, note, confirm, dismiss, escalate, reopen
    APPROVE = "approve"  # decide on proposed actions
    UNMASK = "unmask"  # read what people wrote
    EXPORT = "export"
    SEE_AUDIT = "see_audit"
    EDIT_RULES = "edit_rules"
    SEE_OUTBOX = "see_outbox"  # actions, alarms, pauses
    OPERATE = "operate"  # requeue, clear alarms, lift pauses
    ADMINISTER = "administer"  # users, tokens of others, legal holds
    ACCOUNT = "account"  # one's own password, tokens and sessions; of no token


class Role(StrEnum):
    """What people are here for."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    DEPARTMENT_ADMIN = "department_admin"  # a reviewer of their own departments
    RULE_AUTHOR = "rule_author"
    APPROVER = "approver"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADMIN = "admin"


_LOOK: Final = frozenset({Right.SEE, Right.SEE_OUTBOX, Right.ACCOUNT})

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: _LOOK,
    Role.REVIEWER: _LOOK | {Right.JUDGE, Right.UNMASK, Right.EXPORT},
    Role.DEPARTMENT_ADMIN: _LOOK | {Right.JUDGE, Right.UNMASK},
    Role.RULE_AUTHOR: _LOOK | {Right.EDIT_RULES},
    Role.APPROVER: _LOOK | {Right.JUDGE, Right.APPROVE, Right.UNMASK},
    Role.AUDITOR: _LOOK | {Right.UNMASK, Right.EXPORT, Right.SEE_AUDIT},
    Role.OPERATOR: frozenset({Right.SEE_OUTBOX, Right.OPERATE, Right.ACCOUNT}),
    Role.ADMIN: _LOOK | {Right.SEE_AUDIT, Right.OPERATE, Right.ADMINISTER},
}

# What the others see and do concerns the whole company.
_BOUNDABLE: Final = frozenset({Role.VIEWER, Role.REVIEWER, Role.DEPARTMENT_ADMIN, Role.APPROVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody, or some program, that asks.

    `departments` bounds what they may see to these departments and all below them; None: no bound.
    `scope` is all that a token may be used for, whatever its owner may do; None: no token.
    `account` is the id of the user behind it; None: a token of the settings, or nobody's.
    """

    name: str
    roles: frozenset[Role]
    departments: frozenset[int] | None = None
    scope: frozenset[Right] | None = None
    account: int | None = None

    @property
    def rights(self) -> frozenset[Right]:
        given = rights_of(self.roles)
        return given if self.scope is None else given & self.scope

    def may(self, right: Right) -> bool:
        return right in self.rights


def holder(name: str) -> Actor:
    """Whoever shows a token of the settings: all but an admin, and bound to no department."""
    return Actor(name=name, roles=frozenset(Role) - {Role.ADMIN})


def rights_of(roles: frozenset[Role]) -> frozenset[Right]:
    """What any of the roles gives."""
    return frozenset[Right]().union(*(RIGHTS[role] for role in roles))


def folded(name: str) -> str:
    """What two names have in common that people take for one another.

    Unicode's NFKC_Casefold (Standard Annex 15): without case, width and what nobody sees.
    """
    seen = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    once = unicodedata.normalize("NFKC", seen).casefold()
    return " ".join(unicodedata.normalize("NFKC", once).split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody is given; `departments` as in `Actor`."""

    roles: frozenset[Role]
    departments: frozenset[int] | None = None

    @property
    def fault(self) -> str:
        """Why nobody can be given this; empty if they can."""
        if not self.roles:
            return "at least one role is needed"
        if self.departments is not None and not self.departments:
            return "a bound needs at least one department"
        if Role.DEPARTMENT_ADMIN in self.roles and self.departments is None:
            return "a department admin needs departments"
        if self.departments is not None and not self.roles <= _BOUNDABLE:
            return f"only these can be bound to departments: {', '.join(sorted(_BOUNDABLE))}"
        return ""
