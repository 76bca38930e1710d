"""What a target is: seeds, and a check that raises on what must never happen."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SEEDS = Path(__file__).parent / "seeds"  # texts of our own, and every input that once broke a rule


class Broken(AssertionError):
    """A rule of the target does not hold for an input."""


def _nothing() -> None:
    """Most targets need nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`check` takes any bytes; whatever it raises is a finding.

    `share` is its part of all cases: cheap targets get more of them.  `prepare` is called once
    before the first check, outside of its time.
    """

    name: str
    check: Callable[[bytes], None]
    share: int = 1
    prepare: Callable[[], None] = _nothing
    tokens: tuple[bytes, ...] = ()  # words of the format, which chance alone would not spell
    longest: int = 4096  # bytes of an input

    @property
    def seeds(self) -> list[bytes]:
        files = sorted((SEEDS / self.name).iterdir())
        return [path.read_bytes() for path in files if path.is_file()]


def require(holds: bool, rule: str) -> None:  # noqa: FBT001 - reads as `assert`, also under -O
    """Raise `Broken` with the rule unless it holds."""
    if not holds:
        raise Broken(rule)
