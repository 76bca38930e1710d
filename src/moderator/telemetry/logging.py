"""One JSON object a line on standard error, from every part of the process.

structlog events, the standard library's loggers and uvicorn end in the same processors, and
nothing comes out that `redaction` would not let pass.  Errors become fields: type, sentence (for
our own and the system's errors; a foreign library's sentence may quote what people wrote), and
frames without local variables.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import Processor

from moderator.errors import ModeratorError
from moderator.settings import LogSettings
from moderator.telemetry.redaction import redact_event

_FRAMES: Final = 12  # innermost ones; the rest is the framework's
_CHAIN: Final = 5
# httpx logs each address it calls at INFO, uvicorn each access: the wide events say it better.
_CHATTY: Final = ("httpx", "httpcore", "uvicorn.access", "watchfiles", "asyncio")


def configure_logging(settings: LogSettings, *, stream: TextIO | None = None) -> None:
    """Send every log of this process to `stream` (standard error); replaces an earlier set-up."""
    target = stream or sys.stderr
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *_processors(settings, target)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=False,
    )
    _route_standard_library(settings, target, level)


def _processors(settings: LogSettings, target: TextIO) -> list[Processor]:
    return [
        describe_error,
        redact_event,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _renderer(settings, target),
    ]


def _renderer(settings: LogSettings, target: TextIO) -> Processor:
    if settings.format == "console":
        return structlog.dev.ConsoleRenderer(colors=target.isatty())
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _route_standard_library(settings: LogSettings, target: TextIO, level: int) -> None:
    output = logging.StreamHandler(target)
    output.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[_first_line],
            processors=[ProcessorFormatter.remove_processors_meta, *_processors(settings, target)],
        )
    )
    logging.basicConfig(handlers=[output], level=level, force=True)
    logging.captureWarnings(capture=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def _first_line(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    # asyncio and others append reprs of tasks and their errors, which may quote a message.
    record: logging.LogRecord = event["_record"]
    event["event"] = str(event["event"]).split("\n", 1)[0]
    event["logger"] = record.name
    event["exc_info"] = record.exc_info
    return event


def describe_error(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Turn `exc_info` into the field `errors`, outermost first (a structlog processor)."""
    error = _error_of(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if error is not None:
        event["errors"] = [_described(link) for link in _chain(error)]
    return event


def _error_of(exc_info: Any) -> BaseException | None:
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def _chain(error: BaseException) -> list[BaseException]:
    links = [error]
    while len(links) < _CHAIN:
        last = links[-1]
        following = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if following is None or following in links:
            break
        links.append(following)
    return links


def _described(error: BaseException) -> dict[str, Any]:
    stack = traceback.walk_tb(error.__traceback__)
    frames = traceback.StackSummary.extract(stack, lookup_lines=False)[-_FRAMES:]
    described: dict[str, Any] = {
        "type": type(error).__name__,
        "at": [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if isinstance(error, ModeratorError | OSError):
        described["says"] = str(error)
    if sqlstate := getattr(error, "sqlstate", None):
        described["sqlstate"] = str(sqlstate)
    return described
