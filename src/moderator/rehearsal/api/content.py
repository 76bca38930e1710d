"""What may stand in a message of the API: types and byte limits (`wecom.md` §6.1, §6.4, §6.5)."""

from collections.abc import Mapping
from typing import Any

from moderator.rehearsal.answers import Refused
from moderator.rehearsal.company import Company

_MEDIA = frozenset({"image", "voice", "video", "file"})
_TYPES = _MEDIA | {
    "text",
    "textcard",
    "news",
    "mpnews",
    "markdown",
    "miniprogram_notice",
    "template_card",
}
GROUP_TYPES = _MEDIA | {"text", "textcard", "news", "mpnews", "markdown"}

# msgtype → field → bytes; beyond it 45002.  Text beyond its limit is cut instead.
_LIMITS: Mapping[str, Mapping[str, int]] = {
    "markdown": {"content": 2048},
    "textcard": {"title": 128, "description": 512},
    "video": {"title": 128, "description": 512},
}
_TEXT_LIMIT = 2048
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "text": ("content",),
    "markdown": ("content",),
    "textcard": ("title", "description", "url"),
}


def check_content(
    company: Company, body: Mapping[str, Any], *, types: frozenset[str] = frozenset(_TYPES)
) -> tuple[str, ...]:
    """What WeCom does to the content without saying so (`truncated`); refuses what it refuses."""
    kind = str(body.get("msgtype", ""))
    if kind not in types:
        raise Refused(40008)
    content = body.get(kind)
    if not isinstance(content, Mapping):
        raise Refused(44004)
    _check_sizes(kind, content)
    _check_references(company, kind, content)
    if kind == "text" and size(content["content"]) > _TEXT_LIMIT:
        return ("truncated",)
    return ()


def size(value: Any) -> int:
    """Bytes in UTF-8."""
    return len(str(value).encode("utf-8", "surrogatepass"))


def _check_sizes(kind: str, content: Mapping[str, Any]) -> None:
    if not all(content.get(name) for name in _REQUIRED.get(kind, ())):
        raise Refused(44004)
    for name, limit in _LIMITS.get(kind, {}).items():
        if size(content.get(name, "")) > limit:
            raise Refused(45002, f"{kind}.{name}")
    if len(str(content.get("btntxt", ""))) > 4:
        raise Refused(45002, "btntxt")


def _check_references(company: Company, kind: str, content: Mapping[str, Any]) -> None:
    if kind in _MEDIA and content.get("media_id") not in company.world.media:
        raise Refused(40007)
    if kind in {"news", "mpnews"} and not 1 <= len(content.get("articles") or ()) <= 8:
        raise Refused(40035, "1 to 8 articles")
