"""The shortest phrase that would have prevented a false alarm, tried with the matcher itself."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from moderator.domain.rule import Rule
from moderator.matching.screening import Screen
from moderator.rulebook.book import Rulebook

LONGEST: Final = 8  # characters beside the hit; who needs more context needs another rule


@dataclass(frozen=True, slots=True)
class Span:
    """Where a rule hit a text: code points, end exclusive."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Remedy:
    """A phrase for a rule's `allow`, and the rule alone without it and with it."""

    rule: str
    phrase: str
    without: Screen
    screen: Screen

    def clears(self, text: str, span: Span) -> bool:
        """Whether the rule finds something there, and nothing any more with the phrase."""
        found = _hits(self.without, self.rule, text, span)
        return found and not _hits(self.screen, self.rule, text, span)


def remedy_for(book: Rulebook, rule_id: str, text: str, span: Span) -> Remedy | None:
    """The shortest phrase of `text` around the hit that prevents it and is not itself banned.

    None where the rule is gone, finds nothing there any more, or needs more than `LONGEST`
    characters of context; and for masked rules, whose values are nowhere kept.
    """
    rule = serving_rule(book, rule_id)
    if rule is None or rule.masked:
        return None
    near = _concerned(rule, text, span)
    if not _hits(Screen([near]), rule.id, text, span):
        return None
    for phrase in candidates(text, span):
        tried = Screen([_allowing(near, phrase)])
        if _hits(tried, rule.id, text, span) or _banned(book, phrase):
            continue
        return Remedy(rule.id, phrase, Screen([rule]), Screen([_allowing(rule, phrase)]))
    return None


def serving_rule(book: Rulebook, rule_id: str) -> Rule | None:
    """The rule of that id, if it is there and enabled."""
    return next((rule for rule in book.rules if rule.id == rule_id and rule.enabled), None)


def objection(book: Rulebook, rule: Rule, phrase: str) -> str:
    """Why the phrase must not be allowed for the rule; empty if nothing speaks against it."""
    if rule.masked:
        return "the rule finds values that are kept nowhere"
    if not any(hit.rule == rule.id for hit in Screen([rule]).screen(phrase)):
        return "the rule finds nothing in the phrase, so it would change nothing"
    if _banned(book, phrase):
        return "the phrase is itself what a rule looks for: all of that would be let through"
    return ""


def candidates(text: str, span: Span) -> Iterator[str]:
    """Stretches of the line around the hit, each longer than it, the shortest first."""
    line_start = text.rfind("\n", 0, span.start) + 1
    line_end = text.find("\n", span.end)
    most_before = span.start - line_start
    most_after = (len(text) if line_end < 0 else line_end) - span.end
    seen: set[str] = set()
    for beside in range(1, LONGEST + 1):
        for before in range(beside + 1):
            after = beside - before
            if before > most_before or after > most_after:
                continue
            phrase = text[span.start - before : span.end + after]
            if not _telling(phrase, before, after) or phrase in seen:
                continue
            seen.add(phrase)
            yield phrase


def yaml_lines(rule_id: str, phrase: str) -> str:
    """What somebody can paste into the pack who may not write it from here."""
    return f"  - id: {rule_id}\n    allow:\n      - {quoted(phrase)}\n"


def quoted(phrase: str) -> str:
    """The phrase as YAML that means text whatever it looks like."""
    escaped = phrase.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{escaped}"'


def _telling(phrase: str, before: int, after: int) -> bool:
    """Whether letters, ideographs or digits are what stands at the ends beside the hit."""
    return (not before or phrase[0].isalnum()) and (not after or phrase[-1].isalnum())


def _concerned(rule: Rule, text: str, span: Span) -> Rule:
    """The rule with no more words than those that hit there: quick to build again and again."""
    if not rule.words:
        return rule
    hit = {hit.word for hit in Screen([rule]).screen(text) if _overlap(hit.start, hit.end, span)}
    words = tuple(word for word in rule.words if word.text in hit)
    return replace(rule, words=words or rule.words)


def _allowing(rule: Rule, phrase: str) -> Rule:
    return replace(rule, allow=(*rule.allow, phrase))


def _banned(book: Rulebook, phrase: str) -> bool:
    """Whether any rule finds the whole phrase, and not only a part of it."""
    return any(hit.end - hit.start >= len(phrase) for hit in book.screen.screen(phrase))


def _hits(screen: Screen, rule_id: str, text: str, span: Span) -> bool:
    return any(
        hit.rule == rule_id and _overlap(hit.start, hit.end, span) for hit in screen.screen(text)
    )


def _overlap(start: int, end: int, span: Span) -> bool:
    return start < span.end and span.start < end
