"""The gravest words stand in WeCom's own rules, and nobody else's rules are touched."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from moderator.domain.rule import Boundary, Company, Layer, Rule, Separators, Severity, Word
from moderator.enforcement.interception import (
    Drift,
    Interception,
    Omission,
    difference,
    select,
)
from moderator.errors import WeComRefused
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn
from moderator.settings import InterceptionSettings, build_settings
from moderator.wecom.client import WeComClient
from moderator.wecom.interception import InterceptRule, InterceptRules

SETTINGS = InterceptionSettings(app=MODERATION_APP, departments=(2, 3))


def word(text: str, boundary: Boundary = Boundary.ANYWHERE) -> Word:
    return Word(
        text=text, boundary=boundary, separators=Separators.FEW, undo=frozenset({Layer.CASE})
    )


def rule(*words: str, **changes: Any) -> Rule:
    told: dict[str, Any] = {
        "id": "r",
        "category": "fraud",
        "severity": Severity.HIGH,
        "description": "",
        "version": "v",
        "words": tuple(map(word, words)),
    }
    return Rule(**told | changes)


def words_of(*rules: Rule, **settings: Any) -> list[tuple[str, tuple[str, ...]]]:
    selection = select(rules, SETTINGS.model_copy(update=settings))
    return [(native.name, native.words) for native in selection.rules]


def test_words_stand_in_rules_named_by_category() -> None:
    """The name begins with what makes them ours, and is unique."""
    found = words_of(
        rule("刷单返利"), rule("裸聊", id="s", category="pornography", severity=Severity.CRITICAL)
    )

    assert found == [("mod-pornography-01", ("裸聊",)), ("mod-fraud-01", ("刷单返利",))]


def test_a_rule_holds_three_hundred_words() -> None:
    """The next word begins another rule of that category."""
    many = tuple(f"词{number:04}" for number in range(301))

    first, second = words_of(rule(*many))

    assert (first[0], len(first[1])) == ("mod-fraud-01", 300)
    assert second == ("mod-fraud-02", ("词0300",))


def test_where_there_is_no_room_the_gravest_words_stand() -> None:
    """What is left out is counted."""
    grave = rule("裸聊", category="pornography", severity=Severity.CRITICAL)
    selection = select([rule("刷单返利"), grave], SETTINGS.model_copy(update={"most_rules": 1}))

    assert [native.words for native in selection.rules] == [("裸聊",)]
    assert selection.omitted == {Omission.NO_ROOM: 1}


@pytest.mark.parametrize(
    "left_out",
    [
        rule("刷单返利", enabled=False),
        rule("刷单返利", masked=True),
        rule("刷单返利", severity=Severity.MEDIUM),
        rule("刷单返利", company=Company(all_of=(("钱",),), within=5)),
    ],
)
def test_rules_that_need_more_than_the_word_are_left_out(left_out: Rule) -> None:
    """WeCom's rules know words and nothing else."""
    assert words_of(left_out) == []


@pytest.mark.parametrize(
    ("left_out", "why"),
    [
        (rule("毒"), Omission.LENGTH),
        (rule("毒" * 33), Omission.LENGTH),
        (rule(words=(word("av", Boundary.WHOLE),)), Omission.BOUNDARY),
        (rule("大麻", allow=("大麻烦",)), Omission.ALLOWED),
        (rule("口交", counter_examples=("在路口交通灯处",)), Omission.ALLOWED),
    ],
)
def test_words_that_would_stop_harmless_messages_are_left_out(
    left_out: Rule, why: Omission
) -> None:
    """There they would be found inside harmless words; here they are not."""
    selection = select([left_out], SETTINGS)

    assert selection.rules == ()
    assert selection.omitted == {why: 1}


def test_only_the_chosen_categories_are_taken() -> None:
    """The setting names them."""
    assert words_of(rule("刷单返利"), categories=("gambling",)) == []


def test_a_word_of_two_rules_stands_once() -> None:
    """In the rule where it is gravest."""
    grave = rule("刷单返利", id="s", category="gambling", severity=Severity.CRITICAL)

    assert words_of(rule("刷单返利"), grave) == [("mod-gambling-01", ("刷单返利",))]


def test_names_fit_and_stay_unique_where_categories_begin_alike() -> None:
    """WeCom takes 20 characters."""
    found = words_of(
        rule("一一", category="a-very-long-category-one"),
        rule("二二", category="a-very-long-category-two"),
    )
    names = [name for name, _ in found]

    assert len(set(names)) == 2
    assert all(len(name) <= 20 for name in names)


