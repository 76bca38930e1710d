"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime

import pytest


class Clock:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()
