"""Leaks and harmless lines as people write them, in the lines of `phrasings*.yaml`.

Written before anybody looked at what the rules find.  The rules were improved on what
`phrasings.yaml` showed; nobody ever reads what is missed of `phrasings_held_out.yaml`, of which
only figures are printed, and of one half of `phrasings_colleagues.yaml`.  A line holds places for
values (`‹strong›`, `<hex:32>`), which are made at run time, and `⏎` and `⇥` for the end of a line
and a tab.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from random import Random

import yaml

from moderator.rulebook.samples import expand
from samples import Sample

FILES = {
    "tuned": "phrasings.yaml",
    "held out": "phrasings_held_out.yaml",
    "held out, links": "phrasings_links.yaml",
    "held out, chat": "phrasings_chat.yaml",
    "read, colleagues": "phrasings_colleagues.yaml",
    "held out, colleagues": "phrasings_colleagues.yaml",
}
_HALVES = {"read, colleagues": 0, "held out, colleagues": 1}
_PLACE = re.compile(r"‹([a-z0-9 -]+)›|<[A-Za-z][A-Za-z0-9-]*:[^<>\n]*>")
_OF_LINKS = "malicious-link"
_TURNS = 2  # times that each line is used, with other values

# What people make passwords of; no password stands here, only what they are put together from.
_WORDS = (
    "sunny", "dragon", "coffee", "summer", "orange", "winter",
    "forest", "shadow", "tiger", "office", "panda", "rocket",
)  # fmt: skip
_SYLLABLES = (
    "wo",
    "ai",
    "ni",
    "zhang",
    "li",
    "wang",
    "ming",
    "hua",
    "xiao",
    "chen",
    "hong",
    "yang",
)
_CHINESE = ("天王盖地虎", "芝麻开门", "春暖花开", "长风破浪", "明月清风", "星辰大海")
_USUAL = (
    ("admin", "123"), ("root", "123"), ("qwer", "1234"), ("hunter", "2"), ("abc", "123"),
    ("P@ssw0", "rd"), ("Welcome", "1"), ("test", "@123"), ("admin", "@2024"), ("too", "r"),
)  # fmt: skip


def leaks(part: str) -> Iterator[Sample]:
    """What must be found of the lines of `tuned` or `held out`; `family` is the kind of line."""
    for category, kind, line in _lines(part, "leaks"):
        for turn in range(_TURNS):
            text, start, end = _filled(line, f"{line} {turn}")
            if category == _OF_LINKS:  # the address is what must be found, not what was filled in
                start, end = 0, len(text)
            yield Sample(text, kind, category, kind, "", start, end)


def harmless(part: str) -> Iterator[tuple[str, str]]:
    """The kind of each harmless line, and the line."""
    for _, kind, line in _lines(part, "harmless"):
        yield kind, _filled(line, line)[0]


def _lines(part: str, side: str) -> Iterator[tuple[str, str, str]]:
    content = yaml.safe_load(Path(__file__).with_name(FILES[part]).read_text("utf-8"))
    for category, kinds in content[side].items():
        for kind, lines in kinds.items():
            for line in lines.splitlines():
                if _HALVES.get(part, half(line)) == half(line):
                    yield category, kind, line.replace("⏎", "\n").replace("⇥", "\t")


def half(line: str) -> int:
    """0 for lines that are read when they are missed, 1 for those that never are."""
    return blake2b(line.encode(), digest_size=2).digest()[0] % 2


def _filled(line: str, seed: str) -> tuple[str, int, int]:
    """The line with fresh values and the span from the first to the last; of all without one."""
    random = Random(seed)
    parts: list[str] = []
    start, length, end, at = -1, 0, 0, 0
    for place in _PLACE.finditer(line):
        value = _value(place, random)
        length += place.start() - at
        parts += [line[at : place.start()], value]
        start = length if start < 0 else start
        length += len(value)
        end, at = length, place.end()
    parts.append(line[at:])
    text = "".join(parts)
    return (text, start, end) if start >= 0 else (text, 0, len(text))


def _value(place: re.Match[str], random: Random) -> str:
    if place[1] is None:
        return expand(place[0], seed=str(random.random()))
    return _KINDS[place[1]](random)


def _made(form: str) -> Callable[[Random], str]:
    return lambda random: expand(form, seed=str(random.random()))


def _one_of(*forms: str) -> Callable[[Random], str]:
    return lambda random: expand(random.choice(forms), seed=str(random.random()))


def _weak(random: Random) -> str:
    tails = ("<digits:2>", "<digits:3>", "<digits:4>", "2024", "@<digits:3>", "<digits:2>!")
    word = random.choice(_WORDS)
    return random.choice((word, word.title())) + _one_of(*tails)(random)


def _pinyin(random: Random) -> str:
    return "".join(random.choices(_SYLLABLES, k=3)) + _one_of("<digits:2>", "1314", "520")(random)


def _grouped(form: str, mark: str) -> Callable[[Random], str]:
    """A value of that check in groups of four, or as an identity card is read out."""
    sizes = (6, 4, 4, 4) if "resident" in form else (4, 4, 4, 4, 3)

    def make(random: Random) -> str:
        value, parts = _made(form)(random), []
        for size in sizes:
            parts.append(value[:size])
            value = value[size:]
        return mark.join(filter(None, parts))

    return make


def _lower_x(random: Random) -> str:
    while True:
        if (value := _made("<resident-id:>")(random)).endswith("X"):
            return value.lower()


def _wrong_identity(random: Random) -> str:
    value = _made("<resident-id:>")(random)
    return value[:-1] + str((int(value[-1].replace("X", "0")) + 1 + random.randrange(8)) % 10)


_FULL_WIDTH = {ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"}
_SPOKEN = str.maketrans("0123456789", "零幺二三四五六七八九")
_KINDS: Mapping[str, Callable[[Random], str]] = {
    "strong": _one_of(
        "<upper:1><lower:4>@<digits:4>", "<alnum:5>#<alnum:5><digits:1>", "<lower:6><digits:3>!",
        "<upper:1><lower:2><alnum:7><digits:2>", "<upper:2><digits:3>_<lower:5>",
        "<lower:3>%<upper:3><digits:3>",
    ),
    "weak": _weak,
    "common": lambda random: "".join(random.choice(_USUAL)),
    "pinyin": _pinyin,
    "phrase": lambda random: "-".join(random.sample(_WORDS, 4)),
    "chinese": lambda random: random.choice(_CHINESE),
    "lower6": _made("<lowernum:5>7"),
    "lower8": _made("<lowernum:7>3"),
    "lower16": _made("<lower:16>"),
    "upper16": _made("<upper:16>"),
    "sixteen": _made("<alnum:15>8"),
    "four": _one_of("<digits:4>", "<lowernum:3>5"),
    "six": _made("<digits:6>"),
    "eight": _one_of("<digits:8>", "<lowernum:7>4"),
    "key": _one_of("<alnum:32>", "<lowernum:40>", "<base64url:43>", "<hex:32>"),
    "hex32": _made("<hex:32>"),
    "activation": lambda random: "-".join(_made("<uppernum:5>")(random) for _ in range(5)),
    "digits9": _made("<digits:9>"),
    "digits8": _made("<digits:8>"),
    "d8": _made("2<digits:7>"),
    "d7": _made("<digits:7>"),
    "d5": _made("<digits:5>"),
    "d4": _made("<digits:4>"),
    "d3": _made("<digits:3>"),
    "fw8": lambda random: _made("<digits:8>")(random).translate(_FULL_WIDTH),
    "cn8": lambda random: _made("<digits:8>")(random).translate(_SPOKEN),
    "plate": _one_of("<upper:1><digits:4>", "<digits:5>", "<digits:3>AB"),
    "id spaced": _grouped("<resident-id:>", " "),
    "id dashed": _grouped("<resident-id:>", "-"),
    "id lower x": _lower_x,
    "id full-width": lambda random: _made("<resident-id:>")(random).translate(_FULL_WIDTH),
    "id old": _one_of("440301<digits:2>0<digits:1>1<digits:4>", "11010870050<digits:4>"),
    "bad id": _wrong_identity,
    "foreigner": _made("CHN11<digits:10>"),
    "card grouped": _grouped("<bank-card:>", " "),
    "card dashed": _grouped("<bank-card:>", "-"),
    "visa": _made("<bank-card:4539>"),
    "visa grouped": _grouped("<bank-card:4539>", " "),
}  # fmt: skip
