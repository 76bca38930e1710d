"""Values that stand for a secret without being one."""

import re
from itertools import pairwise

_TEMPLATES = re.compile(
    r"<[^<>\n]{1,64}>|\{\{|\$\{|\$\(|<%|#\{"  # <token>, {{ key }}, ${VAR}, $(cmd), #{var}
    r"|^\$[A-Za-z_]\w*$|^%\w+%$|^\[[^\[\]]+\]$|^\{[^{}]+\}$"  # $VAR, %VAR%, [token], {token}
    r"|x{4}|X{4}|[*•●?#]{4}|\.{3}|…|_{3}|-{6}"  # covered or left out
    r"|^(?:os|process|env|config|settings|self|this|vault|secrets?|ENV|System)[.\[(]"
)
_WORDS = re.compile(
    r"example|sample|placeholder|change[_-]?me|redacted|dummy|insert|replace|removed|hidden|masked"
    r"|your?[_-]|[_-]here|(?:^|[_-])(?:todo|tbd|fake|foo|bar|foobar|none|null|undefined)(?:$|[_-])"
    r"|goes[_-]?here|my[_-](?:secret|token|key|password|api)|to[_-]?be[_-]|not[_-]?real|lorem"
    r"|示例|样例|你的|您的|占位|填写|填入|此处|打码",
    re.IGNORECASE,
)
# The share of a long value that may be made of ascending, descending or repeated runs.
_MONOTONE_SHARE = 0.6
_LONG = 12


def is_placeholder(value: str) -> bool:
    """Whether `value` is a template, a covered value or the vendors' documentation example."""
    return bool(
        _TEMPLATES.search(value)
        or _WORDS.search(value)
        or _filler(value)
        or (len(value) >= _LONG and _monotone(value) > _MONOTONE_SHARE * len(value))
    )


def _filler(value: str) -> bool:
    """One or two characters over and over; short ones such as 888888 or Aa111111 are in use."""
    kinds = len(set(value.lower()))
    if len(value) >= _LONG:
        return kinds < 3
    return kinds < 2 and len(value) > 1 and not value.isdigit()


def _monotone(value: str) -> int:
    """How many characters belong to runs of at least four that go up, down or stay (`1234`)."""
    covered = run = 0
    previous: int | None = None
    for left, right in pairwise(value):
        step = ord(right) - ord(left)
        run = run + 1 if step == previous and abs(step) <= 1 else 1
        covered += {3: 4}.get(run, 1 if run > 3 else 0)
        previous = step
    return covered
