"""What fuzzing keeps: every seed, and every input that once broke a rule, is tried in each run."""

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
TARGETS = 10


@pytest.mark.slow
def test_no_kept_input_breaks_a_rule() -> None:
    """Envelopes, events, texts, rules, policy, settings, callbacks, API and spool."""
    done = subprocess.run(
        [sys.executable, "-m", "fuzz", "--cases", "0"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("  ok\n") == TARGETS
