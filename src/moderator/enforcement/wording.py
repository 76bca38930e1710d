"""Plain Chinese for what the service speaks of: categories, grades, disguises."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from moderator.domain.rule import Layer, Severity

_TAKE_BACK = "如仍可撤回，请立即撤回该消息，不要再次发送或转发。"
_STOP = "请勿再发送此类内容；如仍可撤回，请撤回该消息。"


class Topic(NamedTuple):
    """A category in words for the person concerned, and what that person should do now."""

    name: str
    advice: str


_TOPICS: Final[Mapping[str, Topic]] = {
    "confidential": Topic(
        "涉密或内部信息外传", _TAKE_BACK + "如信息可能已经外泄，请立即告知保密工作机构。"
    ),
    "credential": Topic(
        "账号、密码或密钥泄露", _TAKE_BACK + "请立即停用并更换该密码或密钥，并告知信息安全人员。"
    ),
    "personal-data": Topic(
        "个人信息泄露", _TAKE_BACK + "确需传递个人信息的，请使用公司规定的渠道。"
    ),
    "abuse": Topic("辱骂或人身攻击", _STOP),
    "pornography": Topic("色情低俗内容", _STOP),
    "violence": Topic("暴力恐怖内容", _STOP),
    "gambling": Topic("赌博及其推广", _STOP),
    "drugs": Topic("毒品及其交易", _STOP),
    "fraud": Topic("诈骗或虚假交易", _STOP + "请勿点击其中的链接，也不要转账。"),
    "advertising": Topic("广告推销或垃圾信息", _STOP),
    "rumour": Topic("未经证实的消息", "请先核实再发布；如内容不实，请撤回并更正。"),
    "malicious-link": Topic(
        "可疑链接", _TAKE_BACK + "请勿打开该链接；已打开的请告知信息安全人员。"
    ),
    "political": Topic("公司规定不得讨论的内容", _STOP),
    "incitement": Topic("煽动或过激言论", _STOP),
    "superstition": Topic("封建迷信内容", _STOP),
    "flooding": Topic("频繁刷屏", "请勿短时间内重复发送消息。"),
    "off-topic": Topic("与工作无关的内容", "请将此类内容移出工作沟通渠道。"),
    "bad-name": Topic("不当的名称或昵称", "请立即修改该名称。"),
}
_OTHER: Final = Topic("公司规定不得发送的内容", _STOP)

_GRADES: Final[Mapping[Severity, str]] = {
    Severity.LOW: "低",
    Severity.MEDIUM: "中",
    Severity.HIGH: "高",
    Severity.CRITICAL: "严重",
}

_DISGUISES: Final[Mapping[Layer, str]] = {
    Layer.CASE: "大小写",
    Layer.WIDTH: "全角或花体字母",
    Layer.INVISIBLE: "不可见字符",
    Layer.TRADITIONAL: "繁体字",
    Layer.LOOKALIKE: "形近外文字母",
    Layer.SEPARATORS: "插入符号",
    Layer.REPEATS: "重复字符",
    Layer.DIGITS: "数字写法",
    Layer.SPLIT: "拆字",
    Layer.PINYIN: "拼音",
    Layer.INITIALS: "拼音首字母",
    Layer.LEET: "字母数字替换",
    Layer.REVERSED: "倒写",
    Layer.HOMOPHONE: "谐音",
    Layer.SHAPE: "形近字",
}


def topic(category: str) -> Topic:
    """Words for a category; a company's own category is not called by its id to people."""
    return _TOPICS.get(category, _OTHER)


def grade(severity: Severity) -> str:
    return _GRADES[severity]


def disguise(layer: Layer) -> str:
    return _DISGUISES[layer]
