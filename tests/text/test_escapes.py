import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.text.characters import characters
from moderator.text.escapes import has_escapes, unescaped
from moderator.text.folding import canonical


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("&#20667;&#x903C;", "傻逼"),
        ("&#20667逼", "傻逼"),
        ("\\u50bb\\U903C", "傻逼"),
        ("\\u{50bb}", "傻"),
        ("\\x66\\x75", "fu"),
        ("%E5%82%BB%e9%80%bc", "傻逼"),
        ("a%3Db&#32;c", "a%3Db&#32;c"),
        ("f%75ck \\146 U+50BB \\xe5\\x82\\xbb", "fuck f 傻 傻"),
        ("傻<b>逼</b>，傻&zwnj;逼，傻[i]逼[/i]", "傻逼，傻逼，傻逼"),
        ("%66%75%63%6b %e4%bf%a1%56", "fuck 信V"),
        ("涨了30%45%，50%69折", "涨了30%45%，50%69折"),
        ("U+0066 U+0075", "fu"),
        ("a < b && c > d, 50%75, [doge]", "a < b && c > d, 50%75, [doge]"),
        ("&#99999999; \\u000a %E5%82", "&#99999999; \\u000a %E5%82"),
    ],
)
def test_escapes_of_letters_are_read(written: str, plain: str) -> None:
    """Letters, ideographs and digits are read from every kind of escape, nothing else is."""
    assert unescaped(written)[0] == plain


@given(st.text(st.sampled_from("傻a1&#;x\\u%E5"), max_size=12), st.sampled_from("傻逼博"))
def test_a_character_comes_from_the_whole_of_its_escape(before: str, character: str) -> None:
    """The canonical text maps back to the escape, exactly."""
    escape = f"&#{ord(character)};"
    text = before + escape + "了"
    view = canonical(text, characters())
    assert view.text[-2:] == character + "了"
    assert view.origin(len(view.text) - 2, len(view.text) - 1) == (len(before), len(text) - 1)


def test_ordinary_text_has_no_escapes() -> None:
    """Ampersands, percentages and paths are none."""
    assert not any(map(has_escapes, ["R&D", "100%", "C:\\users", "a=1&b=2", "%20", "好"]))
