"""Every errcode of wecom.md §7.4 leads to the one step that makes sense."""

import pytest

from moderator.wecom.errors import Remedy, classify

EXPECTED = {
    Remedy.RETRY: [-1, 6000, 45009, 45033],
    Remedy.REFRESH_TOKEN: [40014, 41001, 42001],
    Remedy.PAUSE_APP: [
        40001,
        41004,
        40013,
        40056,
        301002,
        50003,
        48002,
        48004,
        48006,
        48009,
        60020,
    ],
    Remedy.GONE: [40003, 60111, 46004, 49008, 86216],
    Remedy.UNSUPPORTED: [42052, 86008, 86101, 86224, 90501, 92002, 301005, 301059],
    Remedy.FAIL: [
        40031,
        81013,
        60011,
        40033,
        40035,
        45002,
        44004,
        40058,
        82001,
        86001,
        999999,
    ],
}


@pytest.mark.parametrize(
    ("code", "remedy"), [(code, remedy) for remedy in EXPECTED for code in EXPECTED[remedy]]
)
def test_remedy(code: int, remedy: Remedy) -> None:
    """Only what the documentation calls retryable is retried; unknown codes fail."""
    assert classify(code) is remedy
