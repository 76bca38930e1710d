"""Settings from a world, and a world from settings."""

from moderator.rehearsal.deployment import settings_of, world_of
from moderator.rehearsal.invention import COMPLIANCE_GROUP, WORK_GROUP, invent_people
from moderator.rehearsal.world import World
from moderator.settings import build_settings


def test_settings_of_a_world_are_complete(invented: World) -> None:
    """The service starts with them: nothing is missing, nothing is a placeholder."""
    settings = build_settings(settings_of(invented, api_url="http://127.0.0.1:1"))
    app = settings.wecom.apps["moderation"]

    assert settings.wecom.corp_id == invented.corp
    assert app.secret.get_secret_value() == invented.app("moderation").secret
    assert app.groups == (WORK_GROUP,)
    assert settings.compliance.chat == COMPLIANCE_GROUP


def test_world_of_settings_has_their_apps_groups_and_people(invented: World) -> None:
    """A stand-in made from settings knows everything that the settings name."""
    values = settings_of(invented, api_url="http://127.0.0.1:1")
    values["compliance"] = {"app": "notice", "chat": "auditroom", "users": ["AuditBoss"]}
    world = world_of(build_settings(values))
    made_by = {group.chat: group.made_by for group in world.groups}

    assert world.corp == invented.corp
    assert world.app("moderation").token == invented.app("moderation").token
    assert made_by == {WORK_GROUP: "moderation", "auditroom": "notice"}
    assert world.people[0].userid == "AuditBoss"
    assert set(invent_people(240, 1)) <= set(world.people)


def test_world_of_settings_has_their_robots_and_contacts_secret(invented: World) -> None:
    """A robot stands in a group that people made; accounts can be disabled with the secret."""
    values = settings_of(invented, api_url="http://127.0.0.1:1")
    robot, contacts = "0f" * 16, "1e" * 20
    values["robots"] = {"keys": {"lunchgroup": robot}}
    values["wecom"] |= {"contacts_secret": contacts}
    world = world_of(build_settings(values))
    made_by = {group.chat: group.made_by for group in world.groups}

    assert [(one.key, one.chat) for one in world.robots] == [(robot, "lunchgroup")]
    assert made_by["lunchgroup"] == ""
    assert world.contacts_secret == contacts
