"""Who scanned the code of 企业微信 Web 登录 (developer.work.weixin.qq.com/document/path/98176)."""

from moderator.rehearsal.answers import Answer, Asked, Refused
from moderator.rehearsal.company import Caller, Company, new_id

_GOOD_FOR = 300.0  # seconds
_LONGEST = 512


def get_user_info(company: Company, caller: Caller, asked: Asked) -> Answer:
    """The member behind a code, which is good once; an outsider has an `openid` alone."""
    if caller.app is None:
        raise Refused(48009)
    code = asked.query.get("code", "")
    scan = company.scans.pop(code, None) if len(code) <= _LONGEST else None
    fits = scan is not None and scan.agent_id == caller.app.agent_id
    if scan is None or not fits or company.clock() - scan.at > _GOOD_FOR:
        raise Refused(40029)
    if not scan.userid:
        return Answer(body={"openid": new_id(28)})
    return Answer(body={"userid": scan.userid, "user_ticket": new_id(64)})
