"""Group robots."""

from typing import Any

import pytest

from moderator.rehearsal.invention import FOREIGN_GROUP

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _say(api: Any, key: str, msgtype: str = "text", content: str = "提醒") -> dict[str, Any]:
    body = {"msgtype": msgtype, msgtype: {"content": content}}
    answer = await api.http.post("/cgi-bin/webhook/send", params={"key": key}, json=body)
    parsed: dict[str, Any] = answer.json()
    return parsed


async def test_robot_writes_to_its_group(api: Any, stand_in: Any, world: Any) -> None:
    """The key alone opens the group; the journal does not keep it."""
    key = world.robots[0].key
    answer = await _say(api, key)
    call = stand_in.journal.calls("webhook/send")[0]

    assert answer["errcode"] == 0
    assert set(call.reached) == set(stand_in.company.groups[FOREIGN_GROUP].members)
    assert key not in str(stand_in.journal.as_json())


async def test_wrong_key(api: Any) -> None:
    """An unknown key is 93000."""
    assert (await _say(api, "nokey"))["errcode"] == 93000


async def test_disabled_robot(api: Any, stand_in: Any, world: Any) -> None:
    """A disabled robot is 93004."""
    key = world.robots[0].key
    stand_in.company.robots[key] = type(world.robots[0])(key=key, chat=FOREIGN_GROUP, enabled=False)

    assert (await _say(api, key))["errcode"] == 93004


async def test_twenty_a_minute(api: Any, world: Any, clock: Any) -> None:
    """The 21st message in a minute is 45009, and so is everything for a minute from then on."""
    key = world.robots[0].key
    codes = [(await _say(api, key))["errcode"] for _ in range(20)]
    clock.forward(50)
    refused = [(await _say(api, key))["errcode"]]
    for later in (59, 2):
        clock.forward(later)
        refused.append((await _say(api, key))["errcode"])

    assert codes == [0] * 20
    assert refused == [45009, 45009, 0]


@pytest.mark.parametrize(
    ("msgtype", "bytes_", "errcode"),
    [
        ("text", 2049, 45002),
        ("markdown", 4097, 45002),
        ("markdown", 4096, 0),
        ("voicemail", 1, 40008),
    ],
)
async def test_sizes_and_types(
    api: Any, world: Any, msgtype: str, bytes_: int, errcode: int
) -> None:
    """2048 bytes of text, 4096 of markdown, eight types."""
    assert (await _say(api, world.robots[0].key, msgtype, "x" * bytes_))["errcode"] == errcode
