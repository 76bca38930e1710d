"""A scripted day of office chat, with the expected result of each line.

Values that look like secrets are made at run time, so none is in the source.
"""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from moderator.rehearsal.invention import WORK_GROUP, invent_world
from moderator.rehearsal.world import Group, Person, World

_CAST = (
    Person(userid="WangLei", name="王磊", departments=(21,), position="平台组主管"),
    Person(userid="ChenJing", name="陈静", departments=(4,), position="会计"),
    Person(userid="LiuYang", name="刘洋", departments=(22,), position="测试工程师"),
    Person(userid="LiQiang", name="李强", departments=(21,), position="工程师"),
    Person(userid="ZhaoMin", name="赵敏", departments=(7,), position="客户经理"),
    Person(userid="SunHao", name="孙浩", departments=(31,), position="销售"),
    Person(userid="HeJun", name="何军", departments=(31,), position="销售"),
)


def company() -> World:
    """The invented company with the people of the script, all of them in its work group."""
    world = invent_world()
    ids = tuple(person.userid for person in _CAST)
    strangers = tuple(person for person in world.people if person.userid not in ids)
    return replace(
        world,
        people=(*_CAST, *strangers),
        groups=tuple(_joined(group, ids) for group in world.groups),
    )


def name_of(userid: str) -> str:
    """The name of somebody in the script; the userid for a stranger."""
    return {person.userid: person.name for person in _CAST}.get(userid, userid)


def _joined(group: Group, ids: tuple[str, ...]) -> Group:
    if group.chat != WORK_GROUP:
        return group
    return replace(group, members=tuple(dict.fromkeys((*ids, *group.members))))


class Kind(StrEnum):
    """What is sent to the service."""

    TEXT = "text"
    IMAGE = "image"
    EVENT = "event"
    REPEATED = "repeated"  # a text that WeCom delivers twice
    FORGED = "forged"  # a text whose signature does not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that happens: who writes what, and the category it must be found under."""

    at: str
    sender: str
    text: str
    category: str = ""  # empty: nothing may be found
    kind: Kind = Kind.TEXT
    why: str = ""
    secret: str = ""  # a part of the text that must never be stored

    @property
    def without_secret(self) -> str:
        """The text as a screen may show it."""
        return self.text.replace(self.secret, self.secret[:4] + "…") if self.secret else self.text


def day(seed: int) -> tuple[Line, ...]:
    """The day; the same `seed` makes the same day, to the last character."""
    chance = random.Random(seed)  # noqa: S311 - invented values, not secrets
    access_key = "AKIA" + _some(chance, string.ascii_uppercase + "234567", 16)
    password = _some(chance, string.ascii_letters, 6) + _some(chance, string.digits, 4) + "!"
    citizen = identity_number(chance)
    return (
        Line(at="08:56", sender="WangLei", text="早，今天例会改到十点半，三号会议室"),
        Line(
            at="09:02",
            sender="ChenJing",
            text="路口交通管制，我大概晚到二十分钟",
            why="路口交通 contains 口交",
        ),
        Line(at="09:05", sender="LiuYang", text="收到，路上小心", kind=Kind.REPEATED),
        Line(
            at="09:20",
            sender="LiQiang",
            text=f"测试环境又连不上，先用我的 key：{access_key}",
            category="credential",
            why="AWS access key",
            secret=access_key,
        ),
        Line(
            at="09:31",
            sender="ZhaoMin",
            text=f"客户张伟的身份证 {citizen}，麻烦今天开户",
            category="personal-data",
            why="GB 11643 check digit fits",
            secret=citizen,
        ),
        Line(at="09:40", sender="WangLei", text="这个接口真是个大麻烦，下午一起看下", why="大麻烦"),
        Line(
            at="10:02",
            sender="SunHao",
            text="无抵押贷款，秒批秒到账，急用钱找我",
            category="advertising",
            why="first advertisement",
        ),
        Line(at="10:15", sender="ChenJing", text="上周的报表我放共享盘了，有问题喊我"),
        Line(at="10:16", sender="ChenJing", text="", kind=Kind.IMAGE, why="a picture"),
        Line(
            at="10:30",
            sender="HeJun",
            text="週末要不要試試「線上賭場」，註冊就送彩金",
            category="gambling",
            why="traditional characters",
        ),
        Line(at="10:44", sender="LiuYang", text="楼下那家三黄片皮鸭饭真的不错", why="三黄片"),
        Line(
            at="11:03",
            sender="HeJun",
            text="时 时 彩内部计划群，稳赚",
            category="gambling",
            why="spaces between the characters",
        ),
        Line(at="11:20", sender="ZhaoMin", text="宝鸡巴士时刻表谁有？下午去客户那", why="宝鸡巴士"),
        Line(
            at="11:41",
            sender="SunHao",
            text="代开发票，各行业都有，量大优惠",
            category="advertising",
            why="second advertisement within half a year",
            kind=Kind.REPEATED,
        ),
        Line(at="13:30", sender="WangLei", text="", kind=Kind.EVENT, why="enter_agent"),
        Line(
            at="14:05",
            sender="LiQiang",
            text=f"堡垒机账号 ops 密码是 {password} 别外传",
            category="credential",
            why="a password in prose",
            secret=password,
        ),
        Line(
            at="14:20", sender="ChenJing", text="密码忘了怎么办？找谁重置", why="only talk of one"
        ),
        Line(
            at="15:12",
            sender="HeJun",
            text="你个ｓｈａｂｉ，会不会干活",
            category="abuse",
            why="full-width pinyin",
        ),
        Line(
            at="15:40",
            sender="Mallory",
            text="兼职刷单",
            kind=Kind.FORGED,
            why="signed with the wrong token",
        ),
        Line(at="16:10", sender="LiuYang", text="发版完成，监控正常，大家辛苦了"),
        Line(
            at="17:25",
            sender="ZhaoMin",
            text="【机密】三季度并购方案，不得外传",
            category="confidential",
            why="a confidentiality mark",
        ),
        Line(at="18:01", sender="WangLei", text="下班了，明天见"),
    )


def identity_number(chance: random.Random) -> str:
    """An invented 居民身份证 number with a check digit that fits (GB 11643)."""
    body = f"110105{chance.randrange(1970, 2000)}{chance.randrange(1, 13):02}"
    body += f"{chance.randrange(1, 29):02}{chance.randrange(1000):03}"
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


def _some(chance: random.Random, alphabet: str, length: int) -> str:
    pick: Callable[[str], str] = chance.choice
    return "".join(pick(alphabet) for _ in range(length))
