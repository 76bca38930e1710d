"""What a notice may say.

It is made from the record without its evidence, so it cannot repeat the offending words or a
secret.  Every notice carries the violation's number: it is what people object with, and it keeps
WeCom's duplicate check from swallowing the notice of another violation.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, Final

from moderator.domain.decision import Clause
from moderator.enforcement.wording import Phrases, Words
from moderator.ledger.records import HitRecord, ViolationRecord
from moderator.wecom.messages import cut

GROUNDS_BYTES: Final = 900  # for all clauses together; a message has 2048
_CHINA: Final = timezone(timedelta(hours=8))
_MOST_CLAUSES: Final = 3  # what the decision rests on stands first; the record has them all
_MARKUP: Final = re.compile(r"[<>*`\[\]()#\s]+")
_SHORT_VERSION: Final = 20  # characters; a longer one is a remark, which the record keeps
_NAME_BYTES: Final = 150
_MOST_RULES: Final = 8
_NAMES_THEMSELVES: Final = "bad-name"  # the category in which the name is what offends


class Situation(StrEnum):
    """What makes one notice different from others of its kind."""

    USUAL = ""
    RECALL_NOT_SEEN = "recall_not_seen"
    NOBODY_KNOWN = "nobody_known"  # those who should be told are not in directory and settings
    SAY_IN_GROUP = "say_in_group"  # the service cannot write there
    IN_GROUP = "in_group"  # concerns the group that the remark names
    NOT_DONE = "not_done"  # an action could not be carried out; the remark says which
    NO_LONGER_CALLED_FOR = "no_longer_called_for"  # done, and no recall undoes it; the remark: what
    RULE_ALARM = "rule_alarm"  # a rule hits far more than usual; the remark says which, how much


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One violation as one notice sees it.

    `measure` is what the policy calls for (记过 …), `group` the name of the chat where it is known,
    `minutes` the time to take a message back, `remark` more about the situation: the kind of action
    that it is about, or a group.
    """

    violation: ViolationRecord
    situation: Situation = Situation.USUAL
    measure: str = ""
    remark: str = ""
    group: str = ""
    minutes: int = 10


def particulars(
    occasion: Occasion, words: Words, *, grounds_bytes: int = GROUNDS_BYTES
) -> Mapping[str, Any]:
    """Everything that templates may ask for, in `words`; all but numbers is plain text.

    Where a name is what offends, the userid stands in its place.
    """
    violation, phrases = occasion.violation, words.phrases
    subject = words.topic(violation.category)
    nameless = violation.category == _NAMES_THEMSELVES
    group = "" if nameless else _plain(occasion.group)
    return {
        "number": violation.id,
        "sent_at": _moment(violation.sent_at),
        "category": subject.name,
        "category_id": violation.category,
        "advice": subject.advice,
        "severity": words.grade(violation.severity),
        "offence": violation.offence,
        "grounds": _grounds(violation.clauses[:_MOST_CLAUSES], phrases, grounds_bytes),
        "person": _person(violation, phrases, nameless=nameless),
        "department": _plain(violation.sender_department) or phrases.unknown,
        "chat": group or _plain(violation.chat) or phrases.unknown,
        "origin": _origin(violation, phrases),
        "hits": _hits(violation.hits, words) or violation.rule,
        "situation": occasion.situation.value,
        "measure": _plain(occasion.measure),
        "remark": words.duties.get(occasion.remark, _plain(occasion.remark)),
        "minutes": occasion.minutes,
    }


def _grounds(clauses: tuple[Clause, ...], phrases: Phrases, most: int) -> str:
    titles = dict.fromkeys(_title(clause, phrases) for clause in clauses)
    quoted = [line for title in titles for line in _quotes(title, clauses, phrases)]
    return cut("\n".join(quoted), most) if most > 0 else ""


def _quotes(title: str, clauses: tuple[Clause, ...], phrases: Phrases) -> list[str]:
    own = (clause for clause in clauses if _title(clause, phrases) == title)
    quoted = (phrases.clause.format(number=clause.number, text=clause.text) for clause in own)
    return [title, *quoted]


def _title(clause: Clause, phrases: Phrases) -> str:
    title = clause.document if clause.document.startswith("《") else f"《{clause.document}》"
    version = clause.version if len(clause.version) <= _SHORT_VERSION else ""
    return phrases.title.format(document=title, version=version) if version else title


def _person(violation: ViolationRecord, phrases: Phrases, *, nameless: bool) -> str:
    userid = _plain(violation.sender)
    name = "" if nameless else _plain(violation.sender_name)
    return phrases.person.format(name=name, userid=userid) if name else userid


def _origin(violation: ViolationRecord, phrases: Phrases) -> str:
    if not violation.chat:
        return phrases.app.format(app=violation.app)
    return phrases.chat.format(app=violation.app, chat=_plain(violation.chat))


def _hits(hits: tuple[HitRecord, ...], words: Words) -> str:
    described = list(dict.fromkeys(_hit(hit, words) for hit in hits))
    told = words.phrases.between.join(described[:_MOST_RULES])
    more = words.phrases.more.format(count=len(described)) if len(described) > _MOST_RULES else ""
    return told + more


def _hit(hit: HitRecord, words: Words) -> str:
    phrases = words.phrases
    notes = [phrases.value.format(value=_plain(hit.shown))] if hit.shown else []
    if hit.verified is not None:
        notes.append(phrases.verified if hit.verified else phrases.unverified)
    if hit.layers:
        layers = phrases.between.join(words.disguise(layer) for layer in hit.layers)
        notes.append(phrases.disguised.format(layers=layers))
    return (
        phrases.hit.format(rule=hit.rule, notes=phrases.between_notes.join(notes))
        if notes
        else hit.rule
    )


def _plain(value: str) -> str:
    # Names come from people and would be read as markup, or mention everybody.
    return cut(_MARKUP.sub(" ", value).strip(), _NAME_BYTES)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(_CHINA):%Y-%m-%d %H:%M}"
