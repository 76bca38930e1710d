"""WeCom with each kind of misconfiguration: what is wrong, why, and the page that mends it."""

import httpx
import pytest
from tests.cli.diagnosis.conftest import (
    Answering,
    Examine,
    Values,
    app_of,
    asked,
    faults,
    only_fault,
)
from tests.conftest import SmallRules

from moderator.cli.diagnosis.refusals import why_unreachable
from moderator.rehearsal.invention import (
    COMPLIANCE_GROUP,
    FOREIGN_GROUP,
    MODERATION_APP,
)
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn


async def test_a_wrong_secret_is_shown_once(
    run: Examine, values: Values, stand_in: StandIn
) -> None:
    """The page is named where the right one stands, and WeCom saw the wrong one one time."""
    app_of(values)["secret"] = "not" + stand_in.company.apps[MODERATION_APP].secret[3:]
    tried = len(stand_in.company.apps) + 1  # every app, and the contacts secret

    found = only_fault(await run())

    assert found.about == f"wecom.apps.{MODERATION_APP}"
    assert "40001" in found.what
    assert found.mend.startswith("应用管理 → 自建")
    assert found.mend.endswith("Secret")
    assert asked(stand_in, "gettoken") == tried


async def test_a_wrong_corp_id_ends_the_questions(
    run: Examine, values: Values, stand_in: StandIn
) -> None:
    """Every other secret would be as wrong: none is shown."""
    values["wecom"]["corp_id"] = "ww00000000000000"

    found = only_fault(await run())

    assert ("40013" in found.what, found.mend) == (True, "我的企业 → 企业信息 → 企业ID")
    assert asked(stand_in, "gettoken") == 1


async def test_an_address_that_is_not_trusted_is_told(run: Examine, stand_in: StandIn) -> None:
    """With the address that WeCom saw, which is the one to enter."""
    stand_in.company.change_app(MODERATION_APP, ip_trusted=False)

    found = only_fault(await run())

    assert "60020" in found.what
    assert "127.0.0.1" in found.cause
    assert found.mend.endswith("企业可信IP")


async def test_a_disabled_app_is_told(run: Examine, stand_in: StandIn) -> None:
    """WeCom tells by `close`; everything else would fail with 50003."""
    stand_in.company.change_app(MODERATION_APP, enabled=False)

    found = only_fault(await run())

    assert ("50003" in found.what, found.mend.endswith("启用应用")) == (True, True)


async def test_an_agent_id_of_another_app_is_told(run: Examine, values: Values) -> None:
    """Two lines copied from two pages."""
    app_of(values)["agent_id"] = 1999999

    found = only_fault(await run())

    assert "301002" in found.what
    assert found.mend.endswith("AgentId and Secret")


@pytest.mark.parametrize(
    "setting", ["users", "confidentiality_users", "hr_users", "group_owners", "department_admins"]
)
async def test_whoever_is_to_be_told_must_be_visible(
    run: Examine, values: Values, stand_in: StandIn, setting: str
) -> None:
    """Every setting that names people is looked at."""
    stranger = stand_in.company.people()[7].userid
    stand_in.company.change_person(stranger, departments=(2,))
    stand_in.company.change_app(MODERATION_APP, visible_departments=(7,))
    shapes: Values = {"group_owners": {"g": stranger}, "department_admins": {"2": [stranger]}}
    values["compliance"][setting] = shapes.get(setting, [stranger])

    found = only_fault(await run())

    assert found.about == f"compliance.{setting} {stranger}"
    assert "60011" in found.what
    assert found.mend.endswith("可见范围")


async def test_a_member_who_is_none_is_told(run: Examine, values: Values) -> None:
    """Misspelt, or gone."""
    values["compliance"]["users"] = ["NoSuchPerson"]

    found = only_fault(await run())

    assert ("60111" in found.what, found.mend) == (True, "通讯录")


async def test_a_disabled_member_is_told(run: Examine, values: Values, stand_in: StandIn) -> None:
    """WeCom takes messages for them, and nobody reads them."""
    officer = stand_in.company.people()[3].userid
    stand_in.company.change_person(officer, status=2)
    values["compliance"]["users"] = [officer]

    assert "is disabled" in only_fault(await run()).what


async def test_without_names_of_departments_it_works(run: Examine, stand_in: StandIn) -> None:
    """A note, no fault: records show their numbers."""
    stand_in.fail("department/list", errcode=48002)

    findings = await run()

    assert faults(findings) == []
    assert any("no names of departments" in finding.what for finding in findings)


@pytest.mark.parametrize(("chat", "code"), [(FOREIGN_GROUP, "86008"), ("no-such-group", "86003")])
async def test_a_group_that_the_app_did_not_make_is_told(
    run: Examine, values: Values, chat: str, code: str
) -> None:
    """Only the maker can do anything there."""
    app_of(values)["groups"] = [chat]

    found = only_fault(await run())

    assert code in found.what
    assert found.about.endswith(chat)


