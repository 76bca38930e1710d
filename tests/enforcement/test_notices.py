"""What the shipped notices say, in both languages, and what none of them ever says."""

import string
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.enforcement.conftest import shipped_shelf
from tests.enforcement.violations import CLAUSE, HIT, violation

from moderator.domain.decision import ActionKind
from moderator.domain.message import TextField
from moderator.domain.rule import Layer, Severity
from moderator.enforcement.notices import Occasion, Situation
from moderator.enforcement.stationery import Stationery
from moderator.enforcement.templates import TELLING, Format
from moderator.ledger.records import ViolationRecord

SHIPPED = (
    "confidential credential personal-data abuse pornography violence gambling drugs fraud "
    "advertising rumour malicious-link political incitement superstition flooding off-topic "
    "bad-name"
)


def stationery(language: str = "zh") -> Stationery:
    return shipped_shelf(language)._stationery


def written(
    kind: ActionKind,
    of: ViolationRecord | None = None,
    *,
    language: str = "zh",
    **occasion: object,
) -> str:
    about = Occasion(violation=of or violation(), **occasion)  # type: ignore[arg-type]
    return stationery(language).write(kind, about).content


def warning(of: ViolationRecord | None = None) -> str:
    return written(ActionKind.WARN_SENDER, of)


def card(of: ViolationRecord | None = None) -> str:
    return written(ActionKind.NOTIFY_COMPLIANCE, of)


def test_a_warning_says_what_was_wrong_when_and_for_which_time() -> None:
    """The person can tell which message is meant, in China's time, and what kind of wrong it is."""
    text = warning()

    assert "2026-11-23 01:30" in text
    assert "账号、密码或密钥泄露" in text
    assert "第 2 次" in text


def test_a_warning_quotes_the_clause_with_document_and_number() -> None:
    """A person can look the clause up."""
    quoted = "《企业微信管理办法》（2023）\n· 第二篇第八条(五)1：发布负面广告信息者警告一次\n"

    assert quoted in warning()


def test_clauses_of_one_document_stand_under_its_title_once() -> None:
    """Long titles are not repeated for each clause."""
    text = warning(violation(clauses=(CLAUSE, replace(CLAUSE, number="第九条"))))

    assert text.count("企业微信管理办法") == 1
    assert "第九条" in text


def test_a_version_that_is_a_remark_stays_in_the_record() -> None:
    """A person is not read a paragraph about how the document is dated."""
    remark = replace(CLAUSE, version="未注明日期，其中第三部分为二〇一七年十二月九日修订")

    assert "未注明日期" not in warning(violation(clauses=(remark,)))


def test_a_warning_says_what_to_do_now_and_how_to_object() -> None:
    """What to do fits the category; the objection names the record."""
    text = warning()

    assert "请立即停用并更换该密码或密钥" in text
    assert "如有异议" in text
    assert "记录编号 4711" in text


def test_a_reminder_says_that_it_is_no_warning() -> None:
    """The friendly word does not count."""
    assert "不计为警告" in written(ActionKind.REMIND_SENDER)


def test_a_request_to_recall_names_the_time_for_it() -> None:
    """The person knows how long there is, and what happens then."""
    text = written(ActionKind.ASK_RECALL, minutes=25)

    assert "25 分钟内撤回" in text
    assert "直接上级" in text


@pytest.mark.parametrize("kind", [ActionKind.WARN_SENDER, ActionKind.NOTIFY_GROUP])
def test_a_notice_to_many_or_to_the_sender_tells_nothing_of_the_value_found(
    kind: ActionKind,
) -> None:
    """Not even the masked value goes out: the phone may lie on a table."""
    text = written(kind)

    assert "WXYZ" not in text
    assert "aws-access-key" not in text


def test_the_group_is_not_told_who_it_was() -> None:
    """Naming a person before others is a public notice, which somebody has to approve."""
    text = written(ActionKind.NOTIFY_GROUP)

    assert "张三" not in text
    assert "zhangsan" not in text


