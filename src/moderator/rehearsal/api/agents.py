"""agent/get: an app about itself (https://developer.work.weixin.qq.com/document/path/90227)."""

from moderator.rehearsal.answers import Answer, Asked, Refused, whole_number
from moderator.rehearsal.company import Caller, Company


def get(company: Company, caller: Caller, asked: Asked) -> Answer:
    """`{agentid, name, allow_userinfos, allow_partys, close}`; only for the token's own app."""
    del company
    if caller.app is None:
        raise Refused(48002)
    if whole_number(asked.query.get("agentid"), 0) != caller.app.agent_id:
        raise Refused(301002)
    body = {
        "agentid": caller.app.agent_id,
        "name": caller.app.name,
        "allow_userinfos": {"user": [{"userid": one} for one in caller.app.visible_users]},
        "allow_partys": {"partyid": list(caller.app.visible_departments)},
        "close": int(not caller.app.enabled),
    }
    return Answer(body=body)
