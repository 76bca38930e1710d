"""Accounts are disabled and enabled with the contacts secret, and looked at afterwards."""

from typing import Any

from pydantic import SecretStr
from tests.enforcement.conftest import Scene

from moderator.domain.decision import ActionKind, ActionState
from moderator.rehearsal.world import ACTIVE, DISABLED

UPDATE = "/cgi-bin/user/update"


def with_contacts_secret(scene: Scene, **enforcement: Any) -> None:
    """Give the service the secret of 通讯录同步."""
    secret = SecretStr(scene.stand_in.company.world.contacts_secret)
    changed = {
        "wecom": scene.settings.wecom.model_copy(update={"contacts_secret": secret}),
        "enforcement": scene.settings.enforcement.model_copy(update=enforcement),
    }
    scene.settings = scene.settings.model_copy(update=changed)
    scene.client = scene.another_client()
    scene.worker = scene.another_worker()


def status_of(scene: Scene, userid: str) -> int:
    person = scene.stand_in.company.person(userid)
    assert person is not None
    return person.status


async def test_an_account_is_disabled_and_seen_to_be(scene: Scene) -> None:
    """WeCom's yes is not believed: the status is looked up with the app's own secret."""
    with_contacts_secret(scene)
    violation = await scene.violate(ActionKind.DISABLE_ACCOUNT)
    await scene.work()

    action = await scene.action(violation)
    (call,) = scene.stand_in.journal.calls(UPDATE)

    assert status_of(scene, scene.sender) == DISABLED
    assert (call.app, call.payload["enable"]) == ("contacts", 0)
    assert (action.state, action.outcome) == (
        ActionState.ACCEPTED,
        "disabled: WeCom shows status 2",
    )


async def test_enabling_undoes_the_disabling(scene: Scene) -> None:
    """The account works again, and the record shows the disabling as undone."""
    with_contacts_secret(scene)
    violation = await scene.violate(ActionKind.DISABLE_ACCOUNT, ActionKind.ENABLE_ACCOUNT)
    await scene.work()

    _, disabled, enabled = await scene.actions(violation)

    assert status_of(scene, scene.sender) == ACTIVE
    assert (disabled.state, enabled.state) == (ActionState.UNDONE, ActionState.ACCEPTED)


async def test_without_the_secret_it_is_left_to_compliance(scene: Scene) -> None:
    """Nothing is called, and the card says what has to be done by hand."""
    violation = await scene.violate(ActionKind.DISABLE_ACCOUNT)
    await scene.work()

    _, disabled, told = await scene.actions(violation)
    (card,) = scene.stand_in.journal.delivered("/appchat/send")

    assert disabled.state is ActionState.UNSUPPORTED
    assert told.detail == "not_done disable_account"
    assert "请人工处理：停用企业微信账号" in card.payload["markdown"]["content"]
    assert scene.stand_in.journal.calls(UPDATE) == []


async def test_whoever_is_exempt_is_never_locked_out(scene: Scene) -> None:
    """The setting names the administrators, in any spelling."""
    with_contacts_secret(scene, never_disable=(scene.sender.upper(),))
    violation = await scene.violate(ActionKind.DISABLE_ACCOUNT)
    await scene.work()

    action = await scene.action(violation)

    assert action.state is ActionState.CANCELLED
    assert "exempt" in action.outcome
    assert status_of(scene, scene.sender) == ACTIVE


async def test_compliance_staff_are_exempt_without_being_named(scene: Scene) -> None:
    """Whoever could undo a disabling must not be locked out by one."""
    with_contacts_secret(scene)
    scene.worker = scene.another_worker(compliance={"users": (scene.sender,)})
    violation = await scene.violate(ActionKind.DISABLE_ACCOUNT)
    await scene.work()

    assert (await scene.action(violation)).state is ActionState.CANCELLED


async def test_a_yes_that_changed_nothing_is_a_failure(scene: Scene) -> None:
    """WeCom answers 0 and the account goes on working: nobody is told that it was disabled."""
    with_contacts_secret(scene)
    company = scene.stand_in.company
    change, company.change_person = company.change_person, lambda *_, **__: None  # type: ignore[method-assign,assignment]
    violation = await scene.violate(ActionKind.DISABLE_ACCOUNT)
    await scene.work()
    company.change_person = change  # type: ignore[method-assign]

    action = await scene.action(violation)

    assert action.state is ActionState.FAILED
    assert "still shows status 1" in action.outcome


async def test_an_app_that_may_not_look_says_so(scene: Scene) -> None:
    """Accepted, and not verified."""
    with_contacts_secret(scene)
    scene.stand_in.fail("/user/get", errcode=60011, times=5)
    violation = await scene.violate(ActionKind.DISABLE_ACCOUNT)
    await scene.work()

    action = await scene.action(violation)

    assert action.state is ActionState.ACCEPTED
    assert "the app may not look at it (60011)" in action.outcome
