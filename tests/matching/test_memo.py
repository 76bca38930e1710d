"""The memo of token verdicts: bounded, free of what might be secret, never stored."""

import pickle

from moderator.matching.memo import MOST, Memo


def test_remembers_short_words() -> None:
    """The function runs once for a word."""
    asked: list[str] = []

    def length(token: str) -> int:
        asked.append(token)
        return len(token)

    memo = Memo(length)
    assert [memo["hello"], memo["hello"]] == [5, 5]
    assert asked == ["hello"]


def test_never_remembers_what_may_be_a_secret() -> None:
    """Long tokens and those with digits are worked out anew."""
    memo = Memo(len)
    assert [memo["pass1234"], memo["averylongpassword"]] == [8, 17]
    assert not memo


def test_is_bounded() -> None:
    """A stream of ever new words does not fill the memory."""
    memo = Memo(len)
    for number in range(MOST + 10):
        word = "".join(chr(ord("a") + int(digit)) for digit in f"{number:05}")
        assert memo[word] == 5
    assert len(memo) == MOST


def test_pickles_empty() -> None:
    """A stored book holds nothing of what was screened."""
    memo = Memo(len)
    assert memo["hello"] == 5
    copy = pickle.loads(pickle.dumps(memo))
    assert dict(copy) == {}
    assert copy["hello"] == 5
