"""The image: no root, nothing written but where it is said, no shell in between."""

import json
import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
STATE = "/var/lib/moderator"


def final_stage() -> list[str]:
    """The instructions of the image that runs, each on one line."""
    text = (PROJECT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    last = max(at for at, line in enumerate(lines) if line.startswith("FROM "))
    return [re.sub(r"\s+", " ", line.strip()) for line in lines[last:]]


def the_one(instruction: str) -> str:
    found = [line for line in final_stage() if line.startswith(f"{instruction} ")]
    assert len(found) == 1, found
    return found[0].removeprefix(f"{instruction} ")


def test_it_does_not_run_as_root() -> None:
    """And nothing follows that would need it."""
    stage = final_stage()
    user = the_one("USER")

    assert user not in {"root", "0"}
    after = stage[stage.index(f"USER {user}") :]
    assert not [line for line in after if line.startswith(("RUN", "COPY", "ADD"))]


def test_its_program_is_not_its_own_to_change() -> None:
    """What runs belongs to root; only its state is the service's own."""
    copied = [line for line in final_stage() if line.startswith(("COPY", "ADD"))]

    assert copied == ["COPY --from=build /opt/moderator /opt/moderator"]
    assert f"--home-dir {STATE}" in " ".join(final_stage())
    assert the_one("WORKDIR") == STATE


def test_nothing_stands_between_it_and_its_signals() -> None:
    """A shell as process 1 would neither pass SIGTERM on nor keep arguments apart."""
    assert json.loads(the_one("ENTRYPOINT")) == ["moderator"]
    assert json.loads(the_one("CMD")) == ["serve"]


def test_python_writes_nothing_beside_its_modules() -> None:
    """The file system may be read-only."""
    assert "PYTHONDONTWRITEBYTECODE=1" in the_one("ENV")


def test_no_secret_is_baked_in() -> None:
    """Images are copied about; secrets come in files or variables at the start."""
    text = (PROJECT / "Dockerfile").read_text("utf-8")

    assert not re.search(r"(?i)(secret|token|password|key)\S*=", text)
    assert "ARG" not in text
