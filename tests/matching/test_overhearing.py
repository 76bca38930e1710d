"""Processes of one machine hear what senders said to the others."""

import os
import random
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from moderator.domain.finding import Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Behaviour, Rule, Severity
from moderator.matching import overhearing
from moderator.matching.conversation import Conversation
from moderator.matching.flooding import Flooding
from moderator.matching.overhearing import PART, Overheard, Remark
from moderator.matching.recollection import Recollection
from moderator.matching.screening import Screen
from moderator.rulebook.samples import expand

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AD = "新到一批正品手表，厂家直供，需要的同事加我微信详谈"
ANNA, BERT = ("ww1", "guard", "anna"), ("ww1", "guard", "bert")
KEY_ID = expand("<aws-key-id:AKIA>", seed="id")
SECRET = expand("<base64:40>", seed="secret")
LIMIT = Rule(
    id="same",
    category="flooding",
    severity=Severity.LOW,
    description="x",
    version="1" * 16,
    behaviour=Behaviour(repeats=8, within=60),
)


class Machine:
    """So many processes, of which each message reaches one."""

    def __init__(self, processes: int, screen: Screen, *, sharing: bool = True) -> None:
        memory = memoryview(bytearray(processes * PART))
        self.processes = [
            Conversation(
                Recollection(overheard=Overheard(memory, place=place) if sharing else None)
            )
            for place in range(processes)
        ]
        self._screen = screen

    def deliver(self, process: int, number: int, text: str, *, at: float = 0.0) -> Sequence[Hit]:
        message = Message(
            key=f"{number}",
            corp="ww1",
            app="guard",
            source=Source.CALLBACK,
            sender="ZhangSan",
            message_id=f"{number}",
            kind="text",
            sent_at=START + timedelta(seconds=at),
            fields=(TextField("Content", text),),
        )
        conversation = self.processes[process]
        return conversation.hits(message, (), screen=self._screen, flooding=Flooding([LIMIT]))


@pytest.fixture(scope="module")
def screen(shipped_rules: tuple[Rule, ...]) -> Screen:
    return Screen([rule for rule in shipped_rules if rule.category == "credential"])


def two() -> tuple[Overheard, Overheard]:
    memory = memoryview(bytearray(2 * PART))
    return Overheard(memory, place=0), Overheard(memory, place=1)


def heard(ear: Overheard, speaker: tuple[str, str, str], *, since: float = 0.0) -> list[str]:
    return [remark.text for remark in ear.hear(speaker, (), since=since)[0]]


def test_what_one_is_told_the_other_hears_in_order() -> None:
    """And only of the sender it asks for; nobody hears themselves."""
    mouth, ear = two()
    for number in range(3):
        mouth.tell(ANNA, Remark(f"{number}", 100.0 + number, f"第{number}句"))
        mouth.tell(BERT, Remark(f"b{number}", 100.0 + number, "别的"))

    assert heard(ear, ANNA) == ["第0句", "第1句", "第2句"]
    assert heard(mouth, ANNA) == []


def test_what_was_heard_is_not_heard_again() -> None:
    """Whoever asks again gets what has come since."""
    mouth, ear = two()
    mouth.tell(ANNA, Remark("1", 100.0, "one"))
    first, places = ear.hear(ANNA, (), since=0.0)
    mouth.tell(ANNA, Remark("2", 101.0, "two"))
    second, _ = ear.hear(ANNA, places, since=0.0)

    assert ([one.text for one in first], [one.text for one in second]) == (["one"], ["two"])


def test_what_is_older_than_anybody_looks_back_is_left_out() -> None:
    """One late message does not hide those that came before it."""
    mouth, ear = two()
    for key, at in (("old", 10.0), ("new", 100.0), ("late", 50.0), ("last", 101.0)):
        mouth.tell(ANNA, Remark(key, at, key))

    assert heard(ear, ANNA, since=90.0) == ["new", "last"]


