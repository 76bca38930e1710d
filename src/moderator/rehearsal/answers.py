"""What an endpoint of the stand-in answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TEXTS: Mapping[int, str] = {
    -1: "system busy",
    40001: "invalid credential",
    40003: "invalid userid",
    40007: "invalid media_id",
    40008: "invalid message type",
    40013: "invalid corpid",
    40014: "invalid access_token",
    40029: "invalid oauth_code",
    40033: "invalid request character, \\uxxxx is not allowed",
    40035: "invalid parameter",
    40056: "invalid agentid",
    40058: "invalid Request Parameter",
    41001: "access_token missing",
    41002: "corpid missing",
    41004: "corpsecret missing",
    41009: "userid missing",
    41068: "too many words in the intercept rule",
    41069: "too many intercept rules",
    41070: "invalid intercept rule id",
    41071: "intercept rule deleted",
    41076: "applicable range of the intercept rule too big",
    41077: "name of the intercept rule not unique",
    41083: "invalid word in the intercept rule",
    41084: "invalid semantics in the intercept rule",
    42001: "access_token expired",
    42014: "invalid or repeated task_id",
    42016: "task_id missing",
    42045: "card_action missing",
    42052: "msgid expired",
    43012: "app has no callback url",
    44004: "empty content",
    45002: "content size out of limit",
    45009: "api freq out of limit",
    48002: "api forbidden",
    48009: "api forbidden for contacts secret from this ip",
    49008: "group dissolved",
    50003: "app disabled",
    60011: "no privilege to access/modify contact/party/agent",
    60020: "not allow to access from your ip",
    60111: "userid not found",
    60123: "invalid party id",
    60140: "invalid or expired response_code",
    81013: "user & party & tag all invalid",
    82001: "user & party & tag all empty",
    82002: "too many parties",
    82003: "too many tags",
    86001: "invalid chatid",
    86003: "chatid not found",
    86004: "invalid chat name",
    86005: "invalid chat owner",
    86006: "invalid number of chat members",
    86007: "invalid chat member",
    86008: "chat was not created by this app",
    86201: "chatid missing",
    86202: "chat name missing",
    86204: "chat members missing",
    86205: "chatid too long",
    86207: "owner is not among the members",
    86215: "chatid exists",
    86216: "not a member of the chat",
    93000: "invalid webhook url",
    93004: "robot disabled",
    301002: "agentid does not fit the access_token",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """An answer that is a file instead of JSON."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A call that was carried out.

    `reached` are the userids that really got something on their screen; `dropped` are those that
    did not although WeCom answered 0, each with the reason.
    """

    body: Mapping[str, Any] = field(default_factory=dict)
    reached: tuple[str, ...] = ()
    dropped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    file: Download | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a caller asked: the query without the token, and the JSON body of a POST."""

    query: Mapping[str, str]
    body: Mapping[str, Any]
    address: str = ""


class Refused(Exception):
    """The call is answered with `code`; nothing was done."""

    def __init__(self, code: int, hint: str = "") -> None:
        self.code = code
        self.text = TEXTS.get(code, "error") + (f", hint: {hint}" if hint else "")
        super().__init__(f"{code} {self.text}")

    def answer(self) -> Answer:
        return Answer(body={"errcode": self.code, "errmsg": self.text})


def whole_number(value: Any, default: int) -> int:
    """`value` as WeCom takes numbers, also from strings; refuses anything else (40035)."""
    if value is None or value == "":
        return default
    if not str(value).isdecimal():
        raise Refused(40035, f"{value!r} is no number")
    return int(str(value))
