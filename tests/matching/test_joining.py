"""Secrets sent in pieces."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from moderator.domain.finding import Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Behaviour, Rule, Severity
from moderator.matching.conversation import Conversation
from moderator.matching.flooding import Flooding
from moderator.matching.joining import NOTE, may_complete
from moderator.matching.recollection import Recollection
from moderator.matching.screening import Screen
from moderator.rehearsal import chat
from moderator.rulebook.samples import expand

LONG_WINDOW = Flooding(
    [
        Rule(
            id="same",
            category="flooding",
            severity=Severity.LOW,
            description="x",
            version="1" * 16,
            behaviour=Behaviour(repeats=21, within=600),
        )
    ]
)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
KEY_ID = expand("<aws-key-id:AKIA>", seed="id")
SECRET = expand("<base64:40>", seed="secret")
TOKEN = expand("<github:ghp_>", seed="token")
PASSWORD = expand("<password:12>", seed="password")


@pytest.fixture(scope="module")
def screen(shipped_rules: tuple[Rule, ...]) -> Screen:
    return Screen(shipped_rules)


class Chat:
    """One conversation; every text is ten seconds after the one before."""

    def __init__(self, screen: Screen, *, every: float = 10.0) -> None:
        self._screen = screen
        self._every = every
        self._conversation = Conversation()
        self._count = 0

    def say(self, text: str, *, sender: str = "ZhangSan", chat: str = "room") -> list[Hit]:
        """What is found in the text only because of what was said before."""
        self._count += 1
        return self.deliver(self.message(text, sender=sender, chat=chat))

    def message(self, text: str, *, sender: str = "ZhangSan", chat: str = "room") -> Message:
        return Message(
            key=str(self._count),
            corp="ww1",
            app="guard",
            source=Source.ARCHIVE,
            sender=sender,
            message_id=str(self._count),
            kind="text",
            sent_at=START + timedelta(seconds=self._count * self._every),
            fields=(TextField("Content", text),),
            chat=chat,
        )

    def deliver(self, message: Message) -> list[Hit]:
        alone = [
            replace(hit, field=field.name)
            for field in message.fields
            for hit in self._screen.screen(field.text)
        ]
        return self._conversation.hits(message, alone, screen=self._screen, flooding=LONG_WINDOW)


def test_an_id_and_its_secret_in_two_messages_are_a_pair(screen: Screen) -> None:
    """The secret alone is forty characters of anything."""
    talk = Chat(screen)
    talk.say(f"key {KEY_ID}")
    hits = talk.say(f"还有这个 {SECRET}")

    assert [(hit.rule, hit.field, hit.masked) for hit in hits] == [
        ("aws-secret-access-key", "Content", True)
    ]
    assert NOTE in hits[0].notes
    assert f"还有这个 {SECRET}"[hits[0].start : hits[0].end] == SECRET


def test_a_message_between_does_not_hide_the_pair(screen: Screen) -> None:
    """Id, a word, secret: three messages."""
    talk = Chat(screen)
    talk.say(KEY_ID)
    talk.say("马上")

    assert [hit.rule for hit in talk.say(SECRET)] == ["aws-secret-access-key"]


def test_a_token_cut_in_two_is_found(screen: Screen) -> None:
    """What lies in the second message is the hit."""
    talk = Chat(screen)
    talk.say(f"token {TOKEN[:20]}")
    hits = talk.say(f"{TOKEN[20:]} 收好")

    assert [(hit.rule, hit.start, hit.end) for hit in hits] == [("github-token", 0, 20)]


def test_a_token_cut_in_three_is_found(screen: Screen) -> None:
    """Nor does a second cut help."""
    talk = Chat(screen)
    talk.say(TOKEN[:14])
    talk.say(TOKEN[14:28])

    assert [hit.rule for hit in talk.say(TOKEN[28:])] == ["github-token"]


def test_a_password_after_its_announcement_is_found(screen: Screen) -> None:
    """密码是 — and then the password."""
    talk = Chat(screen)
    talk.say("数据库密码是：")
    hits = talk.say(PASSWORD)

    assert [(hit.start, hit.end) for hit in hits] == [(0, len(PASSWORD))]


def test_a_private_key_over_two_messages_is_found(screen: Screen) -> None:
    """WeCom's limit of 2,048 bytes cuts long ones by itself."""
    key = expand("<pem:>", seed="pem")
    talk = Chat(screen)
    lines = key.split("\n")
    talk.say("\n".join(lines[:4]))

    assert talk.say("\n".join(lines[4:]))


