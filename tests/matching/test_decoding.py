"""Looking into encoded runs."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.matching.decoding import decodings

HIDDEN = "postgres://app:pa55word@db/prod"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("run", "chain"),
    [
        (encoded(HIDDEN), ("base64",)),
        (base64.urlsafe_b64encode(HIDDEN.encode()).decode().rstrip("="), ("base64",)),
        (HIDDEN.encode().hex(), ("hex",)),
        (HIDDEN.encode().hex(" "), ("hex",)),
        ("".join(f"\\x{byte:02x}" for byte in HIDDEN.encode()), ("hex",)),
        (quote(HIDDEN, safe=""), ("percent",)),
        (quote(HIDDEN, safe=":/"), ("percent",)),
        ("".join(f"\\u{ord(c):04x}" for c in HIDDEN), ("escape",)),
        (encoded(HIDDEN.encode().hex()), ("base64", "hex")),
        (quote(encoded(HIDDEN) + "==", safe=""), ("percent", "base64")),
        (encoded(encoded(HIDDEN)), ("base64", "base64")),
    ],
)
def test_encodings_are_undone_up_to_two_deep(run: str, chain: tuple[str, ...]) -> None:
    """The hidden text comes out, with the encodings named from the outside in."""
    found = {decoded.chain: decoded.text for decoded in decodings(f"看这个 {run} 谢谢")}

    assert HIDDEN in found.get(chain, "")


def test_the_place_is_that_of_the_outermost_run() -> None:
    """However deep the text stood, its offsets are those of the run in the original."""
    run = encoded(encoded(HIDDEN))
    text = f"看这个 {run} 谢谢"

    assert {text[d.start : d.end] for d in decodings(text)} == {run}


def test_three_levels_are_not_looked_into() -> None:
    """Two levels are the limit: a message must not cost more the deeper it is nested."""
    assert all(len(d.chain) <= 2 for d in decodings(encoded(encoded(encoded(HIDDEN)))))


def test_what_is_not_text_is_left_alone() -> None:
    """Random letters decode to bytes, and bytes are no text."""
    assert list(decodings("key-8fJ2kLmNpQrStUvWxYz0123456789abcdEFGH")) == []


@given(st.text(max_size=300))
def test_decoding_never_raises(text: str) -> None:
    """Whatever people write, decoding answers."""
    for decoded in decodings(text):
        assert 0 <= decoded.start < decoded.end <= len(text)


def test_the_number_of_runs_is_bounded() -> None:
    """A text of nothing but runs is looked at only so far."""
    text = " ".join([encoded("just an ordinary sentence")] * 200)

    assert len(list(decodings(text))) <= 32
