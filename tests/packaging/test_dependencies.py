"""What the package imports is what it says it needs."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def declared() -> set[str]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project.get("optional-dependencies", {}).values()
    every = [*project["dependencies"], *(one for extra in extras for one in extra)]
    return {re.split(r"[\[<>=;! ]", one)[0].lower() for one in every}


def imported() -> set[str]:
    names: set[str] = set()
    for path in (PROJECT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - sys.stdlib_module_names - {"moderator"}


def test_every_imported_package_is_declared() -> None:
    """An installation gets what the code imports, not only what others happen to bring along."""
    distributions = packages_distributions()
    needed = {
        name: {one.lower().replace("_", "-") for one in distributions[name]} for name in imported()
    }

    assert not {name for name, found in needed.items() if not found & declared()}