@pytest.mark.parametrize("apart", [{"sender": "LiSi"}, {"chat": "elsewhere"}])
def test_pieces_of_different_people_or_chats_are_not_joined(
    screen: Screen, apart: dict[str, str]
) -> None:
    """Only one sender in one chat."""
    talk = Chat(screen)
    talk.say(f"key {KEY_ID}", **apart)

    assert talk.say(SECRET) == []


def test_pieces_far_apart_in_time_are_not_joined(screen: Screen) -> None:
    """After a minute nobody remembers what came before."""
    talk = Chat(screen, every=61)
    talk.say(KEY_ID)

    assert talk.say(SECRET) == []


def test_what_was_found_alone_is_not_found_again(screen: Screen) -> None:
    """Nor is what stood in the message before."""
    talk = Chat(screen)
    talk.say(f"git token {TOKEN}")

    assert talk.say(f"再发一次 git token {TOKEN}") == []
    assert talk.say("build 20260302 ok") == []


def test_a_message_delivered_again_is_found_again(screen: Screen) -> None:
    """The first delivery may have failed on its way to the ledger."""
    talk = Chat(screen)
    talk.say(KEY_ID)
    first = talk.say(SECRET)
    again = talk.message(SECRET)

    assert first
    assert talk.deliver(again) == first


def test_only_masked_rules_look_across_messages(shipped_rules: tuple[Rule, ...]) -> None:
    """Half a word in each of two messages is nothing; the same rules unmasked find nothing."""
    open_rules = [replace(rule, masked=False) for rule in shipped_rules]
    talk = Chat(Screen(open_rules))
    talk.say(KEY_ID)

    assert talk.say(SECRET) == []


def test_numbers_sent_in_a_row_are_not_one_number(screen: Screen) -> None:
    """Half a telephone number after another number is no telephone number."""
    talk = Chat(screen)
    talk.say("1380013")

    assert talk.say("8000") == []


def test_unrelated_messages_in_a_row_give_nothing(screen: Screen) -> None:
    """Thousands of lines of office chat by one person, each joined with the two before it."""
    chance = random.Random(5)
    talk = Chat(screen)

    assert [hit for _ in range(5_000) for hit in talk.say(chat.clean(chance).text)] == []


@pytest.mark.parametrize(
    "text",
    ["好的，收到", "今天 10:30 开会", "版本 2.13.1 发了", "涨了 12.5%", "see you there then"],
)
def test_ordinary_talk_costs_no_second_look(text: str) -> None:
    """Times, versions and words complete nothing."""
    assert not may_complete(text)


@pytest.mark.parametrize("text", [SECRET, TOKEN[20:], PASSWORD, "384921", "Admin@x", "是 abcd1"])
def test_values_and_rests_of_values_are_looked_at(text: str) -> None:
    """Long, numeric, or letters with digits or marks."""
    assert may_complete(text)


def test_texts_are_dropped_after_the_window(screen: Screen) -> None:
    """The secret's first half is not kept for ever: a minute, where no rule looks back longer."""
    recollection = Recollection()
    conversation = Conversation(recollection)
    talk = Chat(screen, every=61)
    for text in ("一", "二", "三"):
        talk.say(text)
        one = talk.message(text)
        conversation.hits(one, (), screen=screen, flooding=Flooding())

    assert len(recollection) == 1
