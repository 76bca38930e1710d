"""appchat: the groups that an app made (`wecom.md` §6.4)."""

import re
from collections.abc import Iterable
from typing import Any

from moderator.rehearsal.answers import Answer, Asked, Refused
from moderator.rehearsal.api.content import GROUP_TYPES, check_content
from moderator.rehearsal.company import Caller, Company, admit, new_id
from moderator.rehearsal.world import App, Group

_LONGEST_NAME = 50
_LONGEST_CHAT = 32
_FEWEST_MEMBERS, _MOST_MEMBERS = 2, 2000


def create(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Make a group; only an app that sees the whole company may."""
    app = _app_of(caller)
    if not company.sees_everybody(app):
        raise Refused(60011, "the visible range must be the root department")
    members = _new_members(company, asked.body.get("userlist"))
    group = Group(
        chat=_new_chat(company, str(asked.body.get("chatid") or "")),
        name=_good_name(str(asked.body.get("name") or "")),
        owner=str(asked.body.get("owner") or (members[0] if members else "")),
        members=members,
        made_by=app.name,
    )
    _check(group)
    if not company.allowances.group_creations.spend("corp", company.clock()):
        raise Refused(45009)
    company.groups[group.chat] = group
    return Answer(body={"chatid": group.chat})


def update(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Rename, hand over, add and remove: the only way to take a person out of a group."""
    group = _own_group(company, caller, asked.body.get("chatid"))
    removed = _leaving(group, asked.body.get("del_user_list"))
    added = _new_members(company, asked.body.get("add_user_list"))
    kept = [member for member in group.members if member not in removed]
    changes: dict[str, Any] = {"members": tuple(dict.fromkeys([*kept, *added]))}
    if asked.body.get("name"):
        changes["name"] = _good_name(str(asked.body["name"]))
    if asked.body.get("owner"):
        changes["owner"] = str(asked.body["owner"])
    _check(_changed(group, changes))
    if not company.allowances.group_changes.spend("corp", company.clock()):
        raise Refused(45009)
    company.change_group(group.chat, **changes)
    return Answer(reached=tuple(removed), notes=("removed",) if removed else ())


def get(company: Company, caller: Caller, asked: Asked) -> Answer:
    """`{chat_info: {chatid, name, owner, userlist, chat_type}}`."""
    group = _own_group(company, caller, asked.query.get("chatid"))
    info = {
        "chatid": group.chat,
        "name": group.name,
        "owner": group.owner,
        "userlist": list(group.members),
        "chat_type": 0,
    }
    return Answer(body={"chat_info": info})


def send(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Write to the group; no msgid comes back, so it can never be recalled."""
    group = _own_group(company, caller, asked.body.get("chatid"))
    notes = check_content(company, asked.body, types=frozenset(GROUP_TYPES))
    spent = len(group.members)
    if not company.allowances.group_sends.spend("corp", company.clock(), spent):
        raise Refused(45009)
    members = [person for userid in group.members if (person := company.person(userid))]
    reached, dropped = admit(company, company.allowances.group_member, caller.name, members)
    return Answer(reached=reached, dropped=dropped, notes=notes)


def _app_of(caller: Caller) -> App:
    if caller.app is None:
        raise Refused(48002)
    if not caller.app.enabled:
        raise Refused(50003)
    return caller.app


def _own_group(company: Company, caller: Caller, chat: Any) -> Group:
    app = _app_of(caller)
    if not chat:
        raise Refused(86201)
    group = company.groups.get(str(chat))
    if group is None:
        raise Refused(86003)
    if group.made_by != app.name:
        raise Refused(86008)
    if group.dissolved:
        raise Refused(49008)
    return group


def _new_chat(company: Company, chat: str) -> str:
    if not chat:
        return new_id(_LONGEST_CHAT)
    if len(chat) > _LONGEST_CHAT:
        raise Refused(86205)
    if not re.fullmatch(r"[0-9A-Za-z]+", chat):
        raise Refused(86001)
    if chat in company.groups:
        raise Refused(86215)
    return chat


def _good_name(name: str) -> str:
    if len(name) > _LONGEST_NAME:
        raise Refused(86004)
    return name


def _new_members(company: Company, userids: Any) -> tuple[str, ...]:
    people = [company.person(userid) for userid in _listed(userids)]
    if any(person is None for person in people):
        raise Refused(86007)
    return tuple(person.userid for person in people if person)


def _leaving(group: Group, userids: Any) -> list[str]:
    spelled = {member.lower(): member for member in group.members}
    leaving = [spelled.get(userid.lower()) for userid in _listed(userids)]
    if None in leaving:
        raise Refused(86216)
    return [userid for userid in leaving if userid]


def _listed(userids: Any) -> Iterable[str]:
    if userids is None:
        return ()
    if not isinstance(userids, list):
        raise Refused(40035, "a list of userids is needed")
    return [str(userid) for userid in userids]


def _changed(group: Group, changes: dict[str, Any]) -> Group:
    return Group(
        chat=group.chat,
        name=changes.get("name", group.name),
        owner=changes.get("owner", group.owner),
        members=changes["members"],
    )


def _check(group: Group) -> None:
    if not _FEWEST_MEMBERS <= len(group.members) <= _MOST_MEMBERS:
        raise Refused(86006)
    if group.owner.lower() not in {member.lower() for member in group.members}:
        raise Refused(86207)
