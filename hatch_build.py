"""Compiles the native modules; without a C compiler the package is built without them."""

import shlex
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCES = Path("src")
MODULES = (
    Path("moderator", "matching", "glance"),
    Path("moderator", "text", "rewrite"),
    Path("moderator", "wecom", "flat"),
)


class NativeModules(BuildHookInterface[Any]):
    """Compiles in place, for checkouts and wheels alike; what is there stays until it is whole."""

    def initialize(self, _version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel":
            return
        for module in MODULES:
            built = SOURCES / f"{module}{sysconfig.get_config_var('EXT_SUFFIX')}"
            try:
                compile_module(Path(self.root), module, built)
            except (OSError, subprocess.CalledProcessError) as error:
                self.app.display_warning(f"{module} is left out, messages take longer: {error}")
                continue
            build_data["artifacts"].append(f"/{built.as_posix()}")
            build_data["pure_python"] = False
            build_data["infer_tag"] = True


def compile_module(root: Path, module: Path, built: Path) -> None:
    """Put the module in its place, by way of C."""
    source = root / SOURCES / f"{module}.pyx"
    compiler = shlex.split(str(sysconfig.get_config_var("CC") or "cc"))
    flags = ["-O2", "-fPIC", "-shared", "-I", sysconfig.get_path("include")]
    with tempfile.TemporaryDirectory(dir=source.parent, prefix=".") as scratch:
        written, made = Path(scratch, "module.c"), Path(scratch, built.name)
        name = ["--module-name", ".".join(module.parts)]
        run([sys.executable, "-m", "cython", *name, "-o", str(written), str(source)])
        run([*compiler, *flags, str(written), "-o", str(made)])
        made.replace(root / built)


def run(command: list[str]) -> None:
    subprocess.run(command, check=True)  # noqa: S603 - what is written above
