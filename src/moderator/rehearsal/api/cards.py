"""Template cards and update_template_card (`wecom.md` §6.1, §6.3)."""

import re
from collections.abc import Mapping
from typing import Any

from moderator.rehearsal.answers import Answer, Asked, Refused
from moderator.rehearsal.api.content import size
from moderator.rehearsal.company import Caller, Card, Company, new_id
from moderator.rehearsal.world import HOUR, App

_NOTICES = frozenset({"text_notice", "news_notice"})
_INTERACTIVE = frozenset({"button_interaction", "vote_interaction", "multiple_interaction"})
_TASK_ID = re.compile(r"[0-9A-Za-z_\-@]{1,128}")
_GOOD_FOR = 72 * HOUR

# block → most entries
_MOST: Mapping[str, int] = {
    "horizontal_content_list": 6,
    "vertical_content_list": 4,
    "jump_list": 3,
    "button_list": 6,
    "select_list": 3,
}


def accept_card(company: Company, app: App, body: Mapping[str, Any]) -> dict[str, str]:
    """`{response_code}` for an interactive card, nothing for any other message."""
    if body.get("msgtype") != "template_card":
        return {}
    card = body["template_card"]
    kind = card.get("card_type")
    _check_blocks(card)
    if kind in _NOTICES:
        _check_notice(card)
        return {}
    if kind not in _INTERACTIVE:
        raise Refused(40035, "card_type")
    return _accept_interactive(company, app, card)


def update(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Change a card once, with the response code of the send or of the event, within 72 hours."""
    card = company.outgoing.cards.get(str(asked.body.get("response_code", "")))
    if card is None or card.app != caller.name or card.used:
        raise Refused(60140)
    if company.clock() - card.at > _GOOD_FOR:
        raise Refused(60140)
    users = [str(userid) for userid in asked.body.get("userids") or ()]
    known = [person.userid for userid in users if (person := company.person(userid))]
    card.used = True
    return Answer(
        body={"invaliduser": [userid for userid in users if company.person(userid) is None]},
        reached=tuple(known),
    )


def press(company: Company, app: str) -> str:
    """The response code that comes with a template_card_event."""
    code = new_id(40)
    company.outgoing.cards[code] = Card(app, company.clock())
    return code


def _check_blocks(card: Mapping[str, Any]) -> None:
    for name, most in _MOST.items():
        if len(card.get(name) or ()) > most:
            raise Refused(40035, f"{name} has more than {most} entries")
    for button in card.get("button_list") or ():
        if size(button.get("key", "")) > 1024:
            raise Refused(45002, "button key")


def _check_notice(card: Mapping[str, Any]) -> None:
    if not (card.get("card_action") or {}).get("type"):
        raise Refused(42045)


def _accept_interactive(company: Company, app: App, card: Mapping[str, Any]) -> dict[str, str]:
    if not app.has_callback:
        raise Refused(43012)
    task = str(card.get("task_id") or "")
    if not task:
        raise Refused(42016)
    if not _TASK_ID.fullmatch(task) or (app.name, task) in company.outgoing.task_ids:
        raise Refused(42014)
    company.outgoing.task_ids.add((app.name, task))
    return {"response_code": press(company, app.name)}
