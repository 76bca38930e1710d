"""Reasons and outcomes of actions in the reader's language."""

from datetime import timedelta

import pytest

from moderator.domain.decision import ActionKind
from moderator.policy.policy import Conversion, Ladder, Policy, Rung, Unit
from moderator.web.console.catalogue import catalogues
from moderator.web.console.outcomes import OutcomeWords

POLICY = Policy(
    ladders=(
        Ladder(
            id="secrets",
            categories=frozenset({"credential"}),
            window=timedelta(days=90),
            rungs=(Rung(at=1, actions=(ActionKind.WARN_SENDER,)),),
        ),
    ),
    units={"warning": Unit(id="warning", title="警告"), "mark": Unit(id="mark", title="记过")},
    conversions=(Conversion(id="three", of="warning", count=3, into="mark"),),
)
WORDS = OutcomeWords(POLICY, catalogues()["zh"])


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("secrets/2: approval", "密钥与口令，第 2 次；需要批准"),
        ("secrets/1", "密钥与口令，第 1 次"),
        ("units/three: daily cap of 20", "记过；超过每日上限 20 次，需要批准"),
        ("gone-by-now/2: approval", "gone-by-now/2: approval"),
        ("units/gone", "units/gone"),
        ("alarm on rule bank-card", "规则 bank-card 命中突然增多"),
        ("somebody's own words", "somebody's own words"),
    ],
)
def test_reasons(reason: str, told: str) -> None:
    """A reason names the step by what it is for; a step that is gone is told as it was kept."""
    assert WORDS.reason(reason) == told


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("the message names no group; compliance is told", "消息里没有群，已告知合规人员"),
        (
            "nobody is known as direct superior; compliance is told",
            "找不到对应的人（直属上级），已告知合规人员",
        ),
        (
            "nobody is known as owner of sales; compliance is told",
            "找不到对应的人（owner of sales），已告知合规人员",
        ),
        (
            "the person has left the company, as WeCom said on 2026-03-02",
            "此人已于 2026-03-02 离职",
        ),
        ("exempt by drill: {0} 演练", "豁免（drill）：{0} 演练"),
        ("WeCom: system busy", "WeCom: system busy"),
    ],
)
def test_outcomes(outcome: str, told: str) -> None:
    """An outcome is told by its shape; an unknown one as it is."""
    assert WORDS.outcome(outcome) == told
