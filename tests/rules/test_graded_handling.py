"""The shipped ladder does what the companies' documents say (`docs/graded-handling.md`)."""

from datetime import UTC, datetime, timedelta

import pytest

from moderator.domain.decision import (
    ActionKind,
    ActionState,
    Decision,
    PlannedAction,
    Standing,
    Strike,
)
from moderator.domain.finding import Finding, Hit
from moderator.domain.rule import Severity
from moderator.policy.ladder import decide
from moderator.rulebook.book import Rulebook
from moderator.rulebook.loader import load_rulebook
from moderator.shipped import rules_directory

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUEUED, PROPOSED = ActionState.QUEUED, ActionState.PROPOSED
WARN, REMIND = ActionKind.WARN_SENDER, ActionKind.REMIND_SENDER
REMOVE, HR = ActionKind.REMOVE_FROM_GROUP, ActionKind.PROPOSE_TO_HR
OWNER, SUPERIOR = ActionKind.NOTIFY_GROUP_OWNER, ActionKind.NOTIFY_SUPERIOR
MUTE = ActionKind.ASK_OWNER_TO_MUTE


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return load_rulebook(rules_directory())


def found(book: Rulebook, text: str) -> Finding:
    return Finding.of(list(book.screen.screen(text)))


def of(category: str, severity: Severity) -> Finding:
    hit = Hit(rule="r", version="v", category=category, severity=severity, start=0, end=1)
    return Finding((hit,))


def in_a_row(book: Rulebook, *findings: Finding, now: datetime = NOW) -> list[Decision]:
    """The decisions on one person's messages, a day apart, the last of them `now`."""
    strikes: list[Strike] = []
    decisions = []
    for number, finding in enumerate(findings, start=1):
        at = now - timedelta(days=len(findings) - number)
        decision = decide(
            finding,
            Standing(tuple(strikes)),
            book.policy,
            clauses_of_rule=book.policy.rule_clauses.get(finding.gravest.rule, ()),
            now=at,
            used_today={},
        )
        decisions.append(decision)
        strikes.append(
            Strike(
                violation=str(number),
                category=decision.category,
                severity=decision.severity,
                at=at,
                units=decision.units.given,
            )
        )
    return decisions


def states(decision: Decision) -> dict[ActionKind, ActionState]:
    return {action.kind: action.state for action in decision.actions}


def proposals(decision: Decision) -> list[str]:
    return [action.detail for action in decision.actions if action.kind is HR]


def clauses(decision: Decision) -> set[str]:
    return {clause.id for clause in decision.clauses}


def one(decision: Decision, kind: ActionKind) -> PlannedAction:
    (action,) = (action for action in decision.actions if action.kind is kind)
    return action


def test_b1_the_sender_is_warned_in_writing_with_the_clause(book: Rulebook) -> None:
    """及时提醒、口头或书面警告: at once, and the clause's own words go with it."""
    (decision,) = in_a_row(book, found(book, "专业代开发票，税点低，加微信"))

    assert states(decision)[WARN] is QUEUED
    assert "警告一次" in next(c.text for c in decision.clauses if c.id == "s3-2-8-5-1")


def test_b2_a_leak_is_asked_back_and_reported(book: Rulebook) -> None:
    """第一时间提醒撤回并向本单位保密工作机构报告: both at once."""
    (decision,) = in_a_row(book, found(book, "机密★长期，方案发大家"))

    for kind in (ActionKind.ASK_RECALL, ActionKind.NOTIFY_CONFIDENTIALITY):
        assert one(decision, kind).state is QUEUED
    assert "s3-3-2-4" in clauses(decision)


@pytest.mark.parametrize("category", ["abuse", "gambling"])
def test_b3_owner_and_superior_are_told(book: Rulebook, category: str) -> None:
    """员工直接上级和群主…应立即提醒制止: the first time already."""
    (decision,) = in_a_row(book, of(category, Severity.HIGH))

    assert states(decision)[OWNER] is states(decision)[SUPERIOR] is QUEUED


def test_b4_advertising_is_warned_about_and_then_removed(book: Rulebook) -> None:
    """警告一次,第二次再发者直接清退出群: without asking anybody."""
    advert = found(book, "专业代开发票，税点低，加微信")
    first, second = in_a_row(book, advert, advert)

    assert WARN in states(first)
    assert REMOVE not in states(first)
    assert states(second)[REMOVE] is QUEUED
    assert "s3-2-8-5-1" in clauses(second)


def test_b5_incitement_to_hatred_is_removed_at_once(book: Rulebook) -> None:
    """违者直接清退出群: the first time, and without asking, where the words leave no doubt."""
    (decision,) = in_a_row(book, found(book, "这种劣等民族就该滚"))

    assert decision.category == "incitement"
    assert states(decision)[REMOVE] is QUEUED
    assert "s3-2-8-5-2" in clauses(decision)


