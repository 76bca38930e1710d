"""Personal data: identifiers that check out, and numbers that only look like them."""

import pytest

from moderator.domain.finding import Hit
from moderator.domain.rule import Severity
from moderator.matching.patterns import PatternMatcher
from moderator.rulebook.samples import expand

FOUND = [
    ("resident-id", "身份证 <resident-id:110105>"),
    ("resident-id", "我的证件号<resident-id:>谢谢"),
    ("mobile-number", "手机<mobile:138>"),
    ("mobile-number", "打 +86 <mobile:199> 找我"),
    ("mobile-number", "+86-<mobile:155>"),
    ("bank-card", "卡号 <bank-card:622202>"),
    ("bank-card", "打到 <bank-card:621700> 这张卡"),
    ("bank-card", "Visa <luhn:4-16>"),
    ("social-credit-code", "税号<social-credit-code:>"),
    ("organisation-code", "组织机构代码：<organisation-code:>"),
    ("passport-number", "护照E<digits:8>"),
    ("travel-permit-number", "港澳通行证号码 C<digits:8>"),
    ("licence-plate", "沪A·<digits:5> 的车主请挪车"),
    ("licence-plate", "车牌 粤B<digits:4>警"),
    ("licence-plate", "车牌号：京AD<digits:5>"),
    ("email-address", "发到 <lower:6>.<lower:4>@gmail.com"),
    ("landline-number", "座机 010-6<digits:7>"),
    ("landline-number", "传真：0755-8<digits:7>"),
    ("landline-number", "(021)5<digits:7>"),
    ("postal-address", "地址：广东省深圳市南山区科技园南路16号创维大厦3栋1201室"),
    ("postal-address", "收货：江苏省苏州市工业园区星湖街328号"),
    ("name-with-identifier", "姓名：王小明，电话：<mobile:186>"),
    ("name-with-identifier", "张伟 <mobile:131>"),
    ("hong-kong-id", "香港身份证：<hong-kong-id:>"),
    ("taiwan-id", "身分證字號 <taiwan-id:>"),
    ("card-security-code", "CVV 是 <digits:3>"),
    ("bank-card", "<bank-card:4539>"),
    ("mobile-number", "联系电话 幺三九二零四八六幺三七"),
    ("mobile-number", "香港电话 +852 9<digits:3>4<digits:3>"),
    ("landline-number", "+86 10 6<digits:7>"),
    ("licence-plate", "粤BD<digits:5>"),
    ("licence-plate", "京A<digits:4>警"),
    ("postal-address", "深圳南山区桃园路288号西海明珠花园B栋1502房"),
    ("military-card-number", "军官证号：军字第<digits:8>号"),
    ("chat-account", "微信号：lisi_2020"),
    ("chat-account", "我的扣扣 8<digits:8>"),
    ("chat-account", "wxid_<lowernum:14>"),
    ("email-address", "lisi [at] gmail [dot] com"),
    ("resident-id", "身份证号是 110105199001011234"),
    ("mobile-number", "快递员电话<mobile:131>"),
    ("mobile-number", "加微 一三九二零四八六幺三七"),
    ("mobile-number", "手机号 13920 486137"),
    ("mobile-number", "电话 +852 2<digits:3> 4<digits:3>"),
    ("mobile-number", "my phone number is (4<digits:2>) 3<digits:2>-7<digits:3>"),
    ("bank-account-labelled", "my bank account number is 9<digits:8>"),
    ("bank-account-labelled", "卡号是 6222021234567890123"),
    ("passport-number", "my passport number is 9<digits:8>"),
    ("travel-permit-number", "大陆居民往来台湾通行证 L<digits:8>"),
    ("licence-plate", "粤BA0<digits:4>"),
    ("licence-plate", "闽2<digits:4>领"),
    ("chat-account", "wx: <lower:6>19<digits:2>"),
    ("chat-account", "扣扣 一三九二零四八六幺"),
    ("landline-number", "0755-8<digits:3> 6<digits:3> 转 803"),
    ("postal-address", "碧水花园3栋2单元501"),
    ("postal-address", "收货地址 广东省深圳市南山区科技园南区49栋"),
    ("email-address", "lisi2020#qq.com 把#换成@"),
]
LEFT = """
订单号 20231122123456789012
单号 110105199001011234
身份证 110105199001011234 校验不过
13800138000 是客服的示例号
园区办公楼2栋301会议室
3栋302停电
一共 13912345678 次访问
QQ浏览器 12.3
我家住在12楼
订单号13812345678
运单号 73112345678901
快递单号 SF1234567890123
流水号：6222021234567890123
时间戳 1700000000000
时间戳 1700000000
QQ 13812345678
QQ群 123456789
会议号 123 456 789
价格 12999.00 元
12345678901
13800000000
身份证 110105199013011234
银行卡 6222021234567890123
版本 1.2.3.4567890123
2023-11-22 12:30:45
2023112212304512345
房间号 1203
工号 10086
客服电话 10086
热线 95588
400-811-8118
ISBN 9787111213826
git@github.com:org/repo.git
@张三 @李四 看一下
user@example.com
noreply@corp.cn
hr@corp.cn
图片 logo@2x.png
上海市浦东新区今天下雨
会议室在3楼302
南京路步行街人很多
京A级学科
北京市朝阳区群众
姓名要实名
联系人请填写完整
护照 2024 年换发
圆周率 3.14159265358979
π≈3.1415926535897932384626
手机型号 13 Pro Max 512
id=1234567890123456789
端口 3306 3307 3308 3309
0.1380013800012
13800138000条数据
播放量13912345678
一三九块钱
微信小程序appid
微信8.0.50版本
QQ2013版
新A股12345
""".strip().splitlines()


