"""Emoji that are written for a character that sounds like what they show: 操你🐴.

Collected by hand for this project.
"""

from collections.abc import Iterator
from itertools import islice, product

MOST_WAYS = 32  # of writing one word
_SHOWN = {
    "妈马吗码玛": "🐴🐎🏇",
    "鸡几机叽": "🐔🐓🐤",
    "狗": "🐶🐕🐩",
    "猪": "🐷🐖🐽",
    "龟": "🐢",
    "蛋": "🥚🍳",
    "屎粪": "💩",
    "草艹操肏": "🌿🍀🌱🌾",
    "茶": "🍵",
    "炮": "💥💣🎆",
    "牛": "🐂🐮🐄",
    "鸭": "🦆",
    "毒": "☠",
    "药": "💊",
    "枪": "🔫",
    "刀": "🔪🗡",
    "血": "🩸",
    "爷": "👴",
    "信": "✉💌",
    "加": "➕",
    "微薇": "🌹",
    "赌": "🎰🎲",
    "钱": "💰💵",
    "死": "💀☠",
    "虎": "🐯🐅",
    "鬼": "👻",
    "驴": "🐴",
    "虫": "🐛🐞",
    "日": "☀🌞",
    "嘴": "👄",
    "手": "✋🤚",
    "上": "⬆👆",
    "下": "⬇👇",
    "冰": "🧊",
    "叶": "🍃🍂",
    "球": "⚽🏀",
    "票": "🎫🎟",
    "飞": "✈",
    "鱼": "🐟",
    "鲍": "🐚",
    "菊": "🌼",
    "花": "🌸",
    "聊": "💬",
    "片": "💿📀🎞",
    "黄": "🟡💛🟨",
    "色": "🎨",
    "冠": "👑",
    "女": "👧👩🚺",
    "男": "👦👨🚹",
    "群": "👥",
    "彩": "🌈",
}
_EMOJI = {
    character: tuple(shown) for characters, shown in _SHOWN.items() for character in characters
}


def other_writings(word: str) -> Iterator[str]:
    """The word with some characters as emoji: 滚🥚 for 滚蛋; at least one stays."""
    choices = [(one, *_EMOJI.get(one, ())) for one in word]
    for way in islice(product(*choices), MOST_WAYS):
        if any(map(str.isalnum, way)) and (other := "".join(way)) != word:
            yield other
