from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.decision import Clause
from moderator.domain.message import Source
from moderator.domain.rule import Layer, Severity
from moderator.enforcement.notices import compliance_card, warning
from moderator.enforcement.wording import disguise, grade, topic
from moderator.ledger.records import EvidenceState, HitRecord, Status, ViolationRecord
from moderator.wecom import messages

CLAUSE = Clause(
    id="s3-2-8-5-1",
    document="企业微信管理办法",
    version="2023",
    number="第二篇第八条(五)1",
    text="发布负面广告信息者警告一次",
)
HIT = HitRecord(
    rule="aws-access-key",
    version="v1",
    category="credential",
    severity=Severity.CRITICAL,
    field="Content",
    start=3,
    end=23,
    layers=(Layer.WIDTH,),
    verified=True,
    masked=True,
    fingerprint="f" * 64,
    shown="…WXYZ",
)
VIOLATION = ViolationRecord(
    id=4711,
    message_key="k",
    corp="ww1",
    app="desk",
    source=Source.CALLBACK,
    sender="zhangsan",
    sender_name="张三",
    sender_department="总部/研发部",
    message_id="1",
    kind="text",
    chat="",
    sent_at=datetime(2026, 11, 22, 17, 30, tzinfo=UTC),
    recorded_at=datetime(2026, 11, 22, 17, 31, tzinfo=UTC),
    category="credential",
    severity=Severity.CRITICAL,
    rule="aws-access-key",
    rules=("aws-access-key",),
    hits=(HIT,),
    rulebook="abc",
    offence=2,
    step="credential#2",
    clauses=(CLAUSE,),
    status=Status.OPEN,
    version=1,
    judged_by="",
    judged_at=None,
    judgement="",
    evidence=EvidenceState.WITHHELD,
    evidence_expires_at=datetime(2027, 5, 1, tzinfo=UTC),
)


def test_a_warning_says_what_was_wrong_when_and_for_which_time() -> None:
    """The person can tell which message is meant, in China's time, and what kind of wrong it is."""
    text = warning(VIOLATION)

    assert "2026-11-23 01:30" in text
    assert "账号、密码或密钥泄露" in text
    assert "第 2 次" in text


def test_a_warning_quotes_the_clause_with_document_and_number() -> None:
    """A person can look the clause up."""
    quoted = "《企业微信管理办法》（2023）\n· 第二篇第八条(五)1：发布负面广告信息者警告一次\n"

    assert quoted in warning(VIOLATION)


def test_clauses_of_one_document_stand_under_its_title_once() -> None:
    """Long titles are not repeated for each clause."""
    other = replace(CLAUSE, number="第九条")
    text = warning(replace(VIOLATION, clauses=(CLAUSE, other)))

    assert text.count("企业微信管理办法") == 1
    assert "第九条" in text


def test_a_version_that_is_a_remark_stays_in_the_record() -> None:
    """A person is not read a paragraph about how the document is dated."""
    remark = replace(CLAUSE, version="未注明日期，其中第三部分为二〇一七年十二月九日修订")

    assert "未注明日期" not in warning(replace(VIOLATION, clauses=(remark,)))


def test_a_warning_says_what_to_do_now_and_how_to_object() -> None:
    """What to do fits the category; the objection names the record."""
    text = warning(VIOLATION)

    assert "请立即停用并更换该密码或密钥" in text
    assert "如有异议" in text
    assert "记录编号 4711" in text


def test_a_warning_tells_nothing_of_the_value_found() -> None:
    """Not even the masked value goes out: the person knows it, and the phone may lie on a table."""
    text = warning(VIOLATION)

    assert "WXYZ" not in text
    assert "aws-access-key" not in text


def test_a_warning_without_clauses_names_no_grounds() -> None:
    """Where the policy names no clause, none is invented."""
    assert "依据" not in warning(replace(VIOLATION, clauses=()))


def test_two_violations_never_have_the_same_warning() -> None:
    """WeCom's duplicate check compares content: the second warning must differ from the first."""
    assert warning(VIOLATION) != warning(replace(VIOLATION, id=4712))


def test_a_companys_own_category_is_not_called_by_its_id() -> None:
    """An id that only the rule files know means nothing to the person."""
    text = warning(replace(VIOLATION, category="house-rules"))

    assert "house-rules" not in text
    assert "公司规定不得发送的内容" in text


@given(length=st.integers(0, 3000), count=st.integers(1, 6))
def test_a_warning_fits_wecoms_limit_and_keeps_its_end(length: int, count: int) -> None:
    """However long the clauses, what to do and how to object are not cut off."""
    clauses = (replace(CLAUSE, text="不得发布广告" * length),) * count
    text = warning(replace(VIOLATION, clauses=clauses, category="personal-data"))

    assert messages.text(text)["text"]["content"] == text
    assert text.endswith("记录编号 4711。")


def test_the_card_tells_who_where_what_and_how_often() -> None:
    """Compliance staff see the person, the facts and the number of the record."""
    card = compliance_card(VIOLATION)

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
        assert fact in card


def test_the_card_of_an_unidentified_person_shows_the_userid() -> None:
    """Where the directory may not be read, the record still names somebody."""
    card = compliance_card(replace(VIOLATION, sender_name="", sender_department=""))

    assert "人员：zhangsan" in card
    assert "部门：未知" in card


def test_a_name_cannot_mention_everybody_or_write_markup() -> None:
    """Names come from people and are shown as plain words."""
    card = compliance_card(
        replace(VIOLATION, sender_name="<@all>\n> [点我](http://evil.test) <font color='warning'>")
    )

    assert "<" not in card
    assert "](" not in card
    assert card.count("\n") == compliance_card(VIOLATION).count("\n")


def test_the_card_of_many_hits_fits_wecoms_limit() -> None:
    """A message with a thousand hits still makes a card, with each kind of hit named once."""
    hits = tuple(replace(HIT, rule=f"rule-{'x' * 60}-{number % 40}") for number in range(1000))
    card = compliance_card(replace(VIOLATION, hits=hits, sender_department="部" * 2000))

    assert messages.markdown(card)["markdown"]["content"] == card
    assert "等 40 项" in card
    assert card.count("rule-") == 8


def test_every_grade_and_disguise_has_words() -> None:
    """A new severity or layer cannot break a notice."""
    assert all(grade(severity) for severity in Severity)
    assert all(disguise(layer) for layer in Layer)


def test_every_shipped_category_has_words_of_its_own() -> None:
    """The categories of the shipped packs are called by name."""
    other = topic("house-rules")
    shipped = (
        "confidential credential personal-data abuse pornography violence gambling drugs fraud "
        "advertising rumour malicious-link political incitement superstition flooding off-topic "
        "bad-name"
    )

    assert all(topic(category).name != other.name for category in shipped.split())
