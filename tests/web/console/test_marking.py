"""Texts with their hits marked."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.message import TextField
from moderator.domain.rule import Severity
from moderator.ledger.records import HitRecord
from moderator.web.console.marking import Stretch, marked

HIT = HitRecord(
    rule="invoices",
    version="v1",
    category="advertising",
    severity=Severity.MEDIUM,
    field="Content",
    start=2,
    end=4,
    layers=(),
    verified=None,
    masked=False,
)


def stretches(text: str, *hits: HitRecord) -> tuple[Stretch, ...]:
    return marked([TextField("Content", text)], hits)[0].stretches


def test_a_hit_is_a_stretch_of_its_own() -> None:
    """What lies before and after it is not marked."""
    assert stretches("低价发票啊", HIT) == (
        Stretch("低价"),
        Stretch("发票", (1,), (1,), "medium"),
        Stretch("啊"),
    )


def test_overlapping_hits_share_a_stretch_of_the_graver_severity() -> None:
    """Where two hits lie over the same characters, both numbers are known."""
    graver = replace(HIT, start=3, end=5, severity=Severity.CRITICAL)

    assert stretches("低价发票啊", HIT, graver) == (
        Stretch("低价"),
        Stretch("发", (1,), (1,), "medium"),
        Stretch("票", (1, 2), (2,), "critical"),
        Stretch("啊", (2,), (), "critical"),
    )


def test_hits_of_another_field_mark_nothing() -> None:
    """Offsets are those of the field that the hit names."""
    assert stretches("低价发票啊", replace(HIT, field="Title")) == (Stretch("低价发票啊"),)


def test_hits_beyond_the_text_mark_nothing() -> None:
    """A text that was cut short is shown as it is."""
    assert stretches("低价", replace(HIT, start=7, end=9)) == (Stretch("低价"),)


def test_an_empty_text_has_no_stretches() -> None:
    """There is nothing to show."""
    assert stretches("", HIT) == ()


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=6),
)
def test_no_character_is_lost_or_doubled(text: str, spans: list[tuple[int, int]]) -> None:
    """Wherever the hits lie, the stretches together are the text."""
    hits = [replace(HIT, start=start, end=start + length) for start, length in spans]

    assert "".join(one.text for one in stretches(text, *hits)) == text
