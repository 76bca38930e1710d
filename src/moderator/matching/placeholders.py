"""Values that stand for a secret without being one."""

import re
from itertools import pairwise
from operator import sub

_TEMPLATES = re.compile(
    r"<[^<>\n]{1,64}>|&lt;|<%=|\$\([\w ./-]{1,64}\)"  # <token>, $(cmd)
    r"|\{\{[^{}\n]{0,64}\}\}|[$#]\{[^{}()\[\]\n]{1,64}\}"  # {{ key }}, ${VAR}, #{var}
    r"|^(?:\{\{|[$#]\{|\$\(|<%)|(?:\{\{|[$#]\{)[\w.]{0,64}$"  # the beginning of one
    r"|^\$[A-Za-z_]\w{0,64}$|^%\w{1,64}%$|^\[[^\[\]]{1,64}\]$|^\{[^{}]{1,64}\}$"
    r"|x{4}|X{4}|[*•●?#]{4}|\.{3}|…|_{4}|-{6}"  # covered or left out
    r"|^(?:os|process|env|config|settings|self|this|vault|secrets?|ENV|System)[.\[(]"
)
_SAID = re.compile(  # over lower case
    "example|sample|placeholder|change[_-]?me(?![a-z0-9])|redacted|dummy|insert|replace|removed|hidden|masked"
    "|your[_-]|[_-]here|goeshere|my[_-](?:secret|token|key|password|api)|to[_-]be[_-]|not[_-]?real"
    "|fake[_-]?(?:secret|pass|key|token|value)|^fake|lorem|示例|样例|你的|您的|占位|填写|填入|此处|打码"
    "|(?:^|[_-])(?:todo|tbd|fake|foo|bar|foobar|none|null|undefined)(?:$|[_-])"
)
_ZEROS = "0" * 8
# The share of a long value that may be made of ascending, descending or repeated runs.
_MONOTONE_SHARE = 0.6
_LONG = 12
_LONG_AS_KEYS = 16  # people do have passwords such as wang1234567890


def is_placeholder(value: str) -> bool:
    """Whether `value` is a template, a covered value or the vendors' documentation example."""
    lowered = value.lower()
    return bool(
        _TEMPLATES.search(value)
        or _SAID.search(lowered)
        or _filler(lowered)
        or (_ZEROS in (value[:8], value[-8:]) and not value.isdecimal())
        or (len(value) >= _LONG_AS_KEYS and _monotone(value) > _share(value) * len(value))
    )


def _share(value: str) -> float:
    """How much of it may run; of numbers nearly all: people make up card numbers, and mistype."""
    return 1.0 if value.isdigit() else _MONOTONE_SHARE


def _filler(lowered: str) -> bool:
    """One or two characters over and over; short ones such as 888888 or Aa111111 are in use."""
    kinds = len(set(lowered))
    if len(lowered) >= _LONG:
        return kinds < 3
    return kinds < 2 and len(lowered) > 1 and not lowered.isdigit()


def _monotone(value: str) -> int:
    """How many characters belong to runs of at least four that go up, down or stay (`1234`)."""
    codes = tuple(map(ord, value))
    steps = tuple(map(sub, codes[1:], codes))
    if sum(map(steps.count, (-1, 0, 1))) <= _MONOTONE_SHARE * len(value) - 1:
        return 0  # what nearly every value ends with, and costs little
    covered = run = 1
    for left, right in pairwise(steps):
        run = run + 1 if left == right and abs(left) <= 1 else 1
        covered += {3: 4}.get(run, 1 if run > 3 else 0)
    return covered
