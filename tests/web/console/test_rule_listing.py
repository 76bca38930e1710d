"""Choosing rules to look at."""

import pytest

from moderator.domain.rule import Boundary, Layer, Rule, Separators, Severity, Word
from moderator.web.console.rule_listing import (
    RuleFilter,
    WordOptions,
    categories,
    listed,
    packs,
    place_of,
    word_options,
)


def word(text: str, *undo: Layer) -> Word:
    return Word(
        text=text,
        boundary=Boundary.ANYWHERE,
        separators=Separators.FEW,
        undo=frozenset(undo),
    )


def rule(id_: str, category: str = "abuse", *, enabled: bool = True, **more: object) -> Rule:
    values = {"severity": Severity.MEDIUM, "description": f"about {id_}", "version": "1"} | more
    source = f"/etc/company/{category}-pack.yaml:7"
    return Rule(id=id_, category=category, enabled=enabled, source=source, **values)  # type: ignore[arg-type]


INSULT = rule("insult", words=(word("笨蛋", Layer.PINYIN), word("蠢货", Layer.PINYIN)))
INVOICE = rule("invoice", "fraud", clauses=("s3-8",), severity=Severity.HIGH)
OLD = rule("old", enabled=False)
RULES = (INSULT, INVOICE, OLD)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RuleFilter(), [INSULT, OLD, INVOICE]),
        (RuleFilter(category="fraud"), [INVOICE]),
        (RuleFilter(pack="abuse-pack"), [INSULT, OLD]),
        (RuleFilter(severity="high"), [INVOICE]),
        (RuleFilter(state="disabled"), [OLD]),
        (RuleFilter(state="enabled"), [INSULT, INVOICE]),
        (RuleFilter(text="笨"), [INSULT]),
        (RuleFilter(text=" S3-8 "), [INVOICE]),
        (RuleFilter(text="ABOUT old"), [OLD]),
        (RuleFilter(text="never"), []),
    ],
)
def test_filters(wanted: RuleFilter, found: list[Rule]) -> None:
    """A rule is found by pack, state, severity, and by its id, description, clauses and words."""
    assert listed(RULES, wanted, (), {}) == found


def test_order() -> None:
    """Rules with an alarm come first, then those that hit most, then by category and id."""
    assert listed(RULES, RuleFilter(), {"old"}, {"invoice": 3}) == [OLD, INVOICE, INSULT]


def test_only_alarms() -> None:
    """Rules that are held by an alarm can be listed alone."""
    assert listed(RULES, RuleFilter(state="alarm"), {"invoice"}, {}) == [INVOICE]


def test_what_there_is_to_choose_from() -> None:
    """Categories come with the number of their rules, packs by name."""
    assert categories(RULES) == [("abuse", 2), ("fraud", 1)]
    assert packs(RULES) == ["abuse-pack", "fraud-pack"]


def test_place() -> None:
    """Where a rule stands is told without the folders of this machine."""
    assert place_of(INSULT.source) == "abuse-pack.yaml:7"


def test_word_options() -> None:
    """Words with the same options are counted together, the most frequent options first."""
    mixed = rule("mixed", words=(*INSULT.words, word("傻")))

    assert word_options(mixed) == [
        WordOptions(2, "anywhere", "few", (Layer.PINYIN,)),
        WordOptions(1, "anywhere", "few", ()),
    ]
