"""Roles: each can do its work, and no more."""

import pytest

from moderator.domain.access import RIGHTS, Actor, Grant, Right, Role, folded


def test_every_role_has_its_rights_and_an_account() -> None:
    """Whoever logs in can change their password and log out."""
    assert RIGHTS.keys() == set(Role)
    assert all(Right.ACCOUNT in rights for rights in RIGHTS.values())


def test_who_judges_does_not_administer() -> None:
    """Nobody can let themselves in, judge, and wipe out the traces: duties are apart."""
    apart = {Right.JUDGE, Right.UNMASK, Right.APPROVE, Right.EXPORT}

    assert not RIGHTS[Role.ADMIN] & apart
    assert [role for role in Role if Right.ADMINISTER in RIGHTS[role]] == [Role.ADMIN]


def test_roles_add_up() -> None:
    """Somebody with two has the rights of both."""
    actor = Actor(name="li", roles=frozenset({Role.OPERATOR, Role.AUDITOR}))

    assert actor.rights == RIGHTS[Role.OPERATOR] | RIGHTS[Role.AUDITOR]


def test_a_token_takes_away_and_never_adds() -> None:
    """What it is for, of what its owner may do."""
    scope = frozenset({Right.SEE, Right.ADMINISTER})
    actor = Actor(name="li", roles=frozenset({Role.REVIEWER}), scope=scope)

    assert actor.rights == {Right.SEE}
    assert not actor.may(Right.ADMINISTER)


@pytest.mark.parametrize(
    ("roles", "departments", "fault"),
    [
        ({Role.VIEWER}, None, ""),
        ({Role.DEPARTMENT_ADMIN}, {7}, ""),
        ({Role.VIEWER, Role.APPROVER}, {7}, ""),
        (set(), None, "at least one role"),
        ({Role.VIEWER}, set(), "at least one department"),
        ({Role.DEPARTMENT_ADMIN}, None, "needs departments"),
        *(
            ({Role.VIEWER, role}, {7}, "only these can be bound")
            for role in (Role.ADMIN, Role.AUDITOR, Role.OPERATOR, Role.RULE_AUTHOR)
        ),
    ],
)
def test_what_can_be_granted(roles: set[Role], departments: set[int] | None, fault: str) -> None:
    """A bound only on work that can be bound, and department admins never without one."""
    bound = None if departments is None else frozenset(departments)
    found = Grant(roles=frozenset(roles), departments=bound).fault

    assert fault in found
    assert bool(found) == bool(fault)


@pytest.mark.parametrize(
    "name", ["ｂｏｔ", "BOT", "b\u200bo\u2060t", " bot\u3000", "ⓑⓞⓣ", "\ufeffbot"]
)
def test_names_that_look_alike_are_alike(name: str) -> None:
    """Width, case and what nobody sees make no other name; another letter does."""
    assert folded(name) == "bot"
    assert folded("bolt") != "bot"


def test_folding_twice_changes_nothing() -> None:
    """Also where one step brings about another: ﬃ, ẞ, ǰ."""
    for name in ("ﬃ", "ẞ", "ǰ̌", "İ", "Ω", "王  磊"):
        assert folded(folded(name)) == folded(name)
