"""A directory of rule files to a book."""

from dataclasses import replace
from pathlib import Path

from moderator.errors import RulebookError
from moderator.matching.flooding import Flooding
from moderator.matching.screening import Screen
from moderator.rulebook.book import Rulebook
from moderator.rulebook.cache import RulebookCache
from moderator.rulebook.identity import book_hash
from moderator.rulebook.reading import Reading, read_directory


def load_rulebook(
    directory: Path, *, last_good: Rulebook | None = None, cache: RulebookCache | None = None
) -> Rulebook:
    """Build the book of a directory, or take what was built of the same files from the cache.

    A file that cannot be read stands as it did in `last_good`; a rule that cannot serve is left
    out; both are in the book's `faults`.  Raises `RulebookError` where there is no usable policy.
    """
    if cache is not None:
        return _cached(directory, cache, last_good)
    reading = read_directory(directory, before=last_good.reading if last_good else None)
    return build_rulebook(reading, last_good=last_good)


def _cached(directory: Path, cache: RulebookCache, last_good: Rulebook | None) -> Rulebook:
    found = cache.find(directory)
    if found is None:
        with cache.building():
            found = cache.find(directory)
            if found is None:
                book = load_rulebook(directory, last_good=last_good)
                cache.keep(directory, (book.reading, book.screen))
                return book
    reading, screen = found
    return build_rulebook(reading, screen=screen)


def build_rulebook(
    reading: Reading, *, screen: Screen | None = None, last_good: Rulebook | None = None
) -> Rulebook:
    """Build the book of what was read; raises `RulebookError` where there is no usable policy.

    `screen` is taken where it was built before, and that of `last_good` where nothing that decides
    has changed since.
    """
    if reading.policy is None:
        raise RulebookError("\n".join(map(str, reading.faults)) or "there is no policy")
    rules = tuple(packed.rule for packed in reading.rules)
    policy = replace(reading.policy.policy, rule_clauses={rule.id: rule.clauses for rule in rules})
    content = book_hash(rules, policy)
    if screen is None and last_good is not None and last_good.hash == content:
        screen = last_good.screen
    return Rulebook(
        rules=rules,
        policy=policy,
        screen=screen or _screen(reading),
        hash=content,
        faults=reading.faults,
        flooding=Flooding(rules),
        reading=reading,
    )


def load_screen(directory: Path, *, cache: RulebookCache | None = None) -> tuple[Screen, Reading]:
    """Build the matcher alone, for which a policy need not be; `RulebookError` without rules."""
    if cache is not None and (found := cache.find(directory)):
        return found[1], found[0]
    reading = read_directory(directory)
    if not reading.rules:
        raise RulebookError("\n".join(map(str, reading.faults)) or f"{directory} holds no rules")
    screen = _screen(reading)
    if cache is not None:
        cache.keep(directory, (reading, screen))
    return screen, reading


def _screen(reading: Reading) -> Screen:
    return Screen([packed.rule for packed in reading.rules if packed.rule.enabled])
