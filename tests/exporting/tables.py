"""A table with every kind of column and every kind of trouble, and how it is read back."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from moderator.exporting.table import Cells, Kind, columns

CHINA = ZoneInfo("Asia/Shanghai")
COLUMNS = columns(
    id=Kind.NUMBER, at=Kind.MOMENT, text=Kind.TEXT, words=Kind.WORDS, errcode=Kind.NUMBER
)
AT = datetime(2026, 3, 2, 9, 30, 1, 123_999, tzinfo=UTC)
TROUBLE = (
    *("=1+1", "＝1+1", "'quoted", "-", "\tx", "a\r\nb", "\r", '"a","b"', "a,b;c", " spaced "),
    *(
        "<r><t>x</t></r>",
        "<r></r>",
        "a & <b>",
        "_x000D_",
        "\x01",
        "\ufffe",
        "张三 😀",
        "1e5",
        "007",
    ),
    *("TRUE", "2026-03-02", "http://a.example/", "{=1}", "", "\u2028", "]]>"),
)


def table(texts: Iterable[str] = TROUBLE) -> list[Cells]:
    """A row for each text; every second one lacks what may be lacking."""
    return [
        (number, AT, text, ("one", "two"), -2) if number % 2 else (number, None, text, (), None)
        for number, text in enumerate(texts, start=1)
    ]


def as_told(rows: Iterable[Cells]) -> list[dict[str, Any]]:
    """What every format has to say of these rows: moments in whole milliseconds."""
    names = [column.name for column in COLUMNS]
    told: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in rows]
    whole = AT.replace(microsecond=123_000)
    return [row | {"at": row["at"] and whole} for row in told]
