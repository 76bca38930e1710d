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

    Such a word mixes look-alikes with Latin letters, or is made wholly of at least three of them
    in a text without other letters of their script.
    """
    foreign = set(_ANY_FOREIGN.findall(text))
    if not foreign:
        return text
    seeming = foreign <= LOOKALIKES.keys()
    return _RUN.sub(lambda run: _replaced(run.group(), seeming=seeming), text)


def _replaced(run: str, *, seeming: bool) -> str:
    foreign = len(_ANY_FOREIGN.findall(run))
    mixed = 0 < foreign < len(run)
    if mixed or (seeming and foreign >= _SHORTEST_ALL_FOREIGN):
        return "".join(LOOKALIKES.get(letter, letter) for letter in run)
    return run
