"""Texts rewritten in Python and natively: one result, and a map that holds."""

import pickle
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.text import rewrite, rewriting
from moderator.text.rewritten import COMPILED

TABLE = {0xC6: "ae", 0x200B: "", 0xFF21: "a", 0x1F004: "中", 0x4E01: "\U0001f3b2"}
TEXTS = st.text(st.sampled_from("aabB6六_- ，\u200bÆＡ丁🀄\ud83dфи@$¢"), max_size=40)
KINDS = bytes(
    rewriting.LETTER
    if code < 0x80 and chr(code).isalpha()
    else {0x444: rewriting.FOREIGN, 0x438: rewriting.FOREIGN}.get(code, 0)
    or (rewriting.MARK if chr(code) in "@$¢" else 0)
    for code in range(rewriting.PLANE)
)


def test_the_native_twin_is_in_use() -> None:
    """Where there is a compiler, nothing is rewritten in Python."""
    assert COMPILED


@given(TEXTS)
def test_translations_are_those_of_the_standard_library(text: str) -> None:
    """Each character of a translation was made from the one that it is said to come from."""
    native, pure = rewrite.Translation(TABLE).of(text), rewriting.Translation(TABLE).of(text)

    assert native[0] == pure[0] == text.translate(TABLE)
    assert (native[1] is None) == (pure[1] is None)
    starts = range(len(text)) if native[1] is None else native[1]
    assert list(starts) == list(pure[1] or starts)
    assert all(one in text[at].translate(TABLE) for one, at in zip(native[0], starts, strict=True))


def test_a_translation_survives_pickling() -> None:
    """Built books are kept on disk."""
    translation = pickle.loads(pickle.dumps(rewrite.Translation(TABLE)))

    assert translation.of("Æ\u200b") == ("ae", rewriting.Translation(TABLE).of("Æ\u200b")[1])


@given(TEXTS, st.data())
def test_splices_stand_where_they_were_put(text: str, data: st.DataObject) -> None:
    """What is put in comes from what it replaces, all else from itself."""
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
    splices = [
        (start, end, data.draw(st.sampled_from(["", "x", "六合", "🎲"])))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]

    native, pure = rewrite.spliced(text, splices), rewriting.spliced(text, splices)

    assert native == pure
    put = {(start, end) for start, end, _ in splices}
    for one, start, end in zip(*native, strict=True):
        assert (start, end) in put or text[start:end] == one


@given(TEXTS)
def test_squeezing_is_the_same_in_both(text: str) -> None:
    """Only letters, digits and ideographs are left, and none beside its like."""
    native = rewrite.squeezed(text)

    assert native == rewriting.squeezed(text)
    assert native[0] == rewrite.squeeze(text) == rewriting.squeeze(text)
    assert native[0].isalnum() or not native[0]


@given(TEXTS)
def test_foreign_words_are_the_same_in_both(text: str) -> None:
    """They have a foreign letter; no more than two marks stand between letters."""
    native = rewrite.foreign_runs(text, KINDS)

    assert native == rewriting.foreign_runs(text, KINDS)
    assert all(not {"ф", "и"}.isdisjoint(text[start:end]) for start, end in native)


@pytest.mark.parametrize("module", [rewrite, rewriting])
def test_what_was_left_out_stands_where_the_next_does(module: ModuleType) -> None:
    """Places in a text are told as places in what it was rewritten to, and back."""
    text, starts, _ = module.spliced("a--b-c", [(1, 3, ""), (4, 5, "")])

    assert text == "abc"
    assert module.standing(starts, [0, 1, 2, 3, 5, 6]) == [0, 1, 1, 1, 2, 3]
    assert list(module.picked(starts, module.after(module.spliced("xy", [(1, 2, "")])[1]))) == [3]
