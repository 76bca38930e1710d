"""message/send and message/recall (`wecom.md` §6.1–6.2)."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moderator.rehearsal.answers import Answer, Asked, Refused, whole_number
from moderator.rehearsal.api.cards import accept_card
from moderator.rehearsal.api.content import check_content
from moderator.rehearsal.company import Caller, Company, Sent, admit, new_id
from moderator.rehearsal.world import DAY, App, Person

_MOST_RECEIVERS = 1000
_MOST_PARTIES = 100
_DEFAULT_DUPLICATE_INTERVAL = 1800
_LONGEST_DUPLICATE_INTERVAL = 4 * 3600


@dataclass(slots=True)
class _Addressed:
    people: dict[str, Person] = field(default_factory=dict)
    invalid_users: list[str] = field(default_factory=list)
    invalid_parties: list[str] = field(default_factory=list)
    invalid_tags: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, str]:
        invalid = {
            "invaliduser": "|".join(userid.lower() for userid in self.invalid_users),
            "invalidparty": "|".join(self.invalid_parties),
            "invalidtag": "|".join(self.invalid_tags),
        }
        return {name: value for name, value in invalid.items() if value}


def send(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Send to members; excess and repetitions are dropped without a word to the caller."""
    app = sending_app(company, caller, asked.body)
    addressed = _address(company, app, asked.body)
    notes = check_content(company, asked.body)
    response_code = accept_card(company, app, asked.body)
    repeated = _repeated(company, app, asked.body, addressed)
    fresh = [person for userid, person in addressed.people.items() if userid not in repeated]
    reached, dropped = admit(company, company.allowances.member, app.name, fresh)
    msgid = _keep(company, app, reached)
    return Answer(
        body=addressed.as_json() | {"msgid": msgid} | response_code,
        reached=reached,
        dropped=dropped | dict.fromkeys(repeated, "duplicate"),
        notes=notes,
    )


def recall(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Take back a message of the same app, within 24 hours."""
    sent = company.outgoing.sent.get(str(asked.body.get("msgid", "")))
    if sent is None or sent.app != caller.name:
        raise Refused(40058)
    if company.clock() - sent.at > DAY:
        raise Refused(42052)
    reached = () if sent.recalled else sent.receivers
    sent.recalled = True
    return Answer(reached=reached)


def sending_app(company: Company, caller: Caller, body: Mapping[str, Any]) -> App:
    """The app that sends; its agentid must be that of the token (301002)."""
    if caller.app is None:
        raise Refused(48002)
    agent_id = body.get("agentid")
    if not str(agent_id or "").isdigit():
        raise Refused(40056)
    if int(str(agent_id)) != caller.app.agent_id:
        raise Refused(301002)
    if not company.apps[caller.name].enabled:
        raise Refused(50003)
    return caller.app


def _address(company: Company, app: App, body: Mapping[str, Any]) -> _Addressed:
    users, parties, tags = (_split(body.get(name)) for name in ("touser", "toparty", "totag"))
    _refuse_crowds(users, parties, tags)
    addressed = _Addressed(invalid_tags=tags)
    if users == ["@all"]:
        _add(addressed, [one for one in company.people() if company.sees(app, one)])
        return addressed
    _address_users(company, app, users, addressed)
    _address_parties(company, app, parties, addressed)
    if not addressed.people:
        raise Refused(81013)
    return addressed


def _refuse_crowds(users: list[str], parties: list[str], tags: list[str]) -> None:
    if not (users or parties or tags):
        raise Refused(82001)
    if len(users) > _MOST_RECEIVERS:
        raise Refused(40035, "more than 1000 users")
    if len(parties) > _MOST_PARTIES:
        raise Refused(82002)
    if len(tags) > _MOST_PARTIES:
        raise Refused(82003)


def _address_users(company: Company, app: App, users: list[str], addressed: _Addressed) -> None:
    for userid in users:
        person = company.person(userid)
        if person is None or not company.sees(app, person):
            addressed.invalid_users.append(userid)
        else:
            _add(addressed, [person])


def _address_parties(company: Company, app: App, parties: list[str], addressed: _Addressed) -> None:
    visible = company.visible_departments(app)
    for party in parties:
        if (
            not party.isdigit()
            or int(party) not in company.departments
            or int(party) not in visible
        ):
            addressed.invalid_parties.append(party)
        else:
            _add(addressed, company.in_department(int(party)))


def _add(addressed: _Addressed, people: list[Person]) -> None:
    addressed.people.update({person.userid: person for person in people})


def _split(value: Any) -> list[str]:
    return [part for part in str(value or "").split("|") if part]


def _repeated(
    company: Company, app: App, body: Mapping[str, Any], addressed: _Addressed
) -> list[str]:
    """Who got the same content from the same app within the interval asked for."""
    digest, now = _digest(body), company.clock()
    seen = company.outgoing.contents
    keys = {userid: (app.name, userid, digest) for userid in addressed.people}
    repeated: list[str] = []
    if body.get("enable_duplicate_check") in {1, "1"}:
        since = now - _duplicate_interval(body)
        repeated = [userid for userid, key in keys.items() if seen.get(key, since) > since]
    seen.update({key: now for userid, key in keys.items() if userid not in repeated})
    return repeated


def _duplicate_interval(body: Mapping[str, Any]) -> float:
    asked = whole_number(body.get("duplicate_check_interval"), _DEFAULT_DUPLICATE_INTERVAL)
    return min(asked, _LONGEST_DUPLICATE_INTERVAL)


def _digest(body: Mapping[str, Any]) -> str:
    kind = str(body.get("msgtype"))
    content = json.dumps([kind, body.get(kind)], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _keep(company: Company, app: App, reached: tuple[str, ...]) -> str:
    msgid = new_id(44)
    company.outgoing.sent[msgid] = Sent(msgid, app.name, company.clock(), reached)
    return msgid
