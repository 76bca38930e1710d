"""Cards with buttons: within WeCom's limits, and read under either spelling."""

import pytest

from moderator.domain.cards import CardAnswer, Verdict
from moderator.domain.message import Ignored
from moderator.rehearsal import callbacks
from moderator.wecom import events
from moderator.wecom.cards import Question, question

HEAD = callbacks.Head(corp="ww1", sender="LiSi", at=1_790_000_000, agent_id=1000002)


@pytest.mark.parametrize("misspelt", [False, True])
def test_a_press_is_read_under_either_spelling(*, misspelt: bool) -> None:
    """OptionIds as the libraries send it, OpitonIds as the documentation has it."""
    plain = callbacks.card_press(
        HEAD, key="approve", task_id="violation-7-9-1", response_code="code", misspelt=misspelt
    )

    answer = events.read(plain, app="guard", corp="ww1")
    assert isinstance(answer, CardAnswer)
    assert (answer.sender, answer.task) == ("LiSi", "violation-7-9-1")
    assert (answer.pressed, answer.response_code) == ("approve", "code")


def test_the_option_counts_where_the_button_only_submits() -> None:
    """A card with a choice says `submit` as its key and the choice as an option."""
    plain = callbacks.event(
        HEAD,
        "template_card_event",
        {
            "EventKey": "submit",
            "TaskId": "t",
            "ResponseCode": "c",
            "SelectedItems": {
                "SelectedItem": {"QuestionKey": "q", "OptionIds": {"OptionId": "dismiss"}}
            },
        },
    )

    answer = events.read(plain, app="guard", corp="ww1")
    assert isinstance(answer, CardAnswer)
    assert answer.pressed == "dismiss"


def test_a_press_of_nothing_is_ignored() -> None:
    """Without a task there is no card that it could belong to."""
    plain = callbacks.event(HEAD, "template_card_event", {"EventKey": "approve"})

    assert isinstance(events.read(plain, app="guard", corp="ww1"), Ignored)


def test_a_question_keeps_wecoms_limits() -> None:
    """Whatever is put in: characters of each block, entries of each list."""
    long = "很长的名字" * 40
    payload = question(
        Question(
            task="violation-1-2-1",
            title=long,
            description=long,
            facts=[(long, long)] * 9,
            text=long,
            buttons=[(verdict.value, verdict.value) for verdict in Verdict],
        ),
        users=["LiSi", "WangWu"],
    )

    card = payload["template_card"]
    assert payload["touser"] == "LiSi|WangWu"
    assert len(card["main_title"]["title"]) == 36
    assert len(card["main_title"]["desc"]) == 44
    assert len(card["sub_title_text"]) == 160
    assert len(card["horizontal_content_list"]) == 6
    assert {len(fact["keyname"]) for fact in card["horizontal_content_list"]} == {5}
    assert {len(fact["value"]) for fact in card["horizontal_content_list"]} == {30}
    assert [button["key"] for button in card["button_list"]] == ["approve", "dismiss", "later"]
