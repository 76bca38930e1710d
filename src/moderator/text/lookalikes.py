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
    **dict(zip("đðøłħŧƒƀƅɓɖɗɠɦþɵʋƙƥƭƴʂʐґғǫμµƨ", "ddolhtfbbbddghpovkptyszrfquus", strict=True)),
    "ß": "b",
    **dict(zip("₣₤₦₱₲₳₴₭₮₩฿§¤", "flnpgaskTwbso".lower(), strict=True)),
    **dict(zip("ⲁⲃⲥⲉⲏⲓⲕⲙⲛⲟⲣⲧⲩⲭ", "abcehikmnoptyx", strict=True)),
    # Lisu, Canadian syllables, Cherokee.
    **dict(zip("ꓐꓑꓓꓔꓖꓗꓙꓚꓜꓝꓟꓠꓡꓢꓣꓦꓧꓪꓫꓬꓮꓰꓲꓳꓴ", "bpdtgkjczfmnlsrvhwxyaeiou", strict=True)),
    **dict(zip("ᗩᗷᑕᗪᗴᖴᘜᕼᒍᒪᗰᑎᑭᖇᔕᑌᐯᗯ᙭", "abcdefghjlmnprsuvwx", strict=True)),
    **dict(zip("ᎪᏴᏟᎠᎬᏀᎻᎥᎫᏦᏞᎷᎢᏢᎡᏚᏙᎳᏃ", "abcdeghijklmtprsvwz", strict=True)),
}
# Written upside down, from right to left: ʞɔnɟ.
TURNED = {
    **dict(zip("ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ", "acefghijkmrtvwy", strict=True)),
    **dict(zip("bdpqnu", "qpdbun", strict=True)),
}
_TURNED_ONLY = frozenset(one for one in TURNED if not one.isascii())
_FEWEST_TURNED = 2
LOOKALIKES |= {one: letter for one, letter in TURNED.items() if one in _TURNED_ONLY}
# Capitals that are drawn otherwise (Г, Π) are no look-alikes, nor is the ASCII one of ı.
LOOKALIKES |= {
    one.upper(): letter
    for one, letter in LOOKALIKES.items()
    if len(one.upper()) == 1
    and one.upper() not in LOOKALIKES
    and not one.upper().isascii()
    and one not in "γιυωϲϳзпгьаԍɾ"
}
_UPRIGHT, _LATIN = str.maketrans(TURNED), str.maketrans(LOOKALIKES)
_FOREIGN = "Ͱ-ϿЀ-ԯԱ-ֆ" + "".join(sorted(LOOKALIKES))
_ANY_FOREIGN = re.compile(f"[{_FOREIGN}]")
_ANY_TURNED = re.compile(f"[{''.join(sorted(_TURNED_ONLY))}]")
_LETTER = f"[A-Za-z{_FOREIGN}]"
_RUN = re.compile(f"{_LETTER}(?:(?:[¢€@$*]{{1,2}}+(?={_LETTER}))?{_LETTER})*+")
_SHORTEST_ALL_FOREIGN = 3


def undo_lookalikes(text: str) -> str:
    """The text with look-alikes replaced, length kept, only in words that are not what they seem.

    Such a word mixes look-alikes with Latin letters, or is made wholly of them in a text without
    other letters of their script: of at least three, or of any number beside a mixed word.
    """
    foreign = set(_ANY_FOREIGN.findall(text))
    if not foreign:
        return text
    # A text may repeat one word thousands of times.
    words = {word for word in set(_RUN.findall(text)) if not word.isascii()}
    least = len(text) + 1
    if foreign <= LOOKALIKES.keys():
        least = 1 if any(map(_mixed, words)) else _SHORTEST_ALL_FOREIGN
    plain = {word: _replaced(word, least) for word in words}
    if all(word == plain[word] for word in words):
        return text
    return _RUN.sub(lambda run: plain.get(run.group(), run.group()), text)


def _mixed(run: str) -> bool:
    return 0 < len(_ANY_FOREIGN.findall(run)) < len(run)


def _replaced(run: str, least: int) -> str:
    """The run in Latin letters where it is mixed, or has at least so many look-alikes only."""
    if len(_ANY_TURNED.findall(run)) >= _FEWEST_TURNED:
        return run.translate(_UPRIGHT)
    if _mixed(run) or least <= len(_ANY_FOREIGN.findall(run)):
        return run.translate(_LATIN)
    return run
