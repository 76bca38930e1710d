"""The measured part of `docs/performance.md`."""

from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
_BEGIN = "<!-- measured: `python benchmarks/callbacks.py --write` writes from here -->"
_END = "<!-- to here -->"


def show(measured: str, *, write: bool) -> None:
    """Print what was measured; put it into the page in place of what stands there."""
    print(measured)
    if write:
        page = PAGE.read_text("utf-8")
        before, _, rest = page.partition(_BEGIN)
        after = rest.partition(_END)[2]
        PAGE.write_text(f"{before}{_BEGIN}\n\n{measured}\n\n{_END}{after}", "utf-8")
