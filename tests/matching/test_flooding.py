"""Floods: too many messages, or the same one too often."""

import json
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from moderator.domain.finding import Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Behaviour, Rule, Severity
from moderator.matching.conversation import Conversation
from moderator.matching.flooding import PATIENCE, Flooding
from moderator.matching.gist import Gist
from moderator.matching.recollection import DEPTH, Recollection
from moderator.matching.screening import Screen
from moderator.rehearsal import chat
from moderator.rulebook.loader import load_rulebook
from moderator.shipped import rules_directory

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AD = "新到一批正品手表，厂家直供，需要的同事加我微信详谈"
NOTHING = Screen([])


def rule(**limit: float) -> Rule:
    behaviour = Behaviour(**limit)  # type: ignore[arg-type]
    name = "many" if behaviour.messages else "same"
    return Rule(
        id=name,
        category="flooding",
        severity=Severity.LOW,
        description="x",
        version="1" * 16,
        behaviour=behaviour,
    )


def message(number: int, text: str = AD, *, at: float = 0.0, **where: str) -> Message:
    values = {"corp": "ww1", "app": "guard", "sender": "ZhangSan", "chat": "", **where}
    return Message(
        key=f"{where}{number}",
        source=Source.ARCHIVE,
        message_id=str(number),
        kind="text",
        sent_at=START + timedelta(seconds=at),
        fields=(TextField("Content", text),),
        **values,
    )


class Room:
    """Everything said so far, and the rules that listen."""

    def __init__(self, *rules: Rule, recollection: Recollection | None = None) -> None:
        self.flooding = Flooding(rules)
        self.conversation = Conversation(recollection)

    def hear(self, one: Message) -> list[Hit]:
        return self.conversation.hits(one, (), screen=NOTHING, flooding=self.flooding)

    def floods(self, messages: Iterable[Message]) -> list[int]:
        """The numbers of the messages that were hit."""
        return [int(one.message_id) for one in messages if self.hear(one)]


def same(count: int, *, every: float = 1.0, text: str = AD) -> list[Message]:
    return [message(number, text, at=number * every) for number in range(count)]


def test_one_more_than_the_limit_is_a_flood() -> None:
    """Four times is allowed, the fifth is too much, and says how much that was."""
    room = Room(rule(repeats=4, within=60))
    hits = [room.hear(one) for one in same(5, every=10)]

    assert hits[:4] == [[], [], [], []]
    assert [(hit.rule, hit.category, hit.notes) for hit in hits[4]] == [
        ("same", "flooding", ("5 times the same text within 40 s",))
    ]


def test_a_hit_covers_the_whole_message() -> None:
    """Field and offsets are those of the message that was too much."""
    room = Room(rule(repeats=1, within=60))
    hit = next(hit for one in same(2) for hit in room.hear(one))

    assert (hit.field, hit.start, hit.end, hit.version) == ("Content", 0, len(AD), "1" * 16)


def test_the_same_text_spread_over_a_longer_time_is_no_flood() -> None:
    """A notice that is repeated every half minute is not one."""
    assert Room(rule(repeats=4, within=60)).floods(same(40, every=30)) == []


def test_a_flood_is_one_hit_for_each_window_it_goes_on() -> None:
    """Not one for each further message."""
    assert Room(rule(repeats=4, within=60)).floods(same(150)) == [4, 64, 124]


def test_many_different_messages_are_a_flood_of_messages_only() -> None:
    """The one limit counts all, the other only what is alike."""
    room = Room(rule(messages=20, within=30), rule(repeats=4, within=30))
    texts = [
        f"{letter * 3}说的第{letter}件事"
        for letter in "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收"
    ]
    hits = [room.hear(message(n, text, at=n)) for n, text in enumerate(texts)]

    assert [(n, hit.rule, hit.notes) for n, found in enumerate(hits) for hit in found] == [
        (20, "many", ("21 messages within 20 s",))
    ]


def test_a_message_delivered_again_counts_once() -> None:
    """Redelivery is WeCom's doing, not the sender's."""
    room = Room(rule(repeats=4, within=60), rule(messages=6, within=60))

    assert room.floods([one for one in same(4) for _ in range(5)]) == []


def test_the_message_that_was_too_much_is_so_when_it_comes_again() -> None:
    """The first delivery may have failed on its way to the ledger."""
    room = Room(rule(repeats=4, within=60))
    messages = same(7)
    first = [room.hear(one) for one in messages]

    assert first[4]
    assert [room.hear(one) for one in messages] == first


def test_what_was_said_later_does_not_count_against_an_earlier_message() -> None:
    """Nor when that comes late, or again."""
    room = Room(rule(messages=4, within=10))
    messages = same(5, every=3)

    assert room.floods([*messages, messages[2]]) == []


@pytest.mark.parametrize(
    "other", [{"sender": "LiSi"}, {"chat": "room2"}, {"corp": "ww2"}, {"app": "desk"}]
)
def test_people_and_chats_are_counted_apart(other: dict[str, str]) -> None:
    """Five people who send one notice each flood nothing."""
    room = Room(rule(repeats=4, within=60))
    here = [message(n, at=n) for n in range(4)]
    there = [message(n, at=n, **other) for n in range(4)]

    assert room.floods([*here, *there]) == []


