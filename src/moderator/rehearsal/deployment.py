"""The stand-in's world and the service's settings, each made from the other."""

import base64
import secrets
from typing import Any

from moderator.rehearsal.invention import (
    COMPLIANCE_GROUP,
    MODERATION_APP,
    PEOPLE,
    invent_departments,
    invent_people,
)
from moderator.rehearsal.world import App, Group, Person, Robot, World
from moderator.settings import Settings

_OFFICERS = 6


def settings_of(world: World, *, api_url: str, database_url: str = "embedded:") -> dict[str, Any]:
    """Values for `build_settings` that let the service play with a stand-in of `world`.

    Keys and the API token (holder `rehearsal`) are new at every call.
    """
    return {
        "database": {"url": database_url},
        "evidence": {"key": _key(), "fingerprint_key": _key()},
        "wecom": {
            "corp_id": world.corp,
            "api_url": api_url,
            "apps": {app.name: _app_settings(world, app) for app in world.apps},
        },
        "compliance": {"app": MODERATION_APP, "chat": COMPLIANCE_GROUP},
        "api": {"tokens": {"rehearsal": secrets.token_hex(32)}},
        "console": {"plain_http": True},
    }


def world_of(settings: Settings, *, people: int = PEOPLE, seed: int = 1) -> World:
    """A world in which `settings` are right: its apps, groups and compliance people exist.

    The other members are the invented ones of `invent_people(people, seed)`, whom `moderator
    rehearse` lets write.
    """
    staff = invent_people(people, seed)
    contacts = settings.wecom.contacts_secret
    known = {person.userid.lower() for person in staff}
    officers = tuple(
        Person(userid=userid, name=userid)
        for userid in settings.compliance.users
        if userid.lower() not in known
    )
    return World(
        corp=settings.wecom.corp_id,
        apps=_apps(settings),
        people=(*officers, *staff),
        departments=invent_departments(),
        groups=_groups(settings, tuple(person.userid for person in (*officers, *staff))),
        robots=tuple(
            Robot(key=key.get_secret_value(), chat=chat)
            for chat, key in settings.robots.keys.items()
        ),
        contacts_secret=contacts.get_secret_value() if contacts else "",
    )


def _app_settings(world: World, app: App) -> dict[str, Any]:
    made = [group.chat for group in world.groups if group.made_by == app.name]
    return {
        "agent_id": app.agent_id,
        "secret": app.secret,
        "token": app.token,
        "encoding_aes_key": app.encoding_aes_key,
        "groups": [chat for chat in made if chat != COMPLIANCE_GROUP],
    }


def _apps(settings: Settings) -> tuple[App, ...]:
    return tuple(
        App(
            name=name,
            agent_id=app.agent_id,
            secret=app.secret.get_secret_value(),
            token=app.token.get_secret_value(),
            encoding_aes_key=app.encoding_aes_key.get_secret_value(),
        )
        for name, app in settings.wecom.apps.items()
    )


def _groups(settings: Settings, userids: tuple[str, ...]) -> tuple[Group, ...]:
    compliance = settings.compliance
    policed = {chat: name for name, app in settings.wecom.apps.items() for chat in app.groups}
    officers = userids[: max(_OFFICERS, len(compliance.users))]
    groups = [_group(chat, app, userids[:60]) for chat, app in policed.items()]
    if compliance.chat and compliance.chat not in policed:
        groups.append(_group(compliance.chat, compliance.app, officers))
    made = {group.chat for group in groups}
    by_people = (chat for chat in settings.robots.keys if chat not in made)
    return (*groups, *(_group(chat, "", userids[:30]) for chat in by_people))


def _group(chat: str, app: str, members: tuple[str, ...]) -> Group:
    return Group(chat=chat, name=f"群 {chat}", owner=members[0], members=members, made_by=app)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
