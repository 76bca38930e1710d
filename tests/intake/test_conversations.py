"""What is only seen across messages, from the callback to the ledger."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from moderator.rulebook.book import Rulebook
from moderator.rulebook.loader import load_rulebook
from moderator.rulebook.samples import expand
from moderator.shipped import rules_directory

Desk = Any  # the fixture's own class; test folders are no packages

AD = "新到一批正品手表，厂家直供，需要的同事联系我详谈"
KEY_ID = expand("<aws-key-id:AKIA>", seed="id")
SECRET = expand("<base64:40>", seed="secret")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    """The shipped rules about floods and clouds."""
    directory: Path = tmp_path_factory.mktemp("rules")
    for name in ("flooding.yaml", "credential-clouds.yaml", "policy.yaml"):
        shutil.copy(rules_directory() / name, directory)
    return load_rulebook(directory)


async def found(desk: Desk) -> list[tuple[str, str, str]]:
    """MsgId, category and rule of every violation, the first first."""
    items = (await desk.violations.page()).items
    return [(one.message_id, one.category, one.rule) for one in reversed(items)]


async def test_a_flood_is_one_violation_of_its_own_category(desk: Desk) -> None:
    """Twenty pastes of an advertisement to an app are one violation, the others are clean."""
    for number in range(20):
        await desk.say(f"{AD} {number}", msgid=number)

    assert await found(desk) == [("8", "flooding", "flooding-repeats")]
    assert (desk.counted("clean"), desk.counted("violation")) == (19, 1)


async def test_one_message_delivered_again_and_again_is_no_flood(desk: Desk) -> None:
    """WeCom's deliveries are not the sender's."""
    for _ in range(20):
        await desk.say(AD)

    assert await found(desk) == []


async def test_a_flood_that_could_not_be_kept_is_kept_when_it_comes_again(
    desk_that_can_keep_nothing: Desk,
) -> None:
    """A 503 makes WeCom deliver again; the answer must not be that all is well."""
    desk = desk_that_can_keep_nothing
    statuses = [await desk.say(AD, msgid=number) for number in range(9)]

    assert statuses == [200] * 8 + [503]
    assert await desk.say(AD, msgid=8) == 503


async def test_a_pair_in_two_messages_is_a_leaked_credential(desk: Desk) -> None:
    """The secret is recorded with the message that holds it, and covered there."""
    await desk.say(f"key {KEY_ID}", msgid=1)
    await desk.say(SECRET, msgid=2)

    assert [(one[0], one[1]) for one in await found(desk)] == [
        ("1", "credential"),
        ("2", "credential"),
    ]
    newest = (await desk.violations.page()).items[0]
    whole = await desk.violations.one(newest.id, unmasked=True)
    assert "aws-secret-access-key" in str(whole)
    assert SECRET not in str(whole)
    assert "joined with the previous message" in str(whole)


async def test_the_secret_alone_is_clean(desk: Desk) -> None:
    """Forty characters of anything are nothing without what went before."""
    await desk.say(SECRET, msgid=2)

    assert await found(desk) == []


async def test_two_people_make_no_pair(desk: Desk) -> None:
    """Only what one sender says is joined."""
    await desk.say("key 在这里", msgid=1, sender="LiSi")
    await desk.say(f"key {KEY_ID}", msgid=2, sender="LiSi")
    await desk.say(SECRET, msgid=3)

    assert [one[0] for one in await found(desk)] == ["2"]
