"""The stand-in's intercept rules: WeCom's shapes, limits and error codes."""

from dataclasses import replace
from typing import Any

import pytest
from tests.rehearsal.api.conftest import Api

from moderator.rehearsal.invention import MODERATION_APP
from moderator.rehearsal.stand_in import StandIn

pytestmark = pytest.mark.asyncio(loop_scope="session")

ADD = "externalcontact/add_intercept_rule"
GET = "externalcontact/get_intercept_rule"
LIST = "externalcontact/get_intercept_rule_list"
UPDATE = "externalcontact/update_intercept_rule"
DELETE = "externalcontact/del_intercept_rule"


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "rule_name": "禁词一",
        "word_list": ["代开", "刷单"],
        "semantics_list": [1],
        "intercept_type": 1,
        "applicable_range": {"user_list": [], "department_list": [3]},
    } | changes


async def added(api: Api, **changes: Any) -> str:
    answer = await api.post(ADD, rule(**changes))
    assert answer["errcode"] == 0, answer
    return str(answer["rule_id"])


async def test_a_rule_is_told_in_another_shape_than_it_was_made(api: Api) -> None:
    """Semantics stand in `extra_rule`; everything else as it was given."""
    made = await added(api)

    told = (await api.post(GET, {"rule_id": made}))["rule"]

    assert told == {
        "rule_id": made,
        "rule_name": "禁词一",
        "word_list": ["代开", "刷单"],
        "extra_rule": {"semantics_list": [1]},
        "intercept_type": 1,
        "applicable_range": {"user_list": [], "department_list": [3]},
    }


async def test_the_list_tells_names_and_ids(api: Api) -> None:
    """And when each was made."""
    made = await added(api)

    [listed] = (await api.get(LIST))["rule_list"]

    assert (listed["rule_id"], listed["rule_name"]) == (made, "禁词一")


async def test_a_rule_is_changed_by_what_to_add_and_what_to_remove(api: Api) -> None:
    """The range of an update is no list of what shall be."""
    made = await added(api)
    change = {
        "rule_id": made,
        "rule_name": "禁词二",
        "word_list": ["新词"],
        "extra_rule": {"semantics_list": [2, 3]},
        "intercept_type": 2,
        "add_applicable_range": {"department_list": [2]},
        "remove_applicable_range": {"department_list": [3]},
    }

    answer = await api.post(UPDATE, change)
    told = (await api.post(GET, {"rule_id": made}))["rule"]

    assert answer["errcode"] == 0
    assert (told["rule_name"], told["word_list"], told["intercept_type"]) == ("禁词二", ["新词"], 2)
    assert told["extra_rule"]["semantics_list"] == [2, 3]
    assert told["applicable_range"]["department_list"] == [2]


async def test_a_deleted_rule_is_told_from_one_that_never_was(api: Api) -> None:
    """41071 and 41070."""
    made = await added(api)
    await api.post(DELETE, {"rule_id": made})

    assert (await api.post(GET, {"rule_id": made}))["errcode"] == 41071
    assert (await api.post(GET, {"rule_id": "nonsense"}))["errcode"] == 41070


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"word_list": ["词"] * 301}, 41068),
        ({"word_list": ["长" * 33]}, 41083),
        ({"word_list": [""]}, 41083),
        ({"semantics_list": [4]}, 41084),
        ({"rule_name": ""}, 40035),
        ({"rule_name": "名" * 21}, 40035),
        ({"intercept_type": 3}, 40035),
        ({"applicable_range": {}}, 40035),
        ({"applicable_range": {"user_list": ["Nobody"]}}, 60011),
        ({"applicable_range": {"department_list": list(range(1, 3)) * 501}}, 41076),
        ({"word_list": [], "semantics_list": []}, 40035),
    ],
)
async def test_what_wecom_refuses_is_refused(
    api: Api, changes: dict[str, Any], errcode: int
) -> None:
    """With WeCom's own code, and nothing is made."""
    answer = await api.post(ADD, rule(**changes))

    assert answer["errcode"] == errcode
    assert (await api.get(LIST))["rule_list"] == []


async def test_names_are_unique_and_a_rule_may_keep_its_own(api: Api) -> None:
    """41077 is for the name of another rule."""
    made = await added(api)

    assert (await api.post(ADD, rule()))["errcode"] == 41077
    kept = {"rule_id": made, "rule_name": "禁词一", "word_list": ["词"]}
    assert (await api.post(UPDATE, kept))["errcode"] == 0


async def test_a_company_has_a_hundred_rules(api: Api) -> None:
    """The next one is 41069."""
    for number in range(100):
        await added(api, rule_name=f"规则{number}")

    assert (await api.post(ADD, rule()))["errcode"] == 41069


async def test_only_apps_of_customer_contact_may_call(api: Api, stand_in: StandIn) -> None:
    """An app outside 可调用接口的应用, and the contacts secret, are refused."""
    apps = stand_in.company.apps
    apps[MODERATION_APP] = replace(apps[MODERATION_APP], customer_contact=False)

    assert (await api.post(ADD, rule()))["errcode"] == 48002
    assert (await api.post(ADD, rule(), app="contacts"))["errcode"] == 48002
