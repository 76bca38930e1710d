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
    **dict(zip("ƖǀⅼӀ", "llll", strict=True)),
}
_FOREIGN = "Ͱ-ϿЀ-ԯԱ-ֆɑɡıɩᴑᴠƖǀⅼ"
_ANY_FOREIGN = re.compile(f"[{_FOREIGN}]")
_RUN = re.compile(f"[A-Za-z{_FOREIGN}]+")
_SHORTEST_ALL_FOREIGN = 3


def undo_lookalikes(text: str) -> str:
    """The text with look-alikes replaced, length kept, only in words that are not what they seem.

    Such a word mixes look-alikes with Latin letters, or is made wholly of at least three of them.
    """
    if _ANY_FOREIGN.search(text) is None:
        return text
    return _RUN.sub(lambda run: _replaced(run.group()), text)


def _replaced(run: str) -> str:
    foreign = _ANY_FOREIGN.findall(run)
    mixed = len(foreign) < len(run)
    seeming = len(run) >= _SHORTEST_ALL_FOREIGN and all(map(LOOKALIKES.__contains__, foreign))
    if foreign and (mixed or seeming):
        return "".join(LOOKALIKES.get(letter, letter) for letter in run)
    return run
