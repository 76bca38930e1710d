"""`moderator`, but it dies at a chosen await, or its clock can be moved.

Nothing of this is in the package: this script changes the classes before the service is built.
`FAULTS_CRASH` is `module:Class.method:before|after:n`: the n-th call after the first callback was
received.  `FAULTS_CLOCK` names a file that holds the seconds to be added to the time.
"""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from inspect import iscoroutinefunction
from itertools import count
from pathlib import Path
from typing import Any, Final

from moderator.cli.main import run
from moderator.intake.reception import Reception

CRASHED: Final = 86


class Fuse:
    """Ends the process at the n-th call, counted from the first callback."""

    def __init__(self, moment: str, nth: int) -> None:
        self._moment = moment
        self._nth = nth
        self._calls = count(1)
        self.lit = False

    def on(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def watched(*arguments: Any, **named: Any) -> Any:
            last = self._has_come()
            result = await method(*arguments, **named)
            if last:
                os._exit(CRASHED)
            return result

        def watched_at_once(*arguments: Any, **named: Any) -> Any:
            last = self._has_come()
            result = method(*arguments, **named)
            if last:
                os._exit(CRASHED)
            return result

        return watched if iscoroutinefunction(method) else watched_at_once

    def _has_come(self) -> bool:
        last = self.lit and next(self._calls) == self._nth
        if last and self._moment == "before":
            os._exit(CRASHED)
        return last


def arm(point: str) -> None:
    """Let the process die at `point`; raises `AttributeError` where there is no such method."""
    module, method, moment, nth = point.split(":")
    owner, name = method.split(".")
    found = getattr(import_module(module), owner)
    fuse = Fuse(moment, int(nth))
    setattr(found, name, fuse.on(getattr(found, name)))
    inner: Callable[..., Any] = Reception.take

    def take(*arguments: Any, **named: Any) -> Any:
        fuse.lit = True
        return inner(*arguments, **named)

    Reception.take = take  # type: ignore[method-assign]


def bend_clock(file: Path) -> None:
    """Let everything that asks the service's own clock see the moved time."""

    def moved() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(file.read_text("utf-8")))

    import_module("moderator.app")
    for name, module in list(sys.modules.items()):
        if name.startswith("moderator.") and hasattr(module, "_now"):
            setattr(module, "_now", moved)  # noqa: B010 - it is private to each module


def main() -> None:
    """Run a command of `moderator` under the fault that the environment names."""
    if point := os.environ.get("FAULTS_CRASH"):
        arm(point)
    if file := os.environ.get("FAULTS_CLOCK"):
        bend_clock(Path(file))
    run()


if __name__ == "__main__":
    main()
