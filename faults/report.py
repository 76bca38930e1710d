"""The last results, written into `docs/reliability.md` between two marks."""

import platform
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from faults.suite import Result

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "reliability.md"
_HEAD: Final = (
    "| scenario | asked | done | sent / answered | violations | shown | shown twice | reached |"
    "\n|---|---|---|---|---|---|---|---|"
)


def write(result: "Result", *, names: Iterable[str], seed: int) -> None:
    """Put the result between the marks; the rows of the other `names` stay."""
    kept = {row.split(" | ")[0].removeprefix("| "): row for row in _standing()}
    kept[result.name] = _row(result)
    rows = [kept.get(name) for name in names]
    table = "\n".join((_HEAD, *filter(None, rows)))
    replace("faults", f"Last played: {provenance()}; seed {seed}.\n\n{table}")


def replace(mark: str, text: str) -> None:
    """Put `text` between `<!-- mark -->` and `<!-- /mark -->`."""
    old = DOCUMENT.read_text("utf-8")
    between = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.DOTALL)
    new = between.sub(lambda found: f"{found[1]}{text}\n{found[2]}", old)
    DOCUMENT.write_text(new, "utf-8")


def provenance() -> str:
    """When and on what something was measured."""
    lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    day = datetime.now(UTC).date().isoformat()
    machine = f"{len(models)} × {models[0]}" if models else platform.machine()
    return f"{day}, {machine}, {platform.system()}, Python {platform.python_version()}"


def _standing() -> list[str]:
    text = DOCUMENT.read_text("utf-8")
    between = text.partition("<!-- faults -->")[2].partition("<!-- /faults -->")[0]
    return [line for line in between.splitlines() if line.startswith("| ")][1:]


def _row(result: "Result") -> str:
    did = result.did.replace("|", "/")
    if result.verdict is None:
        cells = [result.name, result.asked, did, "", "", "", "", "**skipped**"]
    else:
        counts = Counter(result.verdict.counts)
        cells = [
            result.name,
            result.asked,
            did,
            f"{counts['sent']} / {counts['answered']}",
            str(counts["violations"]),
            str(counts["shown"]),
            str(counts["shown twice in the window"]),
            "holds" if result.passed else f"**{len(result.verdict.faults)} faults**",
        ]
    return f"| {' | '.join(cells)} |"
