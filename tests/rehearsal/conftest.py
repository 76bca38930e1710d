"""A world and a running stand-in for the tests of the rehearsal itself."""

import pytest

from moderator.rehearsal.invention import invent_world
from moderator.rehearsal.world import World


@pytest.fixture(scope="session")
def invented() -> World:
    return invent_world(people=40)
