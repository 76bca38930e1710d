"""WeCom's own 聊天敏感词 rules for chats with customers (`wecom.md` §6.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from moderator.wecom.client import WeComClient

MOST_RULES: Final = 100
MOST_WORDS: Final = 300
LONGEST_WORD: Final = 32  # characters
LONGEST_NAME: Final = 20

_BLOCK, _WARN = 1, 2
_AT: Final = "/cgi-bin/externalcontact"


@dataclass(frozen=True, slots=True, kw_only=True)
class InterceptRule:
    """One rule; without `block` the sender is only warned.  `id` is empty before it is made.

    `users` are userids and `departments` ids of those whose chats it watches.
    """

    name: str
    words: tuple[str, ...]
    block: bool
    users: tuple[str, ...]
    departments: tuple[int, ...]
    semantics: tuple[int, ...] = ()  # 1 telephone numbers, 2 mail addresses, 3 red packets
    id: str = ""


class InterceptRules:
    """Reads and changes them in the name of one app of 客户联系 → 可调用接口的应用.

    Raises as `WeComClient` does: 41068 too many words, 41069 too many rules, 41070 no such rule,
    41071 deleted, 41076 range too big, 41077 name taken, 41083 bad word, 41084 bad semantics.
    """

    def __init__(self, client: WeComClient, app: str) -> None:
        self._client = client
        self._app = app

    async def names(self) -> dict[str, str]:
        """The names of all rules by their ids, those of others too."""
        answer = await self._client.call(self._app, f"{_AT}/get_intercept_rule_list")
        return {item["rule_id"]: item["rule_name"] for item in answer.get("rule_list", ())}

    async def get(self, rule_id: str) -> InterceptRule:
        asked = {"rule_id": rule_id}
        answer = await self._client.call(self._app, f"{_AT}/get_intercept_rule", payload=asked)
        rule = answer.get("rule", {})
        scope = rule.get("applicable_range") or {}
        return InterceptRule(
            id=rule_id,
            name=rule.get("rule_name", ""),
            words=tuple(rule.get("word_list") or ()),
            block=rule.get("intercept_type") == _BLOCK,
            users=tuple(scope.get("user_list") or ()),
            departments=tuple(scope.get("department_list") or ()),
            semantics=tuple((rule.get("extra_rule") or {}).get("semantics_list") or ()),
        )

    async def add(self, rule: InterceptRule) -> str:
        """Make the rule; its id."""
        made = {
            "rule_name": rule.name,
            "word_list": list(rule.words),
            "semantics_list": list(rule.semantics),
            "intercept_type": _type(rule),
            "applicable_range": _range(rule.users, rule.departments),
        }
        path = f"{_AT}/add_intercept_rule"
        answer = await self._client.call(self._app, path, payload=made)
        return str(answer.get("rule_id", ""))

    async def update(self, before: InterceptRule, after: InterceptRule) -> None:
        """Make `before` like `after`; the body is shaped otherwise than that of `add`."""
        change = {
            "rule_id": before.id,
            "rule_name": after.name,
            "word_list": list(after.words),
            "extra_rule": {"semantics_list": list(after.semantics)},
            "intercept_type": _type(after),
            "add_applicable_range": _range(
                _without(after.users, before.users),
                _without(after.departments, before.departments),
            ),
            "remove_applicable_range": _range(
                _without(before.users, after.users),
                _without(before.departments, after.departments),
            ),
        }
        await self._client.call(self._app, f"{_AT}/update_intercept_rule", payload=change)

    async def delete(self, rule_id: str) -> None:
        asked = {"rule_id": rule_id}
        await self._client.call(self._app, f"{_AT}/del_intercept_rule", payload=asked)


def _type(rule: InterceptRule) -> int:
    return _BLOCK if rule.block else _WARN


def _range(users: Sequence[str], departments: Sequence[int]) -> dict[str, Any]:
    return {"user_list": list(users), "department_list": list(departments)}


def _without(some: Sequence[Any], others: Sequence[Any]) -> list[Any]:
    return [one for one in some if one not in others]