def test_a_superior_hears_that_no_recall_was_seen() -> None:
    """The escalation says what the first notice could not."""
    usual = written(ActionKind.NOTIFY_SUPERIOR)
    later = written(ActionKind.NOTIFY_SUPERIOR, situation=Situation.RECALL_NOT_SEEN)

    assert "未见撤回" in later
    assert "未见撤回" not in usual


def test_compliance_hears_what_has_to_be_done_by_hand() -> None:
    """The duty is named in words, not by its id."""
    text = written(
        ActionKind.NOTIFY_COMPLIANCE, situation=Situation.NOBODY_KNOWN, remark="notify_superior"
    )

    assert "请人工处理：告知直接上级" in text


def test_hr_reads_the_measure_as_a_proposal() -> None:
    """The machine proposes; people decide."""
    text = written(ActionKind.PROPOSE_TO_HR, measure="记过")

    assert "建议：记过" in text
    assert "由人力资源部门决定" in text


def test_the_owner_reads_which_group_and_why_the_machine_cannot() -> None:
    """A task says who, where, why, and whom to tell when it is done."""
    text = written(ActionKind.ASK_OWNER_TO_REMOVE, group="午饭拼单群")

    for part in ("张三（zhangsan）", "午饭拼单群", "只有群主", "4711"):
        assert part in text


def test_a_warning_without_clauses_names_no_grounds() -> None:
    """Where the policy names no clause, none is invented."""
    assert "依据" not in warning(violation(clauses=()))


def test_two_violations_never_have_the_same_warning() -> None:
    """WeCom's duplicate check compares content: the second warning must differ from the first."""
    assert warning() != warning(violation(id=4712))


def test_a_companys_own_category_is_not_called_by_its_id() -> None:
    """An id that only the rule files know means nothing to the person."""
    text = warning(violation(category="house-rules"))

    assert "house-rules" not in text
    assert "公司规定不得发送的内容" in text


def test_where_a_name_is_what_offends_it_is_not_repeated() -> None:
    """The userid stands for the person, and the group's name is left out."""
    named = violation(category="bad-name", sender_name="难听的名字", chat="c1")
    texts = [written(kind, named, group="难听的群名") for kind in TELLING]

    assert not any("难听" in text for text in texts)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", TELLING)
@settings(deadline=None, max_examples=25)
@given(length=st.integers(0, 3000), count=st.integers(1, 6), name=st.text(max_size=300))
def test_every_notice_fits_wecoms_limit_and_keeps_its_number(
    kind: ActionKind, language: str, length: int, count: int, name: str
) -> None:
    """However long clauses and names are, the clauses are cut first, between characters."""
    clauses = (replace(CLAUSE, text="不得发布广告" * length),) * count
    long = violation(clauses=clauses, category="personal-data", sender_name=name)
    notice = stationery(language).write(kind, Occasion(violation=long, group=name))

    assert len(notice.content.encode()) <= 2048
    assert "4711" in notice.content
    assert "�" not in notice.content.replace(name, "")


def test_the_end_of_a_long_warning_is_not_cut() -> None:
    """What to do and how to object matter more than the whole of the clause."""
    text = warning(violation(clauses=(replace(CLAUSE, text="不得发布广告" * 2000),) * 3))

    assert text.endswith("记录编号 4711。")


# No template has these letters: whoever finds one found something of the record.
_FOREIGN = st.text(alphabet="鬱龘靐齉爩囍𠮷ΞΨΩжщ", min_size=4, max_size=40)


