"""The command itself, run as people run it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MANY_LETTERS = "买六合彩😀"


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ({"LC_ALL": "C", "PYTHONUTF8": "0"}, MANY_LETTERS.encode()),
        ({"PYTHONIOENCODING": "gbk"}, "买六合彩\\U0001f600".encode("gbk")),
    ],
)
def test_a_terminal_that_lacks_letters_does_not_end_a_command(
    tmp_path: Path, locale: dict[str, str], shown: bytes
) -> None:
    """Where the locale says nothing UTF-8 is written; elsewhere what is lacking is escaped."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUTF8"}
    script = "from moderator.cli import main; main.app = lambda: print(%a); main.run()"

    done = subprocess.run(
        [sys.executable, "-c", script % MANY_LETTERS],
        env=environment | locale,
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert (done.returncode, done.stdout.strip()) == (0, shown), done.stderr
