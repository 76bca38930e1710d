"""聊天敏感词: rules by which WeCom stops words in chats with customers (`wecom.md` §6.7)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moderator.rehearsal.answers import Answer, Asked, Refused
from moderator.rehearsal.company import Caller, Company, new_id
from moderator.rehearsal.world import App, InterceptRule

_MOST_RULES = 100
_MOST_WORDS = 300
_MOST_IN_RANGE = 1000
_LONGEST_WORD = 32
_LONGEST_NAME = 20
_SEMANTICS = frozenset({1, 2, 3})
_TYPES = frozenset({1, 2})


def add(company: Company, caller: Caller, asked: Asked) -> Answer:
    """`{rule_id}`; `semantics_list` and `applicable_range` stand at the top."""
    app, body = _app_of(company, caller), asked.body
    if len(company.intercept_rules) >= _MOST_RULES:
        raise Refused(41069)
    users, departments = _range(company, app, body.get("applicable_range"))
    rule = InterceptRule(
        id=new_id(32),
        name=_name(company, body.get("rule_name")),
        words=_words(body.get("word_list")),
        semantics=_semantics(body.get("semantics_list")),
        kind=_kind(body.get("intercept_type")),
        users=users,
        departments=departments,
        created=int(company.clock()),
    )
    _refuse_wrong_size(rule)
    company.intercept_rules[rule.id] = rule
    return Answer(body={"rule_id": rule.id})


def update(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Change a rule: semantics in `extra_rule`, the range by what to add and what to remove."""
    app, body = _app_of(company, caller), asked.body
    rule = _known(company, body.get("rule_id"))
    changes: dict[str, Any] = {}
    if "rule_name" in body:
        changes["name"] = _name(company, body["rule_name"], of=rule)
    if "word_list" in body:
        changes["words"] = _words(body["word_list"])
    if "extra_rule" in body:
        changes["semantics"] = _semantics((body["extra_rule"] or {}).get("semantics_list"))
    if "intercept_type" in body:
        changes["kind"] = _kind(body["intercept_type"])
    changed = _moved(company, app, replace(rule, **changes), body)
    _refuse_wrong_size(changed)
    company.intercept_rules[rule.id] = changed
    return Answer()


def list_rules(company: Company, caller: Caller, asked: Asked) -> Answer:
    """`{rule_list: [{rule_id, rule_name, create_time}]}`."""
    del asked
    _app_of(company, caller)
    listed = [
        {"rule_id": rule.id, "rule_name": rule.name, "create_time": rule.created}
        for rule in company.intercept_rules.values()
    ]
    return Answer(body={"rule_list": listed})


def get(company: Company, caller: Caller, asked: Asked) -> Answer:
    """`{rule}`, with its semantics in `extra_rule`."""
    _app_of(company, caller)
    rule = _known(company, asked.body.get("rule_id"))
    told = {
        "rule_id": rule.id,
        "rule_name": rule.name,
        "word_list": list(rule.words),
        "extra_rule": {"semantics_list": list(rule.semantics)},
        "intercept_type": rule.kind,
        "applicable_range": {
            "user_list": list(rule.users),
            "department_list": list(rule.departments),
        },
    }
    return Answer(body={"rule": told})


def delete(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Forget a rule; asking for it afterwards is 41071."""
    _app_of(company, caller)
    rule = _known(company, asked.body.get("rule_id"))
    del company.intercept_rules[rule.id]
    company.deleted_intercept_rules.add(rule.id)
    return Answer()


def _app_of(company: Company, caller: Caller) -> App:
    if caller.app is None or not company.apps[caller.name].customer_contact:
        raise Refused(48002)
    return caller.app


def _known(company: Company, rule_id: Any) -> InterceptRule:
    if rule_id in company.deleted_intercept_rules:
        raise Refused(41071)
    rule = company.intercept_rules.get(str(rule_id or ""))
    if rule is None:
        raise Refused(41070)
    return rule


def _name(company: Company, name: Any, *, of: InterceptRule | None = None) -> str:
    if not isinstance(name, str) or not 1 <= len(name) <= _LONGEST_NAME:
        raise Refused(40035, "rule_name has 1 to 20 characters")
    others = (rule for rule in company.intercept_rules.values() if of is None or rule.id != of.id)
    if any(rule.name == name for rule in others):
        raise Refused(41077)
    return name


def _words(words: Any) -> tuple[str, ...]:
    if not isinstance(words, list):
        raise Refused(40035, "word_list is a list")
    if len(words) > _MOST_WORDS:
        raise Refused(41068)
    if not all(isinstance(word, str) and 1 <= len(word) <= _LONGEST_WORD for word in words):
        raise Refused(41083)
    return tuple(words)


def _semantics(listed: Any) -> tuple[int, ...]:
    if not isinstance(listed or [], list) or not _SEMANTICS.issuperset(listed or []):
        raise Refused(41084)
    return tuple(listed or ())


def _kind(kind: Any) -> int:
    if kind not in _TYPES:
        raise Refused(40035, "intercept_type is 1 or 2")
    return int(kind)


def _range(company: Company, app: App, asked: Any) -> tuple[tuple[str, ...], tuple[int, ...]]:
    listed: Mapping[str, Any] = asked if isinstance(asked, Mapping) else {}
    users = tuple(str(userid) for userid in listed.get("user_list") or ())
    departments = tuple(int(id_) for id_ in listed.get("department_list") or ())
    people = [company.person(userid) for userid in users]
    seen = all(person is not None and company.sees(app, person) for person in people)
    if not seen or not company.visible_departments(app).issuperset(departments):
        raise Refused(60011)
    return users, departments


def _moved(
    company: Company, app: App, rule: InterceptRule, body: Mapping[str, Any]
) -> InterceptRule:
    added_users, added = _range(company, app, body.get("add_applicable_range"))
    gone_users, gone = _range(company, app, body.get("remove_applicable_range"))
    users = [one for one in (*rule.users, *added_users) if one not in gone_users]
    departments = [one for one in (*rule.departments, *added) if one not in gone]
    return replace(
        rule, users=tuple(dict.fromkeys(users)), departments=tuple(dict.fromkeys(departments))
    )


def _refuse_wrong_size(rule: InterceptRule) -> None:
    if not rule.users and not rule.departments:
        raise Refused(40035, "user_list and department_list must not both be empty")
    if len(rule.users) > _MOST_IN_RANGE or len(rule.departments) > _MOST_IN_RANGE:
        raise Refused(41076)
    if not rule.words and not rule.semantics:
        raise Refused(40035, "neither words nor semantics")
