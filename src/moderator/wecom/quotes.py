"""Quoted replies, which WeCom writes into the text of the reply itself (`wecom.md` §4.7).

Three ways of writing are known: the Chinese and the English WeCom client, and WeChat.  What does
not fit one of them exactly is left alone: it is better to read too much than too little.
"""

import re

_HEADS = re.compile(
    r'(?:(?:这是一条引用/回复消息|This is a quote/reply)[：:]\r?\n"[^\n]*[：:]\r?\n)+'
)
_HEAD = re.compile(r"(?:这是一条引用/回复消息|This is a quote/reply)[：:]\r?\n")
_RULE = re.compile(r'"\r?\n-{6,}\r?\n')
_WECHAT = re.compile(r"「[^\n：]{1,64}：.*?」\r?\n(?:- ){4,}-?[^\S\n]*\n", re.DOTALL)


_OPENINGS = ("「", "这是一条引用", "This is a quote")


def may_quote(text: str) -> bool:
    """Whether `text` begins as every quoted reply does."""
    return text.startswith(_OPENINGS)


def own_words(text: str) -> str:
    """Return what the writer of `text` added to the message quoted in it, or all of `text`."""
    if not may_quote(text):
        return text
    if wechat := _WECHAT.match(text):
        return text[wechat.end() :]
    heads = _HEADS.match(text)
    return _after_quote(text, heads) if heads else text


def _after_quote(text: str, heads: re.Match[str]) -> str:
    # A quoted message may itself begin with a quote: each head has its own ruled line.
    depth = len(_HEAD.findall(heads.group()))
    parts = _RULE.split(text[heads.end() :], depth)
    return parts[depth] if len(parts) > depth else text
