"""What is shown of an explanation, and the reader's words for reasons."""

import pytest

from moderator.domain.rule import Boundary, Layer, Pattern, Rule, Separators, Severity, Word
from moderator.matching.explanation import Suppressed
from moderator.matching.screening import Screen
from moderator.web.console.catalogue import catalogues
from moderator.web.console.reasons import told
from moderator.web.console.trying import Objection, Stretch, Trial, trial

CATALOGUES = catalogues()


def word(text: str) -> Word:
    return Word(
        text=text,
        boundary=Boundary.ANYWHERE,
        separators=Separators.FEW,
        undo=frozenset(Layer) - {Layer.HOMOPHONE},
    )


INVOICES = Rule(
    id="invoices",
    category="advertising",
    severity=Severity.HIGH,
    description="",
    version="1",
    words=(word("代开发票"), word("发票")),
    allow=("发票抬头",),
)
NUMBERS = Rule(
    id="numbers",
    category="personal-data",
    severity=Severity.LOW,
    description="",
    version="1",
    patterns=(Pattern(expression=r"\d{12}", keywords=("卡号",), after=20),),
    masked=True,
)
SCREEN = Screen([INVOICES, NUMBERS])


def shown(text: str) -> Trial:
    return trial(SCREEN.explain(text))


def test_stretches() -> None:
    """The text is cut where hits begin and end, and each piece names the hits over it."""
    assert shown("低价代开发票。").stretches == (
        Stretch("低价"),
        Stretch("代开发票", (1,), "high"),
        Stretch("。"),
    )


def test_a_text_without_hits() -> None:
    """A clean text is one piece."""
    found = shown("中午吃什么")

    assert found.stretches == (Stretch("中午吃什么"),)
    assert found.text == "中午吃什么"


def test_nothing_to_try() -> None:
    """Of an empty text nothing is shown."""
    assert shown("").stretches == ()


def test_masked_values() -> None:
    """A masked value is covered in the piece, and neither the text nor its reading comes back."""
    found = shown("卡号 123456789012 請代開發票")

    assert found.stretches[1] == Stretch("****012", (1,), "low")
    assert (found.text, found.canonical) == ("", "")
    assert "123456789" not in str([found.stretches, found.objections, found.nearest])


def test_how_it_was_read() -> None:
    """A disguised text comes with the form in which it was read."""
    assert shown("請代開發票").canonical == "请代开发票"


def test_objections_once() -> None:
    """The same objection at several places is told once, with their number."""
    (objection,) = shown("发票抬头，发票抬头").objections

    assert isinstance(objection, Objection)
    assert (objection.found.reason, objection.times) == ("allow phrase 发票抬头", 2)
    assert isinstance(objection.found, Suppressed)


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("allow phrase 发票抬头", "放行短语：发票抬头"),
        ("entropy 2.1 is below 3.5", "随机程度 2.1 低于要求的 3.5"),
        ("layer pinyin is not undone for this word", "这个词不还原“拼音”"),
        ("checksum resident-id fails", "校验码（resident-id）不通过"),
        ("a reason of tomorrow", "a reason of tomorrow"),
    ],
)
def test_reasons(reason: str, chinese: str) -> None:
    """The matcher's reasons are told in the reader's language; an unknown one as it is."""
    assert told(reason, CATALOGUES["zh"]) == chinese


@pytest.mark.parametrize(
    "text",
    [
        "中午发票抬头写什么",
        "代、、、、、、、、开发票",
        "发。票",
        "代开发漂",
        "开代票发",
        "开发票了",
        "fapiaox xfapiao",
    ],
)
def test_every_reason_is_known(text: str) -> None:
    """Whatever the matcher says of a text, the console says in Chinese."""
    found = shown(text)
    reasons = [one.found.reason for one in found.objections] + [n.reason for n in found.nearest]

    assert [reason for reason in reasons if told(reason, CATALOGUES["zh"]) == reason] == []