def found(matcher: PatternMatcher, text: str) -> list[Hit]:
    return matcher.match(text, matcher.candidates(text))


@pytest.mark.parametrize("seed", ["a", "b", "c", "d"])
@pytest.mark.parametrize(("rule", "text"), FOUND)
def test_identifiers_are_found(shipped: PatternMatcher, rule: str, text: str, seed: str) -> None:
    """Each kind, in the words that people write around it."""
    message = expand(text, seed=seed)

    assert rule in {hit.rule for hit in found(shipped, message)}, message


@pytest.mark.parametrize("text", LEFT)
def test_other_numbers_are_left_alone(shipped: PatternMatcher, text: str) -> None:
    """Orders, times, prices, versions, group numbers and numbers that fail their check."""
    assert [(hit.rule, text[hit.start : hit.end]) for hit in found(shipped, text)] == []


@pytest.mark.parametrize("text", ["<mobile:138>", "我邮箱 <lower:8>@gmail.com", "010-6<digits:7>"])
def test_one_contact_is_at_most_low(shipped: PatternMatcher, text: str) -> None:
    """Giving someone a number is everyday work."""
    hits = found(shipped, expand(text, seed="one"))

    assert [hit.severity for hit in hits] == [Severity.LOW]


@pytest.mark.parametrize(
    ("rows", "severity"), [(1, Severity.LOW), (3, Severity.MEDIUM), (12, Severity.HIGH)]
)
def test_a_customer_list_is_graver_than_a_customer(
    shipped: PatternMatcher, rows: int, severity: Severity
) -> None:
    """How many people a message tells of decides how grave it is."""
    text = "\n".join(expand("客户 <mobile:139> 已回访", seed=str(row)) for row in range(rows))

    hits = found(shipped, text)

    assert len(hits) == rows
    assert max(hit.severity for hit in hits) == severity


def test_a_mistyped_identity_number_is_not_verified(shipped: PatternMatcher) -> None:
    """What is called an identity number and has a wrong check digit is reported as doubtful."""
    (hit,) = found(shipped, "身份证号是 110105199001011234")

    assert (hit.rule, hit.verified) == ("resident-id", False)


def test_mistyped_identity_numbers_are_people_too(shipped: PatternMatcher) -> None:
    """A list grows graver with every different number, whether its check digit is right or not."""
    rows = [expand("身份证 1101011990010<digits:5>", seed=str(row)) for row in range(12)]

    assert {hit.severity for hit in found(shipped, "\n".join(rows))} == {Severity.HIGH}


def test_check_digits_verify_a_hit(shipped: PatternMatcher) -> None:
    """A number with a valid check digit is known to be of its kind."""
    (hit,) = found(shipped, expand("身份证 <resident-id:>", seed="verified"))

    assert hit.verified is True


@pytest.mark.parametrize(
    "text",
    ["<resident-id:11010119>", "<digits:6> <resident-id:>"],
)
def test_separated_digits_belong_together(shipped: PatternMatcher, text: str) -> None:
    """An identity number written in groups is the same number."""
    whole = expand("<resident-id:310101>", seed=text)
    grouped = f"身份证 {whole[:6]} {whole[6:14]} {whole[14:]}"

    (hit,) = found(shipped, grouped)

    assert grouped[hit.start : hit.end] == f"{whole[:6]} {whole[6:14]} {whole[14:]}"