def native(**changes: Any) -> InterceptRule:
    told: dict[str, Any] = {
        "name": "mod-fraud-01",
        "words": ("甲乙", "丙丁"),
        "block": True,
        "users": ("A",),
        "departments": (2, 3),
    }
    return InterceptRule(**told | changes)


def test_the_order_of_words_and_members_is_no_difference() -> None:
    """WeCom may tell them in another."""
    found = native(id="1", words=("丙丁", "甲乙"), users=("a",), departments=(3, 2))

    assert not difference([native()], [found])


@pytest.mark.parametrize(
    "changes",
    [
        {"words": ("甲乙",)},
        {"block": False},
        {"users": ()},
        {"departments": (2,)},
        {"semantics": (1,)},
    ],
)
def test_any_other_difference_is_drift(changes: dict[str, Any]) -> None:
    """Somebody changed it in the admin console."""
    drift = difference([native()], [native(id="1", **changes)])

    assert [pair[1] for pair in drift.changed] == [native()]


def test_drift_says_what_would_be_done() -> None:
    """One line for each rule, without any of the words."""
    drift = Drift(
        missing=(native(name="mod-a-01"),),
        changed=((native(words=("甲乙", "戊己")), native()), (native(block=False), native())),
        surplus=(native(name="mod-b-01"),),
    )

    assert str(drift).splitlines() == [
        "- mod-b-01: 2 words",
        "~ mod-fraud-01: 1 words more, 1 less",
        "~ mod-fraud-01: 0 words more, 0 less, other particulars differ",
        "+ mod-a-01: 2 words",
    ]


@asynccontextmanager
async def company() -> AsyncIterator[tuple[StandIn, Interception, InterceptRules]]:
    world = invent_world(people=30)
    stand_in = StandIn(world)
    async with serving(stand_in) as url, httpx.AsyncClient() as http:
        client = WeComClient(build_settings(settings_of(world, api_url=url)).wecom, http)
        rules = InterceptRules(client, MODERATION_APP)
        yield stand_in, Interception(rules, SETTINGS), rules


async def test_wecoms_rules_become_those_of_the_rulebook_and_stay_so() -> None:
    """Made, changed and deleted as needed; the second time nothing is called for."""
    async with company() as (stand_in, interception, _):
        first = select([rule("刷单返利"), rule("裸聊", category="pornography")], SETTINGS)
        await interception.mend(await interception.drift(first.rules))
        second = select([rule("刷单返利", "兼职刷单")], SETTINGS)
        drift = await interception.drift(second.rules)
        await interception.mend(drift)
        after = await interception.drift(second.rules)

        kept = {one.name: one.words for one in stand_in.company.intercept_rules.values()}

    assert (len(drift.missing), len(drift.changed), len(drift.surplus)) == (0, 1, 1)
    assert not after
    assert kept == {"mod-fraud-01": ("刷单返利", "兼职刷单")}


async def test_rules_of_others_are_never_touched() -> None:
    """Whatever does not begin with our prefix is neither read nor changed."""
    async with company() as (stand_in, interception, rules):
        await rules.add(native(name="销售部的规则", users=(), departments=(3,)))
        await interception.mend(await interception.drift(()))

        asked = stand_in.journal.calls("/get_intercept_rule")
        names = [one.name for one in stand_in.company.intercept_rules.values()]

    assert names == ["销售部的规则"]
    assert asked == []


async def test_the_range_and_the_kind_are_mended_too() -> None:
    """An update says what to add and what to remove."""
    async with company() as (stand_in, interception, rules):
        wanted = select([rule("刷单返利")], SETTINGS).rules
        await rules.add(replace(wanted[0], departments=(3, 4), block=False, semantics=(1,)))
        await interception.mend(await interception.drift(wanted))

        [kept] = stand_in.company.intercept_rules.values()

    assert (set(kept.departments), kept.kind, kept.semantics) == ({2, 3}, 1, ())


async def test_what_wecom_refuses_is_raised() -> None:
    """A range outside what the app sees is for a person to mend."""
    async with company() as (_, interception, _rules):
        wanted = select([rule("刷单返利")], SETTINGS.model_copy(update={"users": ("Nobody",)}))
        with pytest.raises(WeComRefused, match="60011"):
            await interception.mend(await interception.drift(wanted.rules))
