"""A directory of rule files to a book."""

from collections.abc import Callable
from pathlib import Path

import pytest

from moderator.errors import RulebookError
from moderator.rulebook.loader import load_rulebook, load_screen
from moderator.shipped import rules_directory

Write = Callable[..., Path]

PACK = """
category: gambling
severity: high
description: 赌博
clauses: [s3-1]
rules:
  - {id: one, description: x, words: [六合彩], examples: [六合彩]}
  - {id: off, description: x, words: [时时彩], examples: [时时彩], enabled: false}
"""


def test_a_book_finds_what_its_rules_say(write: Write) -> None:
    """The screen is built from the enabled rules; the others are listed all the same."""
    book = load_rulebook(write(a=PACK))

    assert [hit.rule for hit in book.screen.screen("买六合彩和时时彩")] == ["one"]
    assert [rule.id for rule in book.rules] == ["one", "off"]
    assert book.faults == ()


def test_the_policy_knows_the_clauses_of_the_rules(write: Write) -> None:
    """Decisions cite the clauses of the rule that hit."""
    book = load_rulebook(write(a=PACK))

    assert book.policy.rule_clauses["one"] == ("s3-1",)


def test_the_hash_follows_the_content_and_not_the_files(write: Write) -> None:
    """A book is the same after its files were renamed, and another after a word was added."""
    directory = write(a=PACK)
    first = load_rulebook(directory)
    (directory / "a.yaml").rename(directory / "z.yaml")
    renamed = load_rulebook(directory)
    (directory / "z.yaml").write_text(PACK.replace("[六合彩]", "[六合彩, 时时彩]", 1), "utf-8")
    changed = load_rulebook(directory)

    assert len(first.hash) == 64
    assert first.hash == renamed.hash
    assert first.hash != changed.hash
    assert first.rules[0].version != changed.rules[0].version
    assert first.rules[1].version == changed.rules[1].version


def test_a_screen_is_taken_over_where_nothing_that_decides_has_changed(write: Write) -> None:
    """A comment in a file costs no rebuilding."""
    first = load_rulebook(write(a=PACK))
    second = load_rulebook(write(a=PACK + "# a comment\n"), last_good=first)
    third = load_rulebook(write(a=PACK.replace("六合彩", "七合彩")), last_good=second)

    assert second.screen is first.screen
    assert third.screen is not first.screen
    assert [hit.rule for hit in third.screen.screen("七合彩")] == ["one"]


def test_a_broken_file_keeps_finding_what_it_found(write: Write) -> None:
    """The last good version of a file serves, and the fault is in the book."""
    first = load_rulebook(write(a=PACK))
    second = load_rulebook(write(a="rules: ["), last_good=first)

    assert [hit.rule for hit in second.screen.screen("买六合彩")] == ["one"]
    assert [Path(fault.file).name for fault in second.faults] == ["a.yaml"]


def test_a_bad_rule_disables_only_itself(write: Write) -> None:
    """The rest of its file, and all other files, find what they found."""
    book = load_rulebook(write(a=PACK.replace("words: [时时彩]", "wrods: [时时彩]"), b="- no pack"))

    assert [hit.rule for hit in book.screen.screen("买六合彩和时时彩")] == ["one"]
    assert [(Path(fault.file).name, fault.line) for fault in book.faults] == [
        ("a.yaml", 7),
        ("b.yaml", 1),
    ]


def test_without_any_policy_there_is_no_book(write: Write) -> None:
    """The service does not start with rules that lead to nothing; all faults are named."""
    with pytest.raises(RulebookError, match=r"policy\.yaml:2: `ladders`"):
        load_rulebook(write(policy="documents: []\nladders: []\n", a=PACK))


def test_the_matcher_alone_needs_no_policy(write: Write) -> None:
    """`moderator scan` works on a folder that holds nothing but packs."""
    directory = write(a=PACK)
    (directory / "policy.yaml").unlink()

    screen, reading = load_screen(directory)

    assert [hit.rule for hit in screen.screen("买六合彩")] == ["one"]
    assert len(reading.rules) == 2


def test_the_matcher_alone_needs_a_rule(write: Write, tmp_path: Path) -> None:
    """A wrong folder is an error, not a matcher that finds nothing."""
    with pytest.raises(RulebookError, match="holds no rules"):
        load_screen(write())
    with pytest.raises(RulebookError, match="cannot be read"):
        load_screen(tmp_path / "absent")


def test_the_shipped_rules_make_a_book() -> None:
    """What travels with the package loads without a fault."""
    book = load_rulebook(rules_directory())

    assert book.faults == ()
    assert len(book.rules) > 20
