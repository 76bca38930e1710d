"""What of the words found in one text is still judged."""

from collections.abc import Callable

from moderator.domain.rule import Rule
from moderator.matching.entries import entries
from moderator.matching.judging import Found
from moderator.matching.screening import Screen
from moderator.matching.tally import (
    AS_WRITTEN,
    ENOUGH_RULES,
    HITS_PER_RULE,
    IN_DISGUISE,
    Spare,
    Tally,
)
from moderator.text.characters import characters


def finds(rule: Rule, count: int) -> list[Found]:
    (entry,) = entries(rule, characters())
    return [Found(entry, ((9 * at, 9 * at + 3),)) for at in range(count)]


def test_a_stage_has_its_share_and_later_ones_a_few(rule: Callable[..., Rule]) -> None:
    """However much one disguise is repeated, each way to disguise a word is looked at."""
    spare, many = Spare(0, Tally()), finds(rule("六合彩"), 200)
    shares = [len(list(spare.of(iter(many), AS_WRITTEN)))]
    shares += [len(list(spare.of(iter(many), IN_DISGUISE))) for _ in range(4)]

    assert shares[:2] == [AS_WRITTEN, IN_DISGUISE]
    assert shares[-1] > 0
    assert sum(shares) < 200


def test_longer_texts_have_more_to_spare(rule: Callable[..., Rule]) -> None:
    """What is judged in all grows with the text."""
    many = finds(rule("六合彩"), 1000)

    shares = [len(list(Spare(size, Tally()).of(iter(many), 1000))) for size in (2_000, 64_000)]

    assert shares[0] < shares[1]


def test_what_is_not_wanted_does_not_count(rule: Callable[..., Rule]) -> None:
    """What a rule has already takes no places from what comes after it."""
    many, tally = finds(rule("六合彩"), 3), Tally()
    tally.take(many[0])

    assert list(Spare(0, tally).of(iter(many), 2)) == many[1:]


def test_what_a_rule_has_at_a_place_is_not_judged_again(rule: Callable[..., Rule]) -> None:
    """Unless it reaches further, or is written more plainly."""
    tally = Tally()
    (found,) = finds(rule("六合彩"), 1)
    tally.take(found)

    assert not tally.wants(found)
    assert tally.wants(found._replace(parts=((0, 4),)))
    assert tally.wants(found._replace(parts=((1, 3),)))


def test_a_rule_that_has_its_hits_wants_no_more(rule: Callable[..., Rule]) -> None:
    """Twice as many as are told, because some may overlap."""
    tally, many = Tally(), finds(rule("六合彩"), 2 * HITS_PER_RULE + 1)
    for found in many[:-1]:
        tally.take(found)

    assert not tally.wants(many[-1])


def test_a_text_with_hits_of_many_rules_has_enough(rule: Callable[..., Rule]) -> None:
    """Only different rules count for that, not more words of one."""
    tally = Tally()
    for number in range(ENOUGH_RULES):
        assert not tally.enough
        for found in finds(rule("六合彩", rule_id=f"rule {number}"), 2):
            tally.take(found)

    assert tally.enough


def test_disguises_behind_the_words_of_many_rules_are_left(rule: Callable[..., Rule]) -> None:
    """What stands there as it is written is told all the same."""
    signs = "甲乙丙丁戊己庚辛壬癸子丑寅卯"[:ENOUGH_RULES]
    screen = Screen([rule(f"{one}乙酉", rule_id=one) for one in (*signs, "终")])
    crowd = "，".join(f"{one}乙酉" for one in signs)

    assert {hit.rule for hit in screen.screen(f"{crowd}，终.乙.酉")} == set(signs)
    assert "终" in {hit.rule for hit in screen.screen(f"{crowd}，终乙酉")}
    assert "终" in {hit.rule for hit in screen.screen("终.乙.酉")}


def test_a_disguise_behind_many_words_is_found(rule: Callable[..., Rule]) -> None:
    """A text full of one rule's words hides none of another rule's, however it is written."""
    screen = Screen([rule("六合彩", rule_id="many"), rule("赌博", rule_id="one")])

    hits = screen.screen("六合彩，" * 200 + "来赌.博吧")

    assert "one" in {hit.rule for hit in hits}
