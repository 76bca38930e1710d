"""Shannon entropy."""

import pytest

from moderator.matching.entropy import shannon


@pytest.mark.parametrize(
    ("value", "bits"), [("", 0.0), ("aaaa", 0.0), ("abab", 1.0), ("abcd", 2.0), ("01234567", 3.0)]
)
def test_entropy_is_in_bits_per_character(value: str, bits: float) -> None:
    """The entropy of evenly used characters is the logarithm of their number."""
    assert shannon(value) == pytest.approx(bits)
