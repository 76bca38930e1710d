import io
import json
import logging
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
import structlog

from moderator.domain.message import Message, Source, TextField
from moderator.errors import WeComRefused
from moderator.settings import LogSettings
from moderator.telemetry.logging import configure_logging

TEXT = "绝密：周五之前不要外传"
TOKEN = "tk" + "Zq9" * 12


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Logging is process-wide: put it back for the tests that follow."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in ("httpx", "asyncio", "watchfiles")}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


class Log:
    """What came out."""

    def __init__(
        self, level: Literal["debug", "info"] = "info", form: Literal["json", "console"] = "json"
    ) -> None:
        self._stream = io.StringIO()
        settings = LogSettings.model_validate({"level": level, "format": form})
        configure_logging(settings, stream=self._stream)

    @property
    def text(self) -> str:
        return self._stream.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def message() -> Message:
    return Message(
        key="k",
        corp="ww1",
        app="desk",
        source=Source.CALLBACK,
        sender="zhang",
        message_id="1",
        kind="text",
        sent_at=datetime(2026, 1, 1, tzinfo=UTC),
        fields=(TextField("Content", TEXT),),
    )


def test_an_event_is_one_json_object_with_level_and_time() -> None:
    """A structlog event becomes one line with its fields, level and UTC time."""
    log = Log()
    structlog.get_logger("moderator").info("message", app="desk", milliseconds=1.5)

    (event,) = log.events

    assert event.items() >= {"event": "message", "app": "desk", "level": "info"}.items()
    assert event["milliseconds"] == 1.5
    assert event["timestamp"].endswith("Z")


def test_events_below_the_level_are_dropped() -> None:
    """The level of the settings holds for structlog and the standard library alike."""
    log = Log()
    structlog.get_logger().debug("fine")
    logging.getLogger("x").debug("fine")

    assert log.events == []


@pytest.mark.parametrize("field", ["text", "content", "body", "message_text", "Evidence"])
def test_fields_that_hold_what_people_wrote_are_struck_out(field: str) -> None:
    """Whoever logs a message's text by mistake logs nothing of it."""
    log = Log()
    structlog.get_logger().info("oops", **{field: TEXT})

    assert TEXT not in log.text
    assert log.events[0][field] == "[redacted]"


def test_such_fields_are_struck_out_at_any_depth() -> None:
    """A nested mapping is no way around."""
    log = Log()
    structlog.get_logger().info("oops", answer={"items": [{"content": TEXT}]})

    assert TEXT not in log.text


def test_a_value_that_is_not_plain_data_is_named_by_type_only() -> None:
    """The `repr` of a message would be its text."""
    log = Log()
    structlog.get_logger().info("oops", it=message(), parts=[message()], raw=TEXT.encode())

    assert TEXT not in log.text
    assert log.events[0]["it"] == "<Message>"
    assert log.events[0]["raw"] == "<bytes>"


@pytest.mark.parametrize(
    "line",
    [
        f"GET https://qyapi.weixin.qq.com/cgi-bin/message/send?access_token={TOKEN}&debug=1",
        f"POST /cgi-bin/webhook/send?key={TOKEN}",
        f"/cgi-bin/gettoken?corpid=ww1&corpsecret={TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        f"{{'authorization': 'Bearer {TOKEN}'}}",
        f'{{"access_token": "{TOKEN}"}}',
        f"postgresql+asyncpg://moderator:{TOKEN}@db/moderator",
    ],
)
def test_credentials_are_struck_out_of_any_string(line: str) -> None:
    """Tokens and secrets do not come out, whichever way the line arrives."""
    log = Log()
    structlog.get_logger().info(line, url=line)
    logging.getLogger("someone").warning("calling %s", line)

    assert TOKEN not in log.text
    assert log.text.count("[redacted]") == 3


@pytest.mark.parametrize("field", ["secret", "access_token", "Authorization", "fingerprint_key"])
def test_fields_that_hold_secrets_are_struck_out(field: str) -> None:
    """A secret is known by the name of its field where its shape says nothing."""
    log = Log()
    structlog.get_logger().info("oops", **{field: TOKEN})

    assert TOKEN not in log.text


def test_the_standard_librarys_logs_take_the_same_form() -> None:
    """A library's warning is one JSON object that names its logger."""
    log = Log()
    logging.getLogger("sqlalchemy.pool").warning("gone %d", 3)

    (event,) = log.events

    assert (event["event"], event["logger"], event["level"]) == (
        "gone 3",
        "sqlalchemy.pool",
        "warning",
    )


def test_uvicorn_speaks_through_the_same_lines_and_its_access_log_is_silent() -> None:
    """uvicorn's own handlers are gone; the access lines are said better by wide events."""
    logging.getLogger("uvicorn").addHandler(logging.StreamHandler(io.StringIO()))
    log = Log()
    logging.getLogger("uvicorn.error").info("Started")
    logging.getLogger("uvicorn.access").info("GET /")

    assert [event["event"] for event in log.events] == ["Started"]
    assert logging.getLogger("uvicorn").handlers == []


@pytest.mark.filterwarnings("default")
def test_pythons_warnings_take_the_same_form() -> None:
    """A deprecation does not put a bare line between the JSON ones."""
    log = Log()
    warnings.warn("old ways", DeprecationWarning, stacklevel=1)

    (event,) = log.events

    assert (event["logger"], event["level"]) == ("py.warnings", "warning")
    assert "old ways" in event["event"]


def test_a_library_that_appends_reprs_is_cut_to_its_first_line() -> None:
    """Asyncio appends the repr of a failed task, which quotes its error."""
    log = Log()
    logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: %s", TEXT)

    assert TEXT not in log.text
    assert log.events[0]["event"] == "Task exception was never retrieved"


def fail_on(text: str) -> None:
    secret = text
    raise ValueError(f"cannot take {secret}")


def test_a_foreign_error_is_told_by_type_and_place_without_its_sentence_or_locals() -> None:
    """A library's sentence may quote the message; its type and frames may not."""
    log = Log()
    try:
        fail_on(TEXT)
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("x").exception("failed too")

    assert TEXT not in log.text
    for event in log.events:
        (error,) = event["errors"]
        assert error["type"] == "ValueError"
        assert error["at"][-1].startswith("test_logging.py:")
        assert error["at"][-1].endswith(" fail_on")


def test_our_own_error_and_what_it_came_from_are_told() -> None:
    """Errors of this service carry no message text, so they may speak; causes follow."""
    log = Log()
    try:
        try:
            fail_on(TEXT)
        except ValueError as cause:
            raise WeComRefused(81013, f"bad user, access_token={TOKEN}", "/send") from cause
    except WeComRefused as error:
        structlog.get_logger().warning("refused", exc_info=error)

    ours, origin = log.events[0]["errors"]

    assert ours["says"] == "/send: errcode 81013 bad user, access_token=[redacted]"
    assert origin["type"] == "ValueError"
    assert "says" not in origin


def test_people_get_lines_and_the_same_redaction() -> None:
    """The console form is for eyes and just as tight."""
    log = Log(form="console")
    structlog.get_logger().info("message", content=TEXT, url=f"/x?access_token={TOKEN}")

    assert "message" in log.text
    assert TEXT not in log.text
    assert TOKEN not in log.text


def test_a_second_configuration_replaces_the_first() -> None:
    """Configuring twice does not write every line twice."""
    first, second = Log(), Log()
    logging.getLogger("x").warning("once")

    assert first.events == []
    assert len(second.events) == 1
