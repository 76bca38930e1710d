"""Template cards and their one update."""

from typing import Any

import pytest

from moderator.rehearsal.api.cards import press
from moderator.rehearsal.world import HOUR

pytestmark = pytest.mark.asyncio(loop_scope="session")

_BUTTONS = {
    "card_type": "button_interaction",
    "main_title": {"title": "处置建议"},
    "button_list": [{"text": "同意", "key": "approve"}],
    "task_id": "task-1",
}


async def _send_card(api: Any, world: Any, **changes: Any) -> dict[str, Any]:
    card = _BUTTONS | changes
    answer: dict[str, Any] = await api.say(
        world.people[0].userid, msgtype="template_card", template_card=card
    )
    return answer


async def test_interactive_card_comes_with_a_response_code(api: Any, world: Any) -> None:
    """A card with buttons is answered with the code that changes it."""
    assert (await _send_card(api, world))["response_code"]


async def test_notice_has_none(api: Any, world: Any) -> None:
    """A text notice is accepted without a response code."""
    action = {"card_action": {"type": 1, "url": "https://example.com"}}
    answer = await _send_card(api, world, card_type="text_notice", **action)

    assert answer["errcode"] == 0
    assert "response_code" not in answer


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"card_type": "text_notice"}, 42045),
        ({"card_type": "news_notice", "card_action": {}}, 42045),
        ({"card_type": "poster"}, 40035),
        ({"task_id": ""}, 42016),
        ({"task_id": "with space"}, 42014),
        ({"task_id": "x" * 129}, 42014),
        ({"button_list": [{"text": "x", "key": "k"}] * 7}, 40035),
        ({"button_list": [{"text": "x", "key": "k" * 1025}]}, 45002),
        ({"horizontal_content_list": [{}] * 7}, 40035),
    ],
)
async def test_card_is_refused(api: Any, world: Any, changes: dict[str, Any], errcode: int) -> None:
    """Each fault of a card has its errcode."""
    assert (await _send_card(api, world, **changes))["errcode"] == errcode


async def test_task_ids_are_used_once(api: Any, world: Any) -> None:
    """A task id that the app used before is 42014."""
    await _send_card(api, world)

    assert (await _send_card(api, world))["errcode"] == 42014


async def test_buttons_need_a_callback_address(api: Any, stand_in: Any, world: Any) -> None:
    """An app without callback URL cannot send interactive cards: 43012."""
    stand_in.company.change_app("moderation", has_callback=False)

    assert (await _send_card(api, world))["errcode"] == 43012


async def test_card_is_changed_once(api: Any, world: Any) -> None:
    """The response code is good for one update; unknown userids are named."""
    code = (await _send_card(api, world))["response_code"]
    body = {
        "userids": [world.people[0].userid, "Nobody"],
        "agentid": 1000002,
        "response_code": code,
        "button": {"replace_name": "已同意"},
    }
    first = await api.post("message/update_template_card", body)
    second = await api.post("message/update_template_card", body)

    assert first["errcode"] == 0
    assert first["invaliduser"] == ["Nobody"]
    assert second["errcode"] == 60140


async def test_code_of_an_event_is_good_too(api: Any, stand_in: Any) -> None:
    """A pressed button brings its own response code."""
    code = press(stand_in.company, "moderation")
    body = {"response_code": code, "userids": []}

    assert (await api.post("message/update_template_card", body, app="notice"))["errcode"] == 60140
    assert (await api.post("message/update_template_card", body))["errcode"] == 0


async def test_code_ends_after_72_hours(api: Any, world: Any, clock: Any) -> None:
    """An old response code is 60140."""
    code = (await _send_card(api, world))["response_code"]
    clock.forward(72 * HOUR + 1)
    api.tokens.clear()
    body = {"response_code": code, "userids": []}

    assert (await api.post("message/update_template_card", body))["errcode"] == 60140
