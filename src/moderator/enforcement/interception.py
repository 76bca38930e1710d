"""Putting the gravest words into WeCom's own rules, which stop them before they are sent.

They watch chats with customers only, find words as they stand, and do not say who tripped them.
Words that need a context to be wrong would stop harmless messages there and are left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from moderator.domain.rule import Boundary, Rule, Severity, Word
from moderator.settings import InterceptionSettings
from moderator.wecom.interception import (
    LONGEST_NAME,
    LONGEST_WORD,
    MOST_WORDS,
    InterceptRule,
    InterceptRules,
)

_SHORTEST_WORD: Final = 2  # characters; one would stop half of all messages


class Omission(StrEnum):
    """Why a word is not among WeCom's rules."""

    LENGTH = "too short or longer than 32 characters"
    BOUNDARY = "only wrong as a word of its own"
    ALLOWED = "part of a harmless phrase"
    NO_ROOM = "no room: less grave than the others"


@dataclass(frozen=True, slots=True)
class Selection:
    """The rules that WeCom should have, and how many words were left out for which reason."""

    rules: tuple[InterceptRule, ...]
    omitted: Mapping[Omission, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What has to happen for WeCom's rules to be those of the rulebook; `changed`: (is, should)."""

    missing: tuple[InterceptRule, ...] = ()
    changed: tuple[tuple[InterceptRule, InterceptRule], ...] = ()
    surplus: tuple[InterceptRule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.changed or self.surplus)

    def __str__(self) -> str:
        lines = [
            *(f"- {rule.name}: {len(rule.words)} words" for rule in self.surplus),
            *(_told(before, after) for before, after in self.changed),
            *(f"+ {rule.name}: {len(rule.words)} words" for rule in self.missing),
        ]
        return "\n".join(lines)


class Interception:
    """Compares and changes those of WeCom's rules whose names begin with our prefix."""

    def __init__(self, rules: InterceptRules, settings: InterceptionSettings) -> None:
        self._rules = rules
        self._prefix = settings.prefix

    async def drift(self, wanted: Sequence[InterceptRule]) -> Drift:
        """Raises `WeComError`."""
        names = await self._rules.names()
        ours = [id_ for id_, name in names.items() if name.startswith(self._prefix)]
        return difference(wanted, [await self._rules.get(id_) for id_ in ours])

    async def mend(self, drift: Drift) -> None:
        """Make it so: what is too much goes first, for WeCom counts the rules.

        Raises `WeComError`; what was changed until then stands, and the rest is still drift.
        """
        for rule in drift.surplus:
            await self._rules.delete(rule.id)
        for before, after in drift.changed:
            await self._rules.update(before, after)
        for rule in drift.missing:
            await self._rules.add(rule)


def difference(wanted: Sequence[InterceptRule], found: Iterable[InterceptRule]) -> Drift:
    """Rules are the same by name; the order of words and members means nothing."""
    by_name = {rule.name: rule for rule in found}
    names = {rule.name for rule in wanted}
    pairs = [(by_name[rule.name], rule) for rule in wanted if rule.name in by_name]
    return Drift(
        missing=tuple(rule for rule in wanted if rule.name not in by_name),
        changed=tuple(pair for pair in pairs if _content(pair[0]) != _content(pair[1])),
        surplus=tuple(rule for name, rule in by_name.items() if name not in names),
    )


def select(rules: Iterable[Rule], settings: InterceptionSettings) -> Selection:
    """The words of enabled rules without secrets, the gravest first, sorted by category."""
    omitted: Counter[Omission] = Counter()
    shelves: dict[str, list[list[str]]] = {}
    for rule, word in _words(rules, settings):
        reason = _omission(rule, word)
        if reason is None and not _placed(word.text, rule.category, shelves, settings.most_rules):
            reason = Omission.NO_ROOM
        if reason is not None:
            omitted[reason] += 1
    return Selection(tuple(_native(shelves, settings)), dict(omitted))


def _words(rules: Iterable[Rule], settings: InterceptionSettings) -> Iterator[tuple[Rule, Word]]:
    least = Severity.of(settings.least_severity)
    fitting = [
        rule
        for rule in rules
        if rule.enabled and not rule.masked and rule.company is None and rule.severity >= least
        if not settings.categories or rule.category in settings.categories
    ]
    seen: set[str] = set()
    for rule in sorted(fitting, key=lambda one: (-one.severity, one.category, one.id)):
        for word in rule.words:
            if word.text not in seen:
                seen.add(word.text)
                yield rule, word


def _omission(rule: Rule, word: Word) -> Omission | None:
    if not _SHORTEST_WORD <= len(word.text) <= LONGEST_WORD:
        return Omission.LENGTH
    if word.boundary is not Boundary.ANYWHERE:
        return Omission.BOUNDARY
    if any(word.text in phrase for phrase in (*rule.allow, *rule.counter_examples)):
        return Omission.ALLOWED
    return None


def _placed(word: str, category: str, shelves: dict[str, list[list[str]]], most_rules: int) -> bool:
    own = shelves.setdefault(category, [])
    if not own or len(own[-1]) == MOST_WORDS:
        if sum(map(len, shelves.values())) == most_rules:
            return False
        own.append([])
    own[-1].append(word)
    return True


def _native(
    shelves: Mapping[str, list[list[str]]], settings: InterceptionSettings
) -> Iterator[InterceptRule]:
    numbers: Counter[str] = Counter()
    for category, shelf in shelves.items():
        label = (settings.prefix + category)[: LONGEST_NAME - len("-00")]
        for words in shelf:
            numbers[label] += 1
            yield InterceptRule(
                name=f"{label}-{numbers[label]:02}",
                words=tuple(words),
                block=settings.block,
                users=settings.users,
                departments=settings.departments,
            )


def _content(rule: InterceptRule) -> InterceptRule:
    return replace(
        rule,
        id="",
        words=tuple(sorted(rule.words)),
        users=tuple(sorted(user.lower() for user in rule.users)),
        departments=tuple(sorted(rule.departments)),
        semantics=tuple(sorted(rule.semantics)),
    )


def _told(before: InterceptRule, after: InterceptRule) -> str:
    here, there = set(after.words), set(before.words)
    words = f"{len(here - there)} words more, {len(there - here)} less"
    same = _content(replace(before, words=())) == _content(replace(after, words=()))
    return f"~ {after.name}: {words}{'' if same else ', other particulars differ'}"
