"""Install the peers that `requirements-bench.lock` pins, as many as install on this machine.

Run by the Python they are to be installed for.  A peer that does not install is named, and the
rest goes in without it; `peers.py` reports it as missing.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
LOCK = PROJECT / "requirements-bench.lock"
WANTED = PROJECT / "requirements-bench.in"


def stanzas() -> Mapping[str, str]:
    """Each package of the lock with its hashes and the packages that want it."""
    parts = re.split(r"^(?=[a-z0-9])", LOCK.read_text("utf-8"), flags=re.MULTILINE)
    return {part.partition("==")[0]: part for part in parts if "==" in part}


def needed(peer: str, lock: Mapping[str, str]) -> str:
    """The part of the lock that this peer needs."""
    chosen = {peer}
    while more := {name for name in lock if name not in chosen and _wanted_by(lock[name], chosen)}:
        chosen |= more
    return "".join(lock[name] for name in sorted(chosen))


def _wanted_by(stanza: str, names: set[str]) -> bool:
    return any(
        name in names for name in re.findall(r"^    #(?: via)? +(\S+)$", stanza, re.MULTILINE)
    )


def install(requirements: str) -> bool:
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(requirements)
        file.flush()
        command = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", file.name]
        return subprocess.run([sys.executable, *command], check=False).returncode == 0


def main() -> None:
    if install(LOCK.read_text("utf-8")):
        return
    lock = stanzas()
    lines = (line.strip() for line in WANTED.read_text("utf-8").splitlines())
    for peer in (line for line in lines if line and not line.startswith("#")):
        if not install(needed(peer, lock)):
            print(f"{peer} does not install here", file=sys.stderr)


if __name__ == "__main__":
    main()
