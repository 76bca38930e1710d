"""What a provider's words are worth here."""

from typing import Any

import pytest

from moderator.domain.access import Grant, Role
from moderator.identity.granting import grant_of, roles_of
from moderator.settings import OidcSettings

SETTINGS = OidcSettings.model_validate(
    {
        "roles": {
            "desk": ["reviewer"],
            "boss": ["approver", "auditor"],
            "lead": ["department_admin"],
        },
        "departments": {"north": [7], "south": [8, 9]},
    }
)


@pytest.mark.parametrize(
    ("claim", "roles"),
    [
        (["desk"], {Role.REVIEWER}),
        ("desk", {Role.REVIEWER}),
        (["desk", "boss", "other"], {Role.REVIEWER, Role.APPROVER, Role.AUDITOR}),
    ],
)
def test_roles_of_all_groups_come_together(claim: Any, roles: set[Role]) -> None:
    """One value, or a list of them; what nobody gave a role to counts for nothing."""
    assert grant_of(claim, SETTINGS) == Grant(roles=frozenset(roles))


@pytest.mark.parametrize("claim", [None, [], "", ["other"], 7, {"desk": True}, [["desk"]], [None]])
def test_whoever_has_no_group_of_ours_has_nothing(claim: Any) -> None:
    """Whatever stands in the claim."""
    assert grant_of(claim, SETTINGS) is None


def test_a_bound_comes_with_its_groups() -> None:
    """All departments of all of them."""
    grant = grant_of(["lead", "north", "south"], SETTINGS)

    assert grant is not None
    assert grant.departments == frozenset({7, 8, 9})


@pytest.mark.parametrize("claim", [["lead"], ["boss", "north"]])
def test_what_cannot_be_granted_is_not(claim: list[str]) -> None:
    """A department admin of nothing; an auditor who sees a part."""
    assert grant_of(claim, SETTINGS) is None


def test_userids_do_not_care_about_case() -> None:
    """As WeCom has them."""
    people = {"ZhangSan": (Role.AUDITOR,), "zhangsan": (Role.VIEWER,), "lisi": (Role.ADMIN,)}

    assert roles_of("zhangSAN", people) == {Role.AUDITOR, Role.VIEWER}
    assert roles_of("wangwu", people) == frozenset()