@settings(deadline=None, max_examples=25)
@given(evidence=_FOREIGN, word=_FOREIGN, note=_FOREIGN, secret=_FOREIGN)
def test_no_notice_contains_a_hit_word_a_secret_or_any_evidence(
    evidence: str, word: str, note: str, secret: str
) -> None:
    """Even a record that was read with its evidence cannot be quoted by a notice."""
    hit = replace(HIT, word=word, notes=(note, secret), masked=False, fingerprint=secret)
    full = violation(hits=(hit,), fields=(TextField("Content", evidence),))
    for language in ("zh", "en"):
        for kind in TELLING:
            for situation in Situation:
                text = written(kind, full, language=language, situation=situation)
                assert not any(part in text for part in (evidence, word, note, secret))


def test_the_card_tells_who_where_what_and_how_often() -> None:
    """Compliance staff see the person, the facts and the number of the record."""
    told = card()

    for fact in (
        "违规记录 4711",
        "张三（zhangsan）",
        "总部/研发部",
        "账号、密码或密钥泄露（credential）",
        "严重",
        "第 2 次",
        "应用 desk",
        "aws-access-key（值 …WXYZ；校验通过；变形：全角或花体字母）",
    ):
        assert fact in told


def test_the_english_card_tells_the_same() -> None:
    """The setting changes the language, not the facts."""
    told = written(ActionKind.NOTIFY_COMPLIANCE, language="en")

    for fact in ("Violation 4711", "张三 (zhangsan)", "critical", "app desk", "value …WXYZ"):
        assert fact in told
    assert not any("严" in line for line in told.splitlines())


def test_the_card_of_an_unidentified_person_shows_the_userid() -> None:
    """Where the directory may not be read, the record still names somebody."""
    told = card(violation(sender_name="", sender_department=""))

    assert "人员：zhangsan" in told
    assert "部门：未知" in told


def test_a_name_cannot_mention_everybody_or_write_markup() -> None:
    """Names come from people and are shown as plain words."""
    told = card(violation(sender_name="<@all>\n> [点我](http://evil.test) <font color='warning'>"))

    assert "<" not in told
    assert "](" not in told
    assert told.count("\n") == card().count("\n")


def test_a_name_cannot_write_a_template() -> None:
    """What a person is called is a value, never code."""
    assert "{{ 7 + 7 }}" in warning_to("{{ 7 + 7 }}")


def warning_to(name: str) -> str:
    return written(ActionKind.NOTIFY_SUPERIOR, violation(sender_name=name))


def test_the_card_of_many_hits_fits_wecoms_limit() -> None:
    """A message with a thousand hits still makes a card, with each kind of hit named once."""
    hits = tuple(replace(HIT, rule=f"rule-{'x' * 60}-{number % 40}") for number in range(1000))
    told = card(violation(hits=hits, sender_department="部" * 2000))

    assert len(told.encode()) <= 2048
    assert "等 40 项" in told
    assert told.count("rule-") == 8


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_grade_disguise_and_shipped_category_has_words_of_its_own(language: str) -> None:
    """A new severity, layer or category is not called by its id."""
    words = stationery(language).words

    assert {severity.label for severity in Severity} == set(words.grades)
    assert {layer.value for layer in Layer} == set(words.disguises)
    assert set(SHIPPED.split()) == set(words.topics)


def test_both_languages_have_the_same_notices() -> None:
    """Nobody hears less in one language than in the other."""
    forms = [
        {kind: template.format for kind, template in stationery(language).templates.items()}
        for language in ("zh", "en")
    ]

    assert forms[0] == forms[1]
    assert set(forms[0]) == set(TELLING)
    assert set(forms[0].values()) == {Format.TEXT, Format.MARKDOWN}


def test_the_english_notices_hold_no_chinese_of_the_templates() -> None:
    """Only what the record says (names, clauses) is in the language it was written in."""
    plain = violation(sender_name="Zhang", sender_department="R&D", clauses=(), sender="zhangsan")
    texts = [written(kind, plain, language="en") for kind in TELLING]
    ascii_only = string.printable + "…·"

    assert not [text for text in texts if not set(text) <= set(ascii_only)]
