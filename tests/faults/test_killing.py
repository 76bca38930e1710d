"""What a scenario itself has to say, beside the checker."""

from types import SimpleNamespace
from typing import Any

from faults import killing


def test_a_crash_point_that_is_not_reached_is_a_fault() -> None:
    """Where a method was renamed, nothing would die and everything would hold."""
    stage: Any = SimpleNamespace(complaints=[])

    told = killing._told(stage, ("a:B.c:before:1", "a:B.d:after:2"), ["a:B.d:after:2"])

    assert told == "1 of 2 crash points"
    assert stage.complaints == ["a:B.d:after:2 was not reached"]