def test_memory_is_a_ring() -> None:
    """After many times its size the newest are whole, and nothing false is heard."""
    mouth, ear = two()
    chance = random.Random(1)
    said = []
    for number in range(4 * PART // 4000):
        said.append(f"{number} " + "字" * chance.randrange(2500))
        mouth.tell(ANNA, Remark(f"{number}", 100.0, said[-1]))
    kept = heard(ear, ANNA)

    assert 1000 < len(kept) < len(said)
    assert kept == said[-len(kept) :]


def test_half_a_remark_is_none() -> None:
    """A process that dies while it writes, or writes while another reads, is not believed."""
    memory = memoryview(bytearray(2 * PART))
    mouth, ear = Overheard(memory, place=0), Overheard(memory, place=1)
    mouth.tell(ANNA, Remark("1", 100.0, "whole"))
    at = bytes(memory).index(b"whole")
    memory[at : at + 1] = b"W"

    assert heard(ear, ANNA) == []


def test_whatever_lies_in_the_memory_raises_nothing() -> None:
    """Places and lengths that point anywhere are as good as nothing heard."""
    chance = random.Random(2)
    memory = memoryview(bytearray(2 * PART))
    mouth, ear = Overheard(memory, place=0), Overheard(memory, place=1)
    for _ in range(200):
        mouth.tell(ANNA, Remark("1", 100.0, "whole"))
        for _ in range(20):
            place = chance.randrange(overhearing._HEADS + 4000)
            struct.pack_into("=Q", memory, place // 8 * 8, chance.getrandbits(24))

        assert set(heard(ear, ANNA)) <= {"whole"}


def test_a_process_in_anothers_place_goes_on_writing() -> None:
    """One that died is replaced; what it had told is not overwritten first."""
    memory = memoryview(bytearray(2 * PART))
    Overheard(memory, place=0).tell(ANNA, Remark("1", 100.0, "before"))
    Overheard(memory, place=0).tell(ANNA, Remark("2", 101.0, "after"))

    assert heard(Overheard(memory, place=1), ANNA) == ["before", "after"]


def test_no_sender_speaks_for_another() -> None:
    """Marks of ours in a userid do not make it somebody else's."""
    mouth, ear = two()
    mouth.tell(("ww1", "guard", "bert\0k\0\0forged"), Remark("1", 100.0, "x"))

    assert heard(ear, BERT) == []


@pytest.mark.parametrize("processes", [2, 4])
def test_a_flood_over_several_processes_is_one(screen: Screen, processes: int) -> None:
    """The same messages are too many, whichever processes they reach, and once."""
    chance, machine = random.Random(processes), Machine(processes, screen)
    hits = [
        number
        for number in range(20)
        if machine.deliver(chance.randrange(processes), number, f"{AD} {number}", at=number)
    ]

    assert hits == [8]


def test_a_message_that_another_process_has_is_no_second_one(screen: Screen) -> None:
    """WeCom delivers again, to whichever process answers."""
    machine = Machine(2, screen)

    assert not any(machine.deliver(number % 2, 1, AD) for number in range(20))


def test_a_flood_that_comes_again_is_hit_again(screen: Screen) -> None:
    """What was not answered may reach another process; it must be kept there."""
    machine = Machine(2, screen)
    first = [machine.deliver(0, number, AD, at=number) for number in range(9)][-1]
    again = machine.deliver(1, 8, AD, at=8)

    assert [hit.notes for hit in first] == [hit.notes for hit in again] != []


def test_a_secret_in_two_pieces_is_found_in_two_processes(screen: Screen) -> None:
    """The key's name in one, its value in the other."""
    machine = Machine(2, screen)
    machine.deliver(0, 1, f"key {KEY_ID}")
    (hit,) = machine.deliver(1, 2, SECRET, at=3)

    assert (hit.category, hit.start, hit.end) == ("credential", 0, len(SECRET))


def test_processes_that_do_not_share_find_neither(screen: Screen) -> None:
    """What the tests above would see without shared memory."""
    machine = Machine(2, screen, sharing=False)
    machine.deliver(0, 1, f"key {KEY_ID}")

    assert not machine.deliver(1, 2, SECRET, at=3)
    assert not any(machine.deliver(n % 2, 9 + n, f"{AD} {n}", at=9 + n) for n in range(16))


def test_texts_stay_short_whoever_heard_them(screen: Screen) -> None:
    """Of long messages only the last are whole, also of those that came from others."""
    memory = memoryview(bytearray(2 * PART))
    here, there = (Recollection(overheard=Overheard(memory, place=place)) for place in range(2))
    machine = Machine(2, screen)
    machine.processes = [Conversation(there), Conversation(here)]
    for number in range(40):
        machine.deliver(0, number, f"{number}" * 4000, at=number)
    machine.deliver(1, 99, "x", at=41)
    talk = here._talks["ww1", "guard", "ZhangSan"]

    assert len(talk.said) == 41
    assert sum(len(said.text) for said in talk.said) < 41 * 300 + 2 * 4096


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="no memory without a file here")
def test_it_is_heard_through_a_descriptor() -> None:
    """As `--processes` hands it over: memory that belongs to no file."""
    from moderator.cli.processes import _memory, overheard

    descriptor = _memory(2)
    assert descriptor is not None
    mouth, ear = (overheard(f"{descriptor}:{place}") for place in range(2))
    os.close(descriptor)
    assert mouth is not None
    assert ear is not None
    mouth.tell(ANNA, Remark("1", 100.0, "through"))

    assert heard(ear, ANNA) == ["through"]
    assert overheard("") is None
