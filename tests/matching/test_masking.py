"""What people may see of a masked value."""

from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.finding import Hit
from moderator.domain.rule import Severity
from moderator.matching.masking import COVER, excerpt, mask


def hit(start: int, end: int, *, masked: bool = True) -> Hit:
    return Hit(
        rule="r",
        version="v",
        category="credential",
        severity=Severity.HIGH,
        start=start,
        end=end,
        masked=masked,
    )


@given(st.text(alphabet="abcdefgh12345678", max_size=80))
def test_a_mask_shows_at_most_four_characters_and_a_quarter(value: str) -> None:
    """What is left is the end of the value, four characters or a quarter of it at the most."""
    left = mask(value).removeprefix(COVER)

    assert value.endswith(left)
    assert len(left) <= min(4, len(value) / 4)


def test_a_mask_does_not_tell_the_length() -> None:
    """Two long values of different lengths and the same end look the same."""
    assert mask("a" * 20 + "wxyz") == mask("b" * 40 + "wxyz")


def test_an_excerpt_covers_the_value_and_shows_what_stands_around() -> None:
    """The words around a secret stay, the secret goes."""
    text = "数据库密码是Tr0ub4dor&3，别外传"

    assert excerpt(text, hit(6, 17)) == f"数据库密码是{COVER}&3，别外传"


def test_an_excerpt_marks_where_the_text_goes_on() -> None:
    """An ellipsis stands where text was left out."""
    text = "一" * 40 + "坏词" + "二" * 40

    assert excerpt(text, hit(40, 42, masked=False), around=3) == "…一一一坏词二二二…"


def test_an_excerpt_covers_other_masked_hits_in_range() -> None:
    """A key id beside a secret is covered as well, though another rule found it."""
    text = "id=AAAABBBBCCCCDDDD key=EEEEFFFFGGGGHHHH"

    shown = excerpt(text, hit(24, 40), around=30, others=[hit(3, 19)])

    assert "AAAABBBB" not in shown
    assert "EEEEFFFF" not in shown
    assert shown.startswith("id=")


def test_an_excerpt_covers_a_masked_value_that_it_cuts_in_two() -> None:
    """A masked value at the edge of the excerpt is covered whole, not shown in part."""
    text = "SECRETSECRETSECRET 后面是坏词"

    shown = excerpt(text, hit(22, 24, masked=False), around=5, others=[hit(0, 18)])

    assert "SECRET" not in shown


@given(st.text(min_size=1, max_size=60), st.data())
def test_no_masked_span_is_ever_shown(text: str, data: st.DataObject) -> None:
    """Whatever is masked and however spans overlap, an excerpt shows no masked value whole."""
    spans = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(text) - 1), st.integers(1, 20)), min_size=1, max_size=4
        )
    )
    unique = "".join(chr(0x4E00 + i) for i in range(len(text)))
    hits = [hit(start, min(len(text), start + size)) for start, size in spans]

    shown = excerpt(unique, hits[0], around=80, others=hits[1:])

    for each in hits:
        hidden = unique[each.start : each.end]
        assert sum(character in shown for character in hidden) <= min(4, len(text) / 4)
