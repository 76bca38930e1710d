"""What the benchmarks found, as tables for people and as JSON lines for programs."""

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import Any

RESULTS = Path(__file__).resolve().parents[1] / "build" / "bench.jsonl"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers stand to the right."""
    right = [_numeric(row[column] for row in rows) for column in range(len(header))]
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = [_line(row, widths, right) for row in cells]
    rule = (
        "-" * (width - 1) + (":" if at else "-") for width, at in zip(widths, right, strict=True)
    )
    return "\n".join([lines[0], "| " + " | ".join(rule) + " |", *lines[1:]])


def _numeric(values: Any) -> bool:
    return all(isinstance(value, int | float) or value == "" for value in values)


def _cell(value: object) -> str:
    return f"{value:,.1f}" if isinstance(value, float) else str(value).replace("|", "\\|")


def _line(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    cells = (
        text.rjust(width) if at else text.ljust(width)
        for text, width, at in zip(row, widths, right, strict=True)
    )
    return "| " + " | ".join(cells) + " |"


def percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


def record(benchmark: str, **values: Any) -> None:
    """Append one line to `build/bench.jsonl`."""
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"benchmark": benchmark, "at": time(), **values}) + "\n")


def provenance() -> str:
    """When and on what a measurement was made."""
    day = datetime.now(UTC).date().isoformat()
    return f"{day}, {_processor()}, {platform.system()}, Python {platform.python_version()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8").splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} × {models[0]}" if models else platform.machine()
