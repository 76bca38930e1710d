import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.matching.automaton import EngineName, build

ALPHABET = "中文字六合彩😀👍🏽❤\ufe0f\u200b\u200d\u0301abAB é\u20e3𝓪"
TEXT = st.text(st.sampled_from(ALPHABET), max_size=30)
LITERALS = st.lists(
    st.text(st.sampled_from(ALPHABET), min_size=1, max_size=4), min_size=1, max_size=12, unique=True
)


@given(LITERALS, TEXT)
def test_engines_agree(literals: list[str], text: str) -> None:
    """Both engines find the same literals at the same places, overlapping ones included."""
    found = [sorted(build(literals, engine).find(text)) for engine in EngineName]
    assert found[0] == found[1]


@given(LITERALS, TEXT)
def test_matches_are_where_they_say(literals: list[str], text: str) -> None:
    """Every occurrence is found, by code points, and nothing else."""
    expected = sorted(
        (at, at + len(literal), number)
        for number, literal in enumerate(literals)
        for at in range(len(text))
        if text.startswith(literal, at)
    )
    for engine in EngineName:
        assert sorted(build(literals, engine).find(text)) == expected


@pytest.mark.parametrize("engine", EngineName)
def test_survives_pickling(engine: EngineName) -> None:
    """A built automaton can be kept on disk."""
    automaton = pickle.loads(pickle.dumps(build(["六合彩", "合彩"], engine)))
    assert sorted(automaton.find("买六合彩")) == [(1, 4, 0), (2, 4, 1)]


@pytest.mark.parametrize("engine", EngineName)
def test_finds_nothing_without_literals(engine: EngineName) -> None:
    """A book without words is a book."""
    assert build([], engine).find("六合彩") == []


@pytest.mark.parametrize("engine", EngineName)
@pytest.mark.parametrize("literals", [[""], ["一", "一"]])
def test_refuses_empty_and_repeated_literals(engine: EngineName, literals: list[str]) -> None:
    """daachorse would take them in silence and report them twice or everywhere."""
    with pytest.raises(ValueError, match="distinct"):
        build(literals, engine)


@pytest.mark.parametrize("engine", EngineName)
def test_refuses_lone_surrogates(engine: EngineName) -> None:
    """Both engines say so in the same way, so that the caller can replace them."""
    with pytest.raises(UnicodeEncodeError):
        build(["一"], engine).find("\ud800一")
