"""What is installed works without a checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world

PROJECT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with nothing but the wheel; it borrows the third-party packages."""
    dist = tmp_path_factory.mktemp("dist")
    build = ["-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist), str(PROJECT)]
    subprocess.run([sys.executable, *build], check=True, capture_output=True)
    (wheel,) = dist.glob("*.whl")
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    install = ["-m", "pip", "--python", str(home / "bin" / "python"), "install", "--quiet"]
    subprocess.run([sys.executable, *install, "--no-deps", str(wheel)], check=True)
    site = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    (Path(site) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return home


def moderator(
    environment: Path, *arguments: str, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [environment / "bin" / "moderator", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=environment,
        env=kept | variables,
    )


def test_the_installed_package_is_the_wheel(environment: Path) -> None:
    """The test below would prove nothing if the checkout were imported."""
    where = subprocess.run(
        [environment / "bin" / "python", "-c", "import moderator; print(moderator.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=environment,
    )

    assert where.stdout.startswith(str(environment))


def test_an_installed_package_scans_with_the_shipped_rules(environment: Path) -> None:
    """`rules/` travels inside the wheel."""
    line = json.dumps({"id": "1", "text": "诚招兼职刷单，日结三百"})

    scan = moderator(environment, "scan", "-", "--format", "jsonl", "--json", stdin=line + "\n")

    assert scan.returncode == 0, scan.stderr
    assert json.loads(scan.stdout)["hits"][0]["category"] in {"advertising", "fraud"}


def test_an_installed_package_has_its_native_modules(environment: Path) -> None:
    """They were compiled when the wheel was built."""
    code = (
        "from moderator.matching.glance import Glance; from moderator.wecom import flat;"
        "from moderator.text.rewritten import COMPILED;"
        "print(Glance, flat.children(b'<xml></xml>'), COMPILED)"
    )

    imported = subprocess.run(
        [environment / "bin" / "python", "-c", code], capture_output=True, text=True, check=True
    )

    assert "Glance" in imported.stdout
    assert "[] True" in imported.stdout


def test_an_installed_package_migrates_a_database(
    environment: Path, empty_database_url: str
) -> None:
    """`migrations/` travels inside the wheel."""
    values = settings_of(
        invent_world(), api_url="http://127.0.0.1:1", database_url=empty_database_url
    )
    variables = {f"MODERATOR_{name.upper()}": json.dumps(value) for name, value in values.items()}

    upgrade = moderator(environment, "database", "upgrade", **variables)
    check = moderator(environment, "database", "check", **variables)

    assert upgrade.returncode == 0, upgrade.stderr
    assert check.returncode == 0, check.stderr
