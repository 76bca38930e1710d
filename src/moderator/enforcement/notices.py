"""What people are told.

A notice is made from the record without its evidence, so it cannot repeat the offending words or
a secret.  Every notice carries the violation's number: it is what people object with, and it
keeps WeCom's duplicate check from swallowing the notice of another violation.
"""

import re
from datetime import datetime, timedelta, timezone
from typing import Final

from moderator.domain.decision import Clause
from moderator.enforcement.wording import disguise, grade, topic
from moderator.ledger.records import HitRecord, ViolationRecord
from moderator.wecom.messages import cut

_CHINA: Final = timezone(timedelta(hours=8))
_MOST_CLAUSES: Final = 3  # what the decision rests on stands first; the record has them all
_CLAUSE_LIMIT: Final = 900  # bytes for all clauses together; a warning has 2048, the rest about 700
_MARKUP: Final = re.compile(r"[<>*`\[\]()#\s]+")
_SHORT_VERSION: Final = 20  # characters; a longer one is a remark, which the record keeps
_NAME_LIMIT: Final = 150  # bytes
_MOST_RULES: Final = 8


def warning(violation: ViolationRecord) -> str:
    """Tell the sender what was wrong, which clause, what to do now and how to object."""
    subject = topic(violation.category)
    sent = _moment(violation.sent_at)
    lines = [
        f"【合规提醒】您于 {sent} 发送的消息涉及“{subject.name}”，不符合公司规定。",
        f"这是第 {violation.offence} 次。",
        *_grounds(violation.clauses[:_MOST_CLAUSES]),
        f"请您现在：{subject.advice}",
        f"如有异议：请联系公司合规人员，并提供记录编号 {violation.id}。",
    ]
    return "\n".join(lines)


def compliance_card(violation: ViolationRecord) -> str:
    """Tell compliance staff, in WeCom's markdown, who did what for the how-many-th time."""
    facts = {
        "人员": _person(violation),
        "部门": _name(violation.sender_department) or "未知",
        "类别": f"{topic(violation.category).name}（{violation.category}）",
        "严重程度": grade(violation.severity),
        "次数": f"第 {violation.offence} 次",
        "时间": _moment(violation.sent_at),
        "来源": _origin(violation),
        "命中规则": _rules(violation.hits) or violation.rule,
    }
    lines = [f"**违规记录 {violation.id}**", *(f"> {name}：{fact}" for name, fact in facts.items())]
    return "\n".join(lines)


def _grounds(clauses: tuple[Clause, ...]) -> list[str]:
    if not clauses:
        return []
    documents = dict.fromkeys(_title(clause) for clause in clauses)
    quoted = [line for title in documents for line in _quotes(title, clauses)]
    return ["依据：", cut("\n".join(quoted), _CLAUSE_LIMIT)]


def _quotes(title: str, clauses: tuple[Clause, ...]) -> list[str]:
    own = (clause for clause in clauses if _title(clause) == title)
    return [title, *(f"· {clause.number}：{clause.text}" for clause in own)]


def _title(clause: Clause) -> str:
    title = clause.document if clause.document.startswith("《") else f"《{clause.document}》"
    version = clause.version if len(clause.version) <= _SHORT_VERSION else ""
    return f"{title}（{version}）" if version else title


def _person(violation: ViolationRecord) -> str:
    userid = _name(violation.sender)
    name = _name(violation.sender_name)
    return f"{name}（{userid}）" if name else userid


def _origin(violation: ViolationRecord) -> str:
    app = f"应用 {violation.app}"
    return f"{app}，群 {_name(violation.chat)}" if violation.chat else app


def _rules(hits: tuple[HitRecord, ...]) -> str:
    described = list(dict.fromkeys(_hit(hit) for hit in hits))
    more = f" 等 {len(described)} 项" if len(described) > _MOST_RULES else ""
    return "、".join(described[:_MOST_RULES]) + more


def _hit(hit: HitRecord) -> str:
    notes = [f"值 {_name(hit.shown)}"] if hit.shown else []
    if hit.verified is not None:
        notes.append("校验通过" if hit.verified else "校验未通过")
    if hit.layers:
        notes.append("变形：" + "、".join(disguise(layer) for layer in hit.layers))
    return f"{hit.rule}（{'；'.join(notes)}）" if notes else hit.rule


def _name(value: str) -> str:
    # Names come from people and would be read as markup, or mention everybody.
    return cut(_MARKUP.sub(" ", value).strip(), _NAME_LIMIT)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(_CHINA):%Y-%m-%d %H:%M}"
