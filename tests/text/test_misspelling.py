import pytest

from moderator.domain.rule import Layer
from moderator.text.misspelling import misspelt


@pytest.mark.parametrize(
    ("other", "layer"),
    [
        ("fu-ck", Layer.SEPARATORS),
        ("fu_ck", Layer.SEPARATORS),
        ("fu*ck", Layer.SEPARATORS),
        ("f-ck", Layer.LEET),
        ("f^ck", Layer.LEET),
        ("fxck", Layer.LEET),
        ("fvck", Layer.LEET),
        ("phuck", Layer.LEET),
    ],
)
def test_spells_words_as_people_hide_them(other: str, layer: Layer) -> None:
    """Parted by a mark, with a vowel hidden, and with letters that sound or look alike."""
    assert (other, layer) in set(misspelt("fuck"))


@pytest.mark.parametrize("word", ["ass", "kill you", "赌博", "k粉", "9527"])
def test_leaves_short_words_phrases_and_other_scripts_alone(word: str) -> None:
    """A mark within three letters, or beside a space, leaves too little to be read."""
    assert list(misspelt(word)) == []


def test_makes_no_domain_of_a_word() -> None:
    """A full stop before what may be a country is one of an address."""
    assert "sh.it" not in dict(misspelt("shit"))
    assert "s.hit" in dict(misspelt("shit"))


def test_keeps_contractions() -> None:
    """An apostrophe belongs to who're."""
    assert "who're" not in dict(misspelt("whore"))