def test_b5_what_may_be_a_lawful_claim_is_only_proposed(book: Rulebook) -> None:
    """A call to strike may be lawful or quoted: the same removal, once a person agrees."""
    (decision,) = in_a_row(book, found(book, "明天大家一起罢工，堵公司大门"))

    assert states(decision)[REMOVE] is PROPOSED
    assert decision.units.given == {}


def test_b6_three_warnings_are_a_demerit_and_three_demerits_a_dismissal(book: Rulebook) -> None:
    """警告三次为一次记过,记过三次者,作辞退处理: as proposals that a person approves."""
    insult = of("abuse", Severity.MEDIUM)
    decisions = in_a_row(book, *[insult] * 9)

    assert [decision.units.converted for decision in decisions[:3]] == [(), (), ("three-warnings",)]
    assert [proposals(decision) for decision in decisions[2::3]] == [
        ["记过"],
        ["记过"],
        ["记过", "辞退"],
    ]
    assert {states(decision)[HR] for decision in decisions[2::3]} == {PROPOSED}
    assert decisions[-1].units.after == {"demerit": 3}
    assert "s3-4-4-3" in clauses(decisions[-1])


def test_b6_warnings_of_different_kinds_add_up(book: Rulebook) -> None:
    """An advertisement, an insult and a bet are three warnings."""
    *_, third = in_a_row(
        book,
        of("advertising", Severity.MEDIUM),
        of("abuse", Severity.MEDIUM),
        of("gambling", Severity.HIGH),
    )

    assert third.offence == 1
    assert third.units.after == {"demerit": 1}


def test_b7_abuse_is_warned_muted_removed(book: Rulebook) -> None:
    """警告 / 禁言 / 除名: the mute is a task for the group's owner, the removal needs consent."""
    first, second, third = in_a_row(book, *[of("abuse", Severity.HIGH)] * 3)

    assert WARN in states(first)
    assert not {MUTE, REMOVE} & states(first).keys()
    assert states(second)[MUTE] is QUEUED
    assert states(third)[REMOVE] is PROPOSED
    assert all("s4-1-10" in clauses(decision) for decision in (first, second, third))


def test_b8_suspending_the_account_is_proposed(book: Rulebook) -> None:
    """停用企业微信账号: for the third grave violation, and only if a person agrees."""
    *_, second, third = in_a_row(book, *[of("gambling", Severity.CRITICAL)] * 3)

    assert ActionKind.DISABLE_ACCOUNT not in states(second)
    assert states(third)[ActionKind.DISABLE_ACCOUNT] is PROPOSED
    assert "s0-3-16" in clauses(third)


def test_b9_correction_then_bonus_then_more_are_proposals_for_hr(book: Rulebook) -> None:
    """首次批评教育，再次警告并扣绩效，多次罚款、降职…: never done by the machine."""
    first, second, third = in_a_row(book, *[of("gambling", Severity.MEDIUM)] * 3)

    assert states(first)[REMIND] is QUEUED
    assert WARN not in states(first)
    assert (states(second)[WARN], proposals(second)) == (QUEUED, ["扣除当月部分绩效奖金"])
    assert proposals(third) == ["罚款、降职降薪或解除劳动合同"]
    assert states(second)[HR] is states(third)[HR] is PROPOSED


def test_b10_a_public_notice_waits_for_approval(book: Rulebook) -> None:
    """开具奖惩通知单并经审批后公布: nothing is published before a named person agrees."""
    _, second, third = in_a_row(book, *[of("fraud", Severity.HIGH)] * 3)

    notice = one(second, ActionKind.PUBLISH_NOTICE)
    assert (notice.state, notice.detail) == (PROPOSED, "通报批评")
    assert "开具奖惩通知单" in proposals(third)
    assert "s3-5-9-4" in clauses(third)


def test_nothing_in_the_shipped_policy_waits_for_the_morning(book: Rulebook) -> None:
    """The documents want people told at once; quiet hours are for a company to choose."""
    night = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)  # two in the morning in Shanghai
    (decision,) = in_a_row(book, of("abuse", Severity.MEDIUM), now=night)

    assert {action.not_before for action in decision.actions} == {None}


def test_what_cannot_be_trusted_bothers_nobody(book: Rulebook) -> None:
    """Low severities are recorded, whatever their category, and give no units."""
    decisions = in_a_row(book, *[of("incitement", Severity.LOW)] * 5)

    assert {tuple(states(decision)) for decision in decisions} == {(ActionKind.IDENTIFY_SENDER,)}
    assert decisions[-1].units.after == {}
