"""How the parts of the service are: asked with a time limit, told with reasons."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from moderator.errors import ModeratorError
from moderator.telemetry.redaction import redact_text
from moderator.wecom.errors import Remedy, classify

_PATIENCE: Final = 2.0  # seconds; a probe gives up after about as long


class Condition(StrEnum):
    """How a part is; the worst of all parts is how the service is."""

    OK = "ok"
    DISABLED = "disabled"  # switched off in the settings
    DEGRADED = "degraded"  # works, but a person should look
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class Part:
    """One part's condition, why, and its numbers; the numbers must be plain JSON values."""

    condition: Condition
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


Check = Callable[[], Awaitable[Part]]


async def examine(check: Check) -> Part:
    """Ask one part; a part that raises or does not answer in time is failing, with the reason."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check()
    except TimeoutError:
        return Part(Condition.FAILING, f"no answer within {_PATIENCE:g} s")
    except ModeratorError as error:
        return Part(Condition.FAILING, redact_text(str(error)) or type(error).__name__)
    except Exception as error:  # noqa: BLE001 - a broken check is a finding, not a broken page
        return Part(Condition.FAILING, type(error).__name__)


async def examine_all(checks: Mapping[str, Check]) -> dict[str, Part]:
    """Ask all parts at once."""
    parts = await asyncio.gather(*(examine(check) for check in checks.values()))
    return dict(zip(checks, parts, strict=True))


class Cached:
    """Examines `checks` once for all who ask within `seconds`."""

    def __init__(
        self,
        checks: Mapping[str, Check],
        *,
        seconds: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = checks
        self._seconds = seconds
        self._clock = clock
        self._lock = asyncio.Lock()
        self._asked = float("-inf")
        self._parts: dict[str, Part] = {}

    async def parts(self) -> dict[str, Part]:
        async with self._lock:
            if self._clock() - self._asked >= self._seconds:
                self._parts = await examine_all(self._checks)
                self._asked = self._clock()
            return self._parts


def worst(parts: Mapping[str, Part]) -> Condition:
    """How the service is, given its parts."""
    conditions = {part.condition for part in parts.values()}
    for condition in (Condition.FAILING, Condition.DEGRADED):
        if condition in conditions:
            return condition
    return Condition.OK


class WeComWatch:
    """Remembers how each API path last answered, and when each app got its token.

    `saw` and `fetched` are hooks of `WeComClient`.
    """

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._last: dict[str, int] = {}
        self._tokens: dict[str, datetime] = {}

    def saw(self, path: str, errcode: int) -> None:
        self._last[path] = errcode

    def fetched(self, app: str) -> None:
        self._tokens[app] = self._clock()

    async def check(self) -> Part:
        """Degraded while the last answer of any path asks for a person's attention."""
        troubling = {path: code for path, code in self._last.items() if _troubling(code)}
        tokens = {app: at.isoformat() for app, at in sorted(self._tokens.items())}
        facts = {"last_errcode": dict(sorted(self._last.items())), "tokens_since": tokens}
        if not troubling:
            return Part(Condition.OK, "" if self._last else "not called yet", facts)
        told = ", ".join(f"{path}: {code}" for path, code in sorted(troubling.items()))
        return Part(Condition.DEGRADED, f"last answer {told}", facts)


def _troubling(errcode: int) -> bool:
    # A person who left or a foreign group says nothing about the health of the connection.
    return errcode != 0 and classify(errcode) not in {Remedy.GONE, Remedy.UNSUPPORTED}
