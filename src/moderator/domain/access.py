"""Who may do what."""

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
    OPERATE = "operate"  # outbox, failed messages, alarms, pauses
    ADMINISTER = "administer"  # users, tokens, legal holds


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


RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.REVIEWER: frozenset({Right.SEE, Right.JUDGE, Right.UNMASK, Right.EXPORT}),
    Role.DEPARTMENT_ADMIN: frozenset({Right.SEE, Right.JUDGE, Right.UNMASK}),
    Role.RULE_AUTHOR: frozenset({Right.SEE, Right.EDIT_RULES}),
    Role.APPROVER: frozenset({Right.SEE, Right.JUDGE, Right.APPROVE, Right.UNMASK}),
    Role.AUDITOR: frozenset({Right.SEE, Right.UNMASK, Right.EXPORT, Right.SEE_AUDIT}),
    Role.OPERATOR: frozenset({Right.OPERATE}),
    Role.ADMIN: frozenset({Right.SEE, Right.SEE_AUDIT, Right.OPERATE, Right.ADMINISTER}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody, or some program, that asks.

    `departments` bounds what they may see to these departments and all below them; None: no bound.
    """

    name: str
    roles: frozenset[Role]
    departments: frozenset[int] | None = None

    @property
    def rights(self) -> frozenset[Right]:
        return frozenset[Right]().union(*(RIGHTS[role] for role in self.roles))

    def may(self, right: Right) -> bool:
        return right in self.rights
