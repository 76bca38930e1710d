"""What is no message of a person: our own, and changes of the directory."""

from typing import Any

import pytest

from moderator.domain.message import Ignored, IgnoredReason
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import People
from moderator.pipeline import Outcome
from moderator.rehearsal import callbacks

Desk = Any  # the fixture's own class; test folders are no packages
CORP = "ww0123456789abcdef"
HEAD = callbacks.Head(corp=CORP, sender="sys", at=1_790_000_000, agent_id=1000002)
OFFENCE = "买六合彩"


def ended(desk: Desk) -> tuple[Outcome, IgnoredReason | None]:
    content = desk.reports[-1].content
    return desk.reports[-1].outcome, content.reason if isinstance(content, Ignored) else None


@pytest.mark.parametrize("sender", ["sys", "OurRobot", "ourrobot", CORP])
async def test_what_we_wrote_ourselves_is_not_moderated(desk: Desk, sender: str) -> None:
    """A callback with an offending text by WeCom's `sys`, the corp or one of ours ends here."""
    assert await desk.say(OFFENCE, sender=sender) == 200

    assert ended(desk) == (Outcome.IGNORED, IgnoredReason.OWN_MESSAGE)
    assert (await desk.violations.page()).items == ()


async def test_the_robot_itself_is_not_moderated(desk: Desk) -> None:
    """A robot that hears itself quote an offence does not answer for it."""
    plain = callbacks.robot_text(sender="AIB", msgid="m1", content=OFFENCE, robot="aib")

    assert (await desk.post(plain)).status_code == 200
    assert ended(desk) == (Outcome.IGNORED, IgnoredReason.OWN_MESSAGE)


@pytest.mark.parametrize("sender", ["ZhangSan", "1000002", "guard"])
async def test_a_member_is_moderated_whatever_their_userid(desk: Desk, sender: str) -> None:
    """Staff numbers may look like AgentIds: nobody is spared for being called as an app is."""
    await desk.say(OFFENCE, sender=sender)

    assert ended(desk) == (Outcome.VIOLATION, None)


async def test_a_member_of_a_robots_chat_is_moderated(desk: Desk) -> None:
    """Only the robot itself is left out."""
    await desk.post(callbacks.robot_text(sender="ZhangSan", msgid="m1", content=OFFENCE))

    assert ended(desk) == (Outcome.VIOLATION, None)


async def test_a_new_member_is_known_after_the_event(desk: Desk, database: Engine) -> None:
    """The event is answered 200 once the directory holds it."""
    fields = {"ChangeType": "create_user", "UserID": "ZhangSan", "Name": "张三"}

    answer = await desk.post(callbacks.event(HEAD, "change_contact", fields))

    assert (answer.status_code, answer.content) == (200, b"")
    assert ended(desk) == (Outcome.APPLIED, None)
    known = await People(database).find(CORP, "zhangsan")
    assert known is not None
    assert known.entry.name == "张三"


async def test_a_renamed_member_has_their_second_offence(desk: Desk) -> None:
    """Through the real address: offence, new userid, offence."""
    await desk.say(OFFENCE, msgid=1)
    fields = {"ChangeType": "update_user", "UserID": "ZhangSan", "NewUserID": "zs"}
    await desk.post(callbacks.event(HEAD, "change_contact", fields))
    await desk.say(OFFENCE, msgid=2, sender="zs")

    offences = [(item.sender, item.offence) for item in (await desk.violations.page()).items]
    assert offences == [("zs", 2), ("zs", 1)]


async def test_a_repeated_event_is_told_once(desk: Desk) -> None:
    """WeCom delivers three times where the answer is slow."""
    plain = callbacks.event(HEAD, "change_contact", {"ChangeType": "delete_user", "UserID": "a"})

    await desk.post(plain)
    await desk.post(plain)

    assert [report.outcome for report in desk.reports] == [Outcome.APPLIED, Outcome.DUPLICATE]


async def test_a_change_is_kept_while_the_database_is_away(
    desk_without_database: Desk,
) -> None:
    """Answered 200, as it is safe on this machine; replaying it applies it."""
    fields = {"ChangeType": "delete_party", "Id": 7}
    answer = await desk_without_database.post(callbacks.event(HEAD, "change_contact", fields))

    assert answer.status_code == 200
    assert ended(desk_without_database) == (Outcome.FAILED, None)