async def test_a_dissolved_group_is_told(run: Examine, stand_in: StandIn) -> None:
    """The compliance group too."""
    stand_in.company.change_group(COMPLIANCE_GROUP, dissolved=True)

    found = only_fault(await run())

    assert (found.about, "49008" in found.what) == (f"compliance.chat {COMPLIANCE_GROUP}", True)


async def test_a_missing_contacts_secret_matters_if_accounts_are_disabled(
    run: Examine, values: Values, small_rules: SmallRules
) -> None:
    """The policy calls for what cannot be done without."""
    values["wecom"]["contacts_secret"] = None
    before = await run()
    small_rules.call_for("disable_account")

    found = only_fault(await run())

    assert faults(before) == []
    assert found.about == "wecom.contacts_secret"
    assert found.mend == "管理工具 → 通讯录同步 → Secret"


async def test_a_wrong_contacts_secret_is_told(run: Examine, values: Values) -> None:
    """It is not an app's."""
    values["wecom"]["contacts_secret"] = "x" + "y" * 42

    found = only_fault(await run())

    assert ("40001" in found.what, found.mend) == (True, "管理工具 → 通讯录同步 → Secret")


@pytest.mark.parametrize(
    ("code", "part"), [(48002, "API编辑通讯录"), (48009, "API编辑通讯录"), (60020, "企业可信IP")]
)
async def test_a_contacts_secret_without_rights_is_told(
    run: Examine, stand_in: StandIn, code: int, part: str
) -> None:
    """Reading alone is not enough, and its list of addresses is its own."""
    stand_in.fail("user/update", errcode=code)

    found = only_fault(await run())

    assert (found.about, str(code) in found.what) == ("wecom.contacts_secret", True)
    assert part in found.mend


async def test_the_contacts_secret_is_tried_on_nobody(run: Examine, stand_in: StandIn) -> None:
    """Not one member is changed."""
    before = stand_in.company.people()
    await run()

    assert stand_in.company.people() == before
    assert asked(stand_in, "user/update") == 1


async def test_a_robots_key_is_tried_without_a_word(
    run: Examine, values: Values, stand_in: StandIn
) -> None:
    """A right key is known by what WeCom complains about; nothing is shown in the group."""
    values["robots"] = {"keys": {FOREIGN_GROUP: next(iter(stand_in.company.robots))}}

    findings = await run()

    assert faults(findings) == []
    assert any(finding.about == f"robots.keys {FOREIGN_GROUP}" for finding in findings)
    assert stand_in.journal.delivered() == []


async def test_a_wrong_robots_key_is_told(run: Examine, values: Values) -> None:
    """The key stands in the group's own settings, not in the console."""
    values["robots"] = {"keys": {FOREIGN_GROUP: "0" * 32}}

    found = only_fault(await run())

    assert ("93000" in found.what, "消息推送" in found.mend) == (True, True)


async def test_a_wecom_out_of_reach_is_asked_once(run: Examine, values: Values) -> None:
    """The obstacle is named, and the rest is spared."""
    values["wecom"]["api_url"] = "http://127.0.0.1:1"

    found = only_fault(await run())

    assert "nothing takes the connection" in found.cause


async def test_a_page_instead_of_wecom_is_told(run: Examine, values: Values) -> None:
    """A proxy that answers itself."""
    async with serving(Answering(200)) as url:
        values["wecom"]["api_url"] = url
        found = only_fault(await run())

    assert "something else than WeCom answers" in found.cause


async def test_an_address_without_tls_is_told(
    run: Examine, values: Values, stand_in: StandIn
) -> None:
    """https where plain HTTP is spoken."""
    values["wecom"]["api_url"] = values["wecom"]["api_url"].replace("http:", "https:")

    assert "no TLS" in only_fault(await run()).cause


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (httpx.ProxyError("403 Forbidden"), "proxy"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] unable"), "certificate"),
        (httpx.ConnectError("[Errno -2] Name or service not known"), "DNS"),
        (httpx.ReadTimeout(""), "in time"),
    ],
)
def test_the_usual_obstacles_have_names(error: Exception, word: str) -> None:
    """What httpx says, in words for whoever has to mend it."""
    assert word in why_unreachable(error)


async def test_a_group_for_notices_needs_somebody_who_may_write_there(
    run: Examine, values: Values
) -> None:
    """An app that made it, or a robot."""
    values["compliance"]["notice_groups"] = [FOREIGN_GROUP]

    found = only_fault(await run())

    assert found.about == f"compliance.notice_groups {FOREIGN_GROUP}"


async def test_an_app_without_customers_cannot_intercept(
    run: Examine, values: Values, stand_in: StandIn
) -> None:
    """It has to be in the list of 客户联系."""
    values["interception"] = {"app": MODERATION_APP, "users": ["a"]}
    before = faults(await run())
    stand_in.fail("get_intercept_rule_list", errcode=48002)

    found = only_fault(await run())

    assert before == []
    assert (found.about, found.mend) == ("interception.app", "客户联系 → 可调用接口的应用")
