"""Compiles the native first look; without a C compiler the package is built without it."""

import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("src", "moderator", "matching")
MODULE = "glance"


class NativeModule(BuildHookInterface[Any]):
    """Compiles in place, for checkouts and wheels alike; what is there stays until it is whole."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        folder = Path(self.root) / FOLDER
        name = MODULE + str(sysconfig.get_config_var("EXT_SUFFIX"))
        try:
            with tempfile.TemporaryDirectory(dir=folder, prefix=".") as scratch:
                compiled(folder / f"{MODULE}.pyx", Path(scratch, name)).replace(folder / name)
        except (OSError, subprocess.CalledProcessError) as error:
            self.app.display_warning(f"{MODULE} is left out, messages take longer: {error}")
            return
        build_data["artifacts"].append(f"/{FOLDER}/{name}")
        build_data["pure_python"] = False
        build_data["infer_tag"] = True


def compiled(source: Path, target: Path) -> Path:
    """The module, by way of C."""
    written = target.with_suffix(".c")
    module = ["--module-name", f"moderator.matching.{MODULE}"]
    run([sys.executable, "-m", "cython", *module, "-o", str(written), str(source)])
    compiler = shlex.split(str(sysconfig.get_config_var("CC") or "cc"))
    flags = ["-O2", "-fPIC", "-shared", "-I", sysconfig.get_path("include")]
    run([*compiler, *flags, str(written), "-o", str(target)])
    return target


def run(command: list[str]) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - what is written above
