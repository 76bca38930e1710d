"""The company as it is now: the invented world plus everything that the calls have changed."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from moderator.rehearsal.allowance import Allowance
from moderator.rehearsal.world import (
    DISABLED,
    ROOT_DEPARTMENT,
    App,
    Group,
    InterceptRule,
    Person,
    World,
    subtree,
)

Clock = Callable[[], float]  # Unix seconds


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose token it is: an app's, or that of the contacts secret (no app)."""

    name: str
    app: App | None


@dataclass(slots=True)
class Sent:
    """One message of message/send that WeCom took."""

    msgid: str
    app: str
    at: float
    receivers: tuple[str, ...]
    recalled: bool = False


@dataclass(slots=True)
class Card:
    """A template card that can be changed once through its response code."""

    app: str
    at: float
    used: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """A code that somebody was sent back with; `userid` is empty for an outsider."""

    agent_id: int
    userid: str
    at: float


@dataclass(slots=True)
class Allowances:
    """Everything that WeCom counts."""

    api: Allowance
    member: Allowance
    group_member: Allowance
    group_sends: Allowance
    group_creations: Allowance
    group_changes: Allowance
    robot: Allowance


@dataclass(slots=True)
class Outgoing:
    """What was sent so far, as far as later calls ask for it."""

    sent: dict[str, Sent] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    task_ids: set[tuple[str, str]] = field(default_factory=set)
    contents: dict[tuple[str, str, str], float] = field(default_factory=dict)


class Company:
    """Mutable state behind the endpoints; one event loop, no locks."""

    def __init__(self, world: World, clock: Clock) -> None:
        limits = world.limits
        self.world = world
        self.clock = clock
        self.apps = {app.name: app for app in world.apps}
        self.groups = {group.chat: group for group in world.groups}
        self.robots = {robot.key: robot for robot in world.robots}
        self.departments = {department.id: department for department in world.departments}
        self.contacts_ip_trusted = world.contacts_ip_trusted
        self.outgoing = Outgoing()
        self.intercept_rules: dict[str, InterceptRule] = {}
        self.deleted_intercept_rules: set[str] = set()
        self.scans: dict[str, Scan] = {}
        self.allowances = Allowances(
            api=Allowance(limits.api, blocks=True),
            member=Allowance(limits.member),
            group_member=Allowance(limits.group_member),
            group_sends=Allowance(limits.group_sends, blocks=True),
            group_creations=Allowance(limits.group_creations, blocks=True),
            group_changes=Allowance(limits.group_changes, blocks=True),
            robot=Allowance(limits.robot, blocks=True),
        )
        self._people = {person.userid.lower(): person for person in world.people}

    def person(self, userid: str) -> Person | None:
        """The member; WeCom's userids do not care about case."""
        return self._people.get(userid.lower())

    def people(self) -> list[Person]:
        return list(self._people.values())

    def change_person(self, userid: str, **changes: Any) -> Person:
        """Change a member, for instance `status=5`; raises `KeyError` for an unknown one."""
        changed = replace(self._people[userid.lower()], **changes)
        self._people[userid.lower()] = changed
        return changed

    def dismiss(self, userid: str) -> None:
        """The member leaves the company."""
        del self._people[userid.lower()]

    def change_app(self, name: str, **changes: Any) -> App:
        """Change an app, for instance `ip_trusted=False`; raises `KeyError` for an unknown one."""
        self.apps[name] = replace(self.apps[name], **changes)
        return self.apps[name]

    def change_group(self, chat: str, **changes: Any) -> Group:
        """Change a group, for instance `dissolved=True`; raises `KeyError` for an unknown one."""
        self.groups[chat] = replace(self.groups[chat], **changes)
        return self.groups[chat]

    def ip_trusted(self, caller: Caller) -> bool:
        return self.contacts_ip_trusted if caller.app is None else caller.app.ip_trusted

    def sees(self, app: App, person: Person) -> bool:
        """Whether the member is in the app's visible range (可见范围)."""
        if person.userid in app.visible_users:
            return True
        return not self.visible_departments(app).isdisjoint(person.departments)

    def visible_departments(self, app: App) -> frozenset[int]:
        seen: set[int] = set()
        for root in app.visible_departments:
            seen |= subtree(self.departments.values(), root)
        return frozenset(seen)

    def sees_everybody(self, app: App) -> bool:
        return ROOT_DEPARTMENT in app.visible_departments

    def in_department(self, department: int) -> list[Person]:
        below = subtree(self.departments.values(), department)
        return [person for person in self.people() if not below.isdisjoint(person.departments)]


def admit(
    company: Company, allowance: Allowance, scope: str, receivers: Iterable[Person]
) -> tuple[tuple[str, ...], dict[str, str]]:
    """Who of `receivers` really gets it, and why the others do not (WeCom says nothing)."""
    reached: list[str] = []
    dropped: dict[str, str] = {}
    for person in receivers:
        if person.status == DISABLED:
            dropped[person.userid] = "disabled"
        elif not allowance.spend(f"{scope}/{person.userid}", company.clock()):
            dropped[person.userid] = "rate"
        else:
            reached.append(person.userid)
    return tuple(reached), dropped


def new_id(length: int = 32) -> str:
    """A random identifier such as WeCom gives to messages, groups and cards."""
    return secrets.token_urlsafe(length)[:length]
