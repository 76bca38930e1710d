"""A company on WeCom, as values: what the stand-in plays.

Figures are WeCom's own where it publishes one (`wecom.md` §6–7); the others say so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ROOT_DEPARTMENT = 1

ACTIVE = 1
DISABLED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """One department; the root has id 1 and parent 0."""

    id: int
    name: str
    parent: int = ROOT_DEPARTMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One member, the direct `leader` (直属上级) and the departments that the member `leads`.

    `status` is WeCom's: 1 active, 2 disabled, 4 never logged in, 5 left.
    """

    userid: str
    name: str
    departments: tuple[int, ...] = (ROOT_DEPARTMENT,)
    position: str = ""
    leader: str = ""
    leads: tuple[int, ...] = ()
    status: int = ACTIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One self-built app with its visible range; `ip_trusted` says whether 企业可信IP is set.

    `customer_contact`: it stands in 客户联系 → 可调用接口的应用.  `login_domain` is 授权回调域 of
    企业微信授权登录, with its port; empty: any will do.
    """

    name: str
    agent_id: int
    secret: str
    token: str
    encoding_aes_key: str
    visible_departments: tuple[int, ...] = (ROOT_DEPARTMENT,)
    visible_users: tuple[str, ...] = ()
    has_callback: bool = True
    enabled: bool = True
    ip_trusted: bool = True
    customer_contact: bool = True
    login_domain: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group chat; `made_by` names the app that made it, or is empty where a person did."""

    chat: str
    name: str
    owner: str
    members: tuple[str, ...]
    made_by: str = ""
    dissolved: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Robot:
    """A group robot (消息推送); whoever has its key can write to its group."""

    key: str
    chat: str
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A temporary file that a member sent."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InterceptRule:
    """One 聊天敏感词 rule; `kind` is 1 to block, 2 to warn the sender only."""

    id: str
    name: str
    words: tuple[str, ...]
    semantics: tuple[int, ...]
    kind: int
    users: tuple[str, ...]
    departments: tuple[int, ...]
    created: int


Windows = tuple[tuple[int, float], ...]  # (at most, in so many seconds), …

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much WeCom takes, as (at most, in seconds) windows (`wecom.md` §6.1, §6.4, §6.5, §7.3).

    `wrong_secrets` is the stand-in's own figure: WeCom bans an address for an hour after repeated
    wrong secrets but does not say after how many.
    """

    api: Windows = ((10_000, MINUTE), (150_000, HOUR))
    member: Windows = ((30, MINUTE), (1_000, HOUR))
    group_member: Windows = ((200, MINUTE), (10_000, DAY))
    group_sends: Windows = ((20_000, MINUTE), (300_000, HOUR))
    group_creations: Windows = ((1_000, DAY),)
    group_changes: Windows = ((1_000, HOUR),)
    robot: Windows = ((20, MINUTE),)
    wrong_secrets: Windows = ((5, HOUR),)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One company: who is in it, which apps it has, and how WeCom treats it."""

    corp: str
    apps: tuple[App, ...]
    people: tuple[Person, ...]
    departments: tuple[Department, ...]
    groups: tuple[Group, ...] = ()
    robots: tuple[Robot, ...] = ()
    contacts_secret: str = ""
    contacts_ip_trusted: bool = True
    media: Mapping[str, Media] = field(default_factory=dict)
    token_ttl: float = 7200.0
    limits: Limits = Limits()
    callback_addresses: tuple[str, ...] = ("101.226.103.*", "182.254.11.176")

    def app(self, name: str) -> App:
        """The app of that name; raises `KeyError` when there is none."""
        return {app.name: app for app in self.apps}[name]


def subtree(departments: Iterable[Department], root: int) -> frozenset[int]:
    """The ids of `root` and everything below it."""
    found = {root}
    parents = {department.id: department.parent for department in departments}
    while more := {id_ for id_, parent in parents.items() if parent in found} - found:
        found |= more
    return frozenset(found)
