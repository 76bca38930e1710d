"""Reasons and outcomes of actions in the reader's language."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

import moderator.enforcement
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


# What the service itself says of actions, as its sources have it.
_SAID = re.compile(r"(?:accepted|failed|cancelled|unsupported|not_done)\((?:[\w.]+, )?f?\"([^\"]+)")
_FILLED_IN = {"{told}{left_out}": "the warning", "{done}": "disabled"}
_ENFORCEMENT = Path(moderator.enforcement.__file__).parent


@pytest.mark.parametrize("source", sorted(_ENFORCEMENT.glob("*.py")), ids=lambda path: path.name)
def test_everything_that_the_worker_says_is_known(source: Path) -> None:
    """No outcome that somebody adds is shown in English to those who read Chinese."""
    content = source.read_text("utf-8")
    for name, value in _FILLED_IN.items():
        content = content.replace(name, value)
    said = [re.sub(r"\{[^}]*\}", "17", text) for text in _SAID.findall(content)]

    unknown = [text for text in said if WORDS.outcome(text) == text]

    assert unknown == []


@pytest.mark.parametrize(
    ("detail", "told"),
    [
        ("记过", "记过"),
        ("in_group sales", "涉及群、sales"),
        ("not_done remove_from_group", "未能执行、移出群聊"),
    ],
)
def test_details(detail: str, told: str) -> None:
    """A measure is called as the policy calls it, a situation in words."""
    assert WORDS.detail(detail) == told


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
        ("WeCom took the warning", "企业微信已接受警告"),
        (
            "WeCom took the notice for the direct superior, but left out an, bo",
            "企业微信已接受给直属上级的通知，但没有发给 an, bo",
        ),
        (
            "WeCom took the notice for the group g1; no recall is possible",
            "企业微信已接受发到群 g1 的通知，无法撤回",
        ),
        (
            "WeCom took back: warn_sender, notify_superior; refused (42052): notify_compliance",
            "已收回：警告发送人、通知直属上级，企业微信拒绝收回（42052）：通知合规人员",
        ),
        (
            "no recall was seen within 10 minutes; follows: notify_superior",
            "10 分钟内没有看到撤回，接下来：通知直属上级",
        ),
        (
            "disabled, says WeCom; the app may not look at it (48002)",
            "企业微信答复已停用；本应用无权查看状态",
        ),
        (
            "paused: message/send: waits its turn: WeCom's limit is reached (app/1)",
            "已暂停：已达企业微信的频率上限（app/1），排队等待",
        ),
        (
            "removed from g1; not a group of this app, its owner has to remove the person: g2",
            "已移出群 g1，不是本应用建的群，须由群主移出：g2",
        ),
        ("violation dismissed: no longer called for", "案件已排除：不再需要"),
        (
            "user/update: errcode 60011 no privilege",
            "企业微信拒绝（user/update，错误码 60011：no privilege）",
        ),
        (
            "No: the rule finds values that are kept nowhere.",
            "该规则查的是不保存的值，不能放行短语",
        ),
        ("rows are missing after 7", "第 7 条之后有缺失"),
    ],
)
def test_outcomes(outcome: str, told: str) -> None:
    """An outcome is told by its shape; an unknown one as it is."""
    assert WORDS.outcome(outcome) == told
