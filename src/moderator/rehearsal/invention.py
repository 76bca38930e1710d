"""An invented company that reads like a real one; its secrets are made at run time."""

import base64
import random
import secrets
import string

from moderator.rehearsal.world import App, Department, Group, Person, Robot, World

MODERATION_APP = "moderation"
NOTICE_APP = "notice"
PEOPLE = 1_200  # enough that nobody floods at a thousand messages a second
COMPLIANCE_GROUP = "complianceroom"
WORK_GROUP = "projectphoenix"
FOREIGN_GROUP = "foundbypeople"

_SURNAMES = (
    ("王", "Wang"), ("李", "Li"), ("张", "Zhang"), ("刘", "Liu"), ("陈", "Chen"), ("杨", "Yang"),
    ("赵", "Zhao"), ("黄", "Huang"), ("周", "Zhou"), ("吴", "Wu"), ("徐", "Xu"), ("孙", "Sun"),
    ("胡", "Hu"), ("朱", "Zhu"), ("高", "Gao"), ("林", "Lin"), ("何", "He"), ("郭", "Guo"),
    ("马", "Ma"), ("罗", "Luo"), ("梁", "Liang"), ("宋", "Song"), ("郑", "Zheng"), ("谢", "Xie"),
)  # fmt: skip
_GIVEN = (
    ("伟", "Wei"), ("芳", "Fang"), ("秀英", "XiuYing"), ("敏", "Min"), ("静", "Jing"),
    ("磊", "Lei"),
    ("洋", "Yang"), ("勇", "Yong"), ("艳", "Yan"), ("杰", "Jie"), ("涛", "Tao"), ("明", "Ming"),
    ("超", "Chao"), ("秀兰", "XiuLan"), ("霞", "Xia"), ("平", "Ping"), ("刚", "Gang"),
    ("桂英", "GuiYing"), ("文博", "WenBo"), ("雨桐", "YuTong"), ("子涵", "ZiHan"),
    ("欣怡", "XinYi"),
    ("浩然", "HaoRan"), ("思远", "SiYuan"), ("佳琪", "JiaQi"), ("志强", "ZhiQiang"),
)  # fmt: skip
_DEPARTMENTS = (
    Department(id=1, name="云岭科技有限公司", parent=0),
    Department(id=2, name="研发中心"),
    Department(id=3, name="市场部"),
    Department(id=4, name="财务部"),
    Department(id=5, name="人力资源部"),
    Department(id=6, name="合规与内审部"),
    Department(id=7, name="客户服务部"),
    Department(id=21, name="平台组", parent=2),
    Department(id=22, name="测试组", parent=2),
    Department(id=31, name="华东区", parent=3),
)
_POSITIONS = ("工程师", "高级工程师", "专员", "主管", "经理", "助理", "顾问")
COMPLIANCE_DEPARTMENT = 6


def invent_world(people: int = PEOPLE, seed: int = 1) -> World:
    """A company with `people` members, two apps, three groups and a robot.

    Names, departments and groups depend on `seed` alone; secrets, tokens and keys are new at every
    call.
    """
    staff = invent_people(people, seed)
    return World(
        corp="ww" + secrets.token_hex(8),
        apps=(invent_app(MODERATION_APP, 1000002), invent_app(NOTICE_APP, 1000003)),
        people=staff,
        departments=_DEPARTMENTS,
        groups=_groups(staff),
        robots=(Robot(key=secrets.token_hex(16), chat=FOREIGN_GROUP),),
        contacts_secret=_alphanumeric(43),
    )


def invent_departments() -> tuple[Department, ...]:
    """The departments of the invented company."""
    return _DEPARTMENTS


def invent_app(name: str, agent_id: int) -> App:
    """An app that sees the whole company, with a fresh secret, token and EncodingAESKey."""
    return App(
        name=name,
        agent_id=agent_id,
        secret=_alphanumeric(43),
        token=_alphanumeric(24),
        encoding_aes_key=encoding_aes_key(),
    )


def invent_people(count: int, seed: int) -> tuple[Person, ...]:
    """`count` members with different userids; the same for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - names of invented people
    names = [(family, given) for family in _SURNAMES for given in _GIVEN]
    chance.shuffle(names)
    heads: dict[int, str] = {}
    seen: dict[str, int] = {}
    staff: list[Person] = []
    for index in range(count):
        (family, family_latin), (given, given_latin) = names[index % len(names)]
        department = _department_of(index, chance)
        latin = family_latin + given_latin
        seen[latin] = seen.get(latin, 0) + 1
        userid = latin if seen[latin] == 1 else f"{latin}{seen[latin]}"
        leader = heads.setdefault(department, userid)
        staff.append(
            Person(
                userid=userid,
                name=family + given,
                departments=(department,),
                position="部门负责人" if leader == userid else chance.choice(_POSITIONS),
                leader="" if leader == userid else leader,
                leads=(department,) if leader == userid else (),
            )
        )
    return tuple(staff)


def encoding_aes_key() -> str:
    """43 letters and digits that decode to 32 bytes, as WeCom's admin console makes them."""
    while True:
        key = base64.b64encode(secrets.token_bytes(32)).decode()[:43]
        if key.isalnum():
            return key


def _department_of(index: int, chance: random.Random) -> int:
    if index < len(_DEPARTMENTS):
        return _DEPARTMENTS[index].id
    return chance.choice(_DEPARTMENTS[1:]).id


def _groups(staff: tuple[Person, ...]) -> tuple[Group, ...]:
    ids = tuple(person.userid for person in staff)
    officers = tuple(
        person.userid for person in staff if COMPLIANCE_DEPARTMENT in person.departments
    )
    return (
        Group(
            chat=COMPLIANCE_GROUP,
            name="合规值班群",
            owner=officers[0],
            members=(*officers[:6], ids[0]),
            made_by=MODERATION_APP,
        ),
        Group(
            chat=WORK_GROUP,
            name="凤凰项目群",
            owner=ids[1],
            members=ids[1:60],
            made_by=MODERATION_APP,
        ),
        Group(chat=FOREIGN_GROUP, name="午饭拼单群", owner=ids[2], members=ids[:30]),
    )


def _alphanumeric(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
