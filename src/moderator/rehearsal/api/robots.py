"""webhook/send: group robots, known by their key alone (`wecom.md` §6.5)."""

from collections.abc import Mapping

from moderator.rehearsal.answers import Answer, Asked, Refused
from moderator.rehearsal.api.content import size
from moderator.rehearsal.company import Company, admit

_TYPES = frozenset(
    {"text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card"}
)
_LIMITS: Mapping[str, int] = {"text": 2048, "markdown": 4096, "markdown_v2": 4096}


def send(company: Company, asked: Asked) -> Answer:
    """Write to the robot's group; no recall."""
    robot = company.robots.get(asked.query.get("key", ""))
    if robot is None:
        raise Refused(93000)
    if not robot.enabled:
        raise Refused(93004)
    _check(asked)
    if not company.allowances.robot.spend(robot.key, company.clock()):
        raise Refused(45009)
    members = [
        person
        for userid in company.groups[robot.chat].members
        if (person := company.person(userid))
    ]
    reached, dropped = admit(company, company.allowances.group_member, robot.key, members)
    return Answer(reached=reached, dropped=dropped)


def _check(asked: Asked) -> None:
    kind = str(asked.body.get("msgtype", ""))
    if kind not in _TYPES:
        raise Refused(40008)
    content = asked.body.get(kind)
    if not isinstance(content, Mapping):
        raise Refused(44004)
    if kind in _LIMITS and size(content.get("content", "")) > _LIMITS[kind]:
        raise Refused(45002)
