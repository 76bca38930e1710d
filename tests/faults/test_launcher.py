"""Crash points: the process dies at the call that was named, and not before the first callback."""

import subprocess
import sys
from pathlib import Path

import pytest
from faults.launcher import CRASHED

_PROGRAM = """
import asyncio, sys, types
sys.path.insert(0, sys.argv[1])
from faults import launcher
from moderator.intake.reception import Reception

class Desk:
    async def work(self):
        print("worked", flush=True)

async def nothing(*_):
    pass

sys.modules["desk"] = types.ModuleType("desk")
sys.modules["desk"].Desk = Desk
Reception.take = nothing
launcher.arm(sys.argv[2])

async def main():
    await Desk().work()
    await Reception.take(None)
    for _ in range(3):
        await Desk().work()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("point", "worked", "status"),
    [
        ("desk:Desk.work:before:2", 2, CRASHED),
        ("desk:Desk.work:after:2", 3, CRASHED),
        ("desk:Desk.work:after:9", 4, 0),
    ],
)
def test_a_process_dies_where_it_was_told_to(point: str, worked: int, status: int) -> None:
    """The call before the first callback does not count."""
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(Path(__file__).resolve().parents[2]), point],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (ended.stdout.count("worked"), ended.returncode) == (worked, status), ended.stderr
