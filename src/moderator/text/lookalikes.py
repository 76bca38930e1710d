"""Cyrillic, Greek and other letters that are drawn like Latin ones.

Only what a reader takes for the Latin letter at a glance; written for this project.
"""

import re

LOOKALIKES = {
    **dict(zip("авсеһіјкмнорѕтухԁԛԝьзпгиԍ", "abcehijkmhopstyxdqwb3nrug", strict=True)),
    **dict(zip("αβγεηικνορτυχωϲϳ", "abyenikvoptuxwcj", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abezhikmnoptyx", strict=True)),
    **dict(zip("АВСЕНІЈКМОРЅТУХԌԚԜ", "abcehijkmopstyxgqw", strict=True)),
    **dict(zip("աոսօցհ", "wnuogh", strict=True)),
    **dict(zip("ɑɡıɩοᴑᴠ", "agiioov", strict=True)),
    **dict(zip("ƖǀӀ", "lll", strict=True)),
}
_FOREIGN = "Ͱ-ϿЀ-ԯԱ-ֆɑɡıɩᴑᴠƖǀ"
_ANY_FOREIGN = re.compile(f"[{_FOREIGN}]")
_RUN = re.compile(f"[A-Za-z{_FOREIGN}]+")
_SHORTEST_ALL_FOREIGN = 3


def undo_lookalikes(text: str) -> str:
    """The text with look-alikes replaced, length kept, only in words that are not what they seem.

    Such a word mixes look-alikes with Latin letters, or is made wholly of them in a text without
    other letters of their script: of at least three, or of any number beside a mixed word.
    """
    foreign = set(_ANY_FOREIGN.findall(text))
    if not foreign:
        return text
    least = len(text) + 1
    if foreign <= LOOKALIKES.keys():
        least = 1 if any(map(_mixed, _RUN.findall(text))) else _SHORTEST_ALL_FOREIGN
    return _RUN.sub(lambda run: _replaced(run.group(), least), text)


def _mixed(run: str) -> bool:
    return 0 < len(_ANY_FOREIGN.findall(run)) < len(run)


def _replaced(run: str, least: int) -> str:
    """The run in Latin letters where it is mixed, or has at least so many look-alikes only."""
    if _mixed(run) or least <= len(_ANY_FOREIGN.findall(run)):
        return "".join(LOOKALIKES.get(letter, letter) for letter in run)
    return run