def test_one_chat_seen_by_two_apps_is_one_chat() -> None:
    """Where a chat is named, the app does not matter."""
    room = Room(rule(repeats=4, within=60))
    apps = ("guard", "desk")

    assert room.floods(message(n, at=n, chat="r", app=apps[n % 2]) for n in range(5)) == [4]


@pytest.mark.parametrize(
    "variant",
    [
        AD + "！！！",
        AD.replace("手表", " 手 表 "),
        AD.replace("微信", "微 👍 信"),
        AD + " 83712",
        AD.replace("，", " 2039485761 "),
        AD.replace("同事", "同学"),
        AD.replace("新到", "又到").replace("详谈", "细谈"),
        AD.replace("详谈", "详\u200b谈"),
        "【转】" + AD,
    ],
)
def test_nearly_the_same_counts_as_the_same(variant: str) -> None:
    """Marks, emoji, spaces, digits and a letter or two of a long text make no difference."""
    assert Gist.of(AD).resembles(Gist.of(variant))
    assert Gist.of(variant).resembles(Gist.of(AD))


def test_case_and_width_make_no_difference() -> None:
    """ＡＤ is ad."""
    assert Gist.of("Please CALL me about the ＣＡＲ").resembles(
        Gist.of("please call me about the car")
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("订单 1001 已发货", "订单 1002 已发货"),
        ("好的", "收到"),
        ("1", "2"),
        ("👍", "🌹"),
        ("张三到了", "李四到了"),
        ("今天下午三点在三号会议室开评审会，请准时", "明天上午九点在二楼培训室开启动会，请准时"),
        (
            "please review the pull request about the login page",
            "please review the design document for the new report",
        ),
    ],
)
def test_different_messages_are_not_alike(one: str, other: str) -> None:
    """What a colleague would read as two messages is two."""
    assert not Gist.of(one).resembles(Gist.of(other))


@pytest.mark.parametrize("reply", ["好的", "收到", "1", "👍", "哈哈哈哈", "ok", "谢谢", "+1"])
def test_short_replies_may_be_repeated_more_often(reply: str) -> None:
    """They flood only far beyond the limit."""
    limit = rule(repeats=4, within=60)

    assert Room(limit).floods(same(4 * PATIENCE, text=reply)) == []
    assert Room(limit).floods(same(4 * PATIENCE + 1, text=reply)) == [4 * PATIENCE]


def test_old_messages_that_arrive_late_are_no_flood() -> None:
    """An archive read after a pause brings a day at once; it counts when things were said."""
    assert Room(rule(messages=5, within=30)).floods(same(50, every=20)) == []


def test_a_disabled_rule_counts_nothing() -> None:
    """As with words and patterns."""
    disabled = Rule(
        id="a",
        category="flooding",
        severity=Severity.LOW,
        description="x",
        version="1",
        behaviour=Behaviour(repeats=1, within=60),
        enabled=False,
    )

    assert Room(disabled).floods(same(9)) == []


def test_memory_is_bounded_in_senders() -> None:
    """The longest silent sender is forgotten first."""
    recollection = Recollection(most=100)
    room = Room(rule(repeats=4, within=60), recollection=recollection)
    for number in range(1_000):
        room.hear(message(number, at=number / 100, sender=f"user{number}"))

    assert 90 < len(recollection) <= 100


def test_memory_is_bounded_for_one_sender() -> None:
    """Nobody can fill it alone."""
    recollection = Recollection()
    room = Room(rule(messages=DEPTH - 1, within=3600), recollection=recollection)
    floods = room.floods(same(10 * DEPTH, every=0.01))

    assert len(recollection) == DEPTH
    assert floods == [DEPTH - 1]


def test_what_is_older_than_the_window_is_forgotten() -> None:
    """One message from anybody is enough."""
    recollection = Recollection()
    room = Room(rule(repeats=4, within=120), recollection=recollection)
    for number in range(50):
        room.hear(message(number, at=number, sender=f"user{number}"))
    room.hear(message(99, at=1_000, sender="somebody"))

    assert len(recollection) == 1


def test_ordinary_office_chat_trips_no_shipped_limit() -> None:
    """Forty lively senders, short replies among their sentences, an hour of it."""
    chance = random.Random(7)
    room = Room(*load_rulebook(rules_directory()).rules)
    replies = ("好的", "收到", "1", "哈哈", "👍", "谢谢", "嗯嗯", "ok", "辛苦了", "在吗")
    floods = []
    for number in range(20_000):
        text = chance.choice(replies) if chance.random() < 0.5 else chat.clean(chance).text
        sender = f"user{chance.randrange(40)}"
        floods += room.hear(message(number, text, at=number * 0.18, sender=sender, chat="r"))

    assert room.flooding.window > 0
    assert floods == []


def test_the_shipped_limits_find_a_flood() -> None:
    """Somebody who pastes an advertisement every two seconds is found within a minute."""
    room = Room(*load_rulebook(rules_directory()).rules)
    hits = [hit for one in same(30, every=2) for hit in room.hear(one)]

    assert [hit.rule for hit in hits] == ["flooding-repeats"]


def test_notes_hold_no_text() -> None:
    """What is told of a flood is how much, never what."""
    room = Room(rule(repeats=1, within=60))
    notes = json.dumps([hit.notes for one in same(2) for hit in room.hear(one)], ensure_ascii=False)

    assert not set(AD) & set(notes)
