"""The pattern stage: windows, values, verdicts and which rule wins."""

import base64
from collections.abc import Callable
from random import Random

import pytest

from moderator.domain.finding import Hit
from moderator.domain.rule import Company, Pattern, Rule, Severity
from moderator.matching.checksums import CHECKSUMS
from moderator.matching.patterns import PatternMatcher
from moderator.matching.windows import FINDS_AT_MOST


def pattern(expression: str, *keywords: str, **options: object) -> Pattern:
    spans: dict[str, object] = {"before": 32, "after": 160}
    return Pattern(expression=expression, keywords=keywords, **{**spans, **options})  # type: ignore[arg-type]


def rule(
    name: str, *patterns: Pattern, severity: Severity = Severity.HIGH, **options: object
) -> Rule:
    fixed: dict[str, object] = {"category": "credential", "masked": True}
    return Rule(
        id=name,
        severity=severity,
        description=name,
        version="1",
        patterns=patterns,
        **{**fixed, **options},  # type: ignore[arg-type]
    )


def hits(text: str, *rules: Rule) -> list[Hit]:
    matcher = PatternMatcher(rules)
    return matcher.match(text, matcher.candidates(text))


def values(text: str, *rules: Rule) -> list[str]:
    return [text[hit.start : hit.end] for hit in hits(text, *rules)]


KEY = rule("key", pattern(r"\bkey_(?P<secret>[0-9a-z]{8})\b", "key_"))
PHONE = rule(
    "phone",
    pattern(r"(?<!\d)(?P<secret>1\d{10})(?!\d)", digits=11, checksum="mobile"),
    category="personal-data",
    severity=Severity.LOW,
)


def test_the_span_is_that_of_the_secret() -> None:
    """What counts is the group `secret`, not what was needed to recognise it."""
    assert values("the key_a1b2c3d4 is it", KEY) == ["a1b2c3d4"]


def test_without_a_group_the_whole_match_counts() -> None:
    """An expression without the group `secret` reports all that it matched."""
    whole = rule("whole", pattern(r"key_[0-9a-z]{8}", "key_"))

    assert values("the key_a1b2c3d4 is it", whole) == ["key_a1b2c3d4"]


def test_a_letter_after_a_chinese_character_begins_a_word() -> None:
    """`\\b` stands between 是 and a letter, as a Chinese reader sees it."""
    assert values("密钥是key_a1b2c3d4，别外传", KEY) == ["a1b2c3d4"]


def test_an_expression_runs_only_near_its_keyword() -> None:
    """What stands farther from the keyword than the window reaches is not looked at."""
    near = rule("near", pattern(r"\d{6}", "code", before=0, after=12))

    assert values("code 123456", near) == ["123456"]
    assert values("code " + "-" * 20 + "123456", near) == []


def test_overlapping_windows_report_a_value_once() -> None:
    """Two keywords beside one value make one hit."""
    twice = rule("twice", pattern(r"\d{6}", "code", "pin"))

    assert values("code pin 123456", twice) == ["123456"]


def test_a_match_cut_by_the_window_does_not_count() -> None:
    """A value longer than the window is not of the format: half of it is no hit."""
    token = rule("token", pattern(r"tok_[a-z0-9]{4,40}", "tok_", after=20))

    assert values("tok_" + "a1b2c3d4" * 8, token) == []


def test_digit_patterns_run_where_a_long_number_stands() -> None:
    """A pattern without keywords is tried at runs of enough digits."""
    number = CHECKSUMS["mobile"].make(Random(1), "139")

    assert values(f"打我 {number} 吧", PHONE) == [number]
    assert values("房间 1203", PHONE) == []


def test_full_width_text_is_read_as_plain() -> None:
    """Digits and letters of any width match, and the offsets are those of the original."""
    number = CHECKSUMS["mobile"].make(Random(1), "139")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in number)

    assert values(f"打我 {wide} 吧", PHONE) == [wide]


def test_characters_that_nobody_sees_are_left_out() -> None:
    """A zero-width space inside a value hides nothing; the span covers it."""
    text = "the key_a1b2\u200bc3d4 is it"

    assert values(text, KEY) == ["a1b2\u200bc3d4"]


@pytest.mark.parametrize(
    "value",
    ["xxxxxxxx", "********", "<token>", "${TOKEN}", "{{ token }}", "your_token_here",
     "AKIAIOSFODNN7EXAMPLE", "changeme", "$TOKEN", "%TOKEN%", "abcdefghijklmnop",
     "1234567890123456", "...", "aaaaaaaa", "my-secret-key", "REDACTED", "placeholder1",
     "{{.Values.token", "app-${ENV}-key", "a{{env}}b", "<%=token%>", "0000000000-0000-a1b2c3",
     "q7w2e9r4t1y8u3i600000000"],
)  # fmt: skip
def test_placeholders_are_refused(value: str) -> None:
    """What documentation and templates put in a secret's place is not reported."""
    anything = rule(
        "anything", pattern(r"token: (?P<secret>\S{3,40}(?: \S{1,40} \S{2})?)", "token")
    )

    assert values(f"token: {value}", anything) == []


@pytest.mark.parametrize("value", ["q7{{w}e9)${r]t1(y8", "a$(b|c)9#{d[e]}", "1700000000a9f3c2"])
def test_brackets_alone_make_no_template(value: str) -> None:
    """What opens like a template and never closes as one is part of a value, as zeros inside."""
    anything = rule("anything", pattern(r"token: (?P<secret>\S{3,40})", "token"))

    assert values(f"token: {value}", anything) == [value]


def test_a_rule_that_masks_nothing_takes_placeholders() -> None:
    """Only secrets have placeholders; an address may well hold `example`."""
    link = rule("link", pattern(r"http://\S{3,40}", "http://"), masked=False)

    assert values("http://your-example.com", link) == ["http://your-example.com"]


def test_stop_words_of_a_pattern_are_refused() -> None:
    """A rule can name placeholders of its own."""
    stopped = rule("stopped", pattern(r"key_(?P<secret>[a-z0-9]{8})", "key_", stop=("demo",)))

    assert values("key_demo1234 key_a1b2c3d4", stopped) == ["a1b2c3d4"]


def test_a_pattern_with_context_needs_one_of_its_words_in_the_window() -> None:
    """A bare vendor's name and a hash are no key; with `token` between them they are."""
    token = rule("token", pattern(r"[0-9a-f]{8}", "acme", context=("token", "密钥")))

    assert values("acme build 3fa85c1d", token) == []
    assert values("acme Token 3fa85c1d", token) == ["3fa85c1d"]
    assert values("acme 密钥 3fa85c1d", token) == ["3fa85c1d"]


def test_an_allow_phrase_excuses_what_lies_inside_it() -> None:
    """What the company knows to be harmless is let through, and only there."""
    allowed = rule("key", *KEY.patterns, allow=("key_public01",))

    assert values("key_public01 key_a1b2c3d4", allowed) == ["a1b2c3d4"]


def test_company_must_be_near_a_pattern_too() -> None:
    """A rule that asks for company does not count a value without it."""
    company = Company(all_of=(("服务器", "主机"),), within=10)
    accompanied = rule("key", *KEY.patterns, company=company)

    assert values("主机 key_a1b2c3d4", accompanied) == ["a1b2c3d4"]
    assert values("key_a1b2c3d4", accompanied) == []


def test_a_value_below_the_entropy_is_refused_and_one_above_notes_it() -> None:
    """Entropy counts only where a rule asks for it, and is then explained."""
    random = rule("random", pattern(r"key_(?P<secret>[a-z0-9]{8})", "key_", entropy=2.5))

    assert hits("key_aab1aab1", random) == []
    assert hits("key_a1b2c3d4", random)[0].notes == ("entropy:3.0",)


def test_a_passed_checksum_verifies_the_hit() -> None:
    """A valid check digit is a fact that people are told."""
    card = rule("card", pattern(r"\d{19}", "卡", checksum="luhn"))
    number = CHECKSUMS["luhn"].make(Random(3), "622202-19")

    (hit,) = hits(f"卡 {number}", card)

    assert hit.verified is True
    assert hit.notes == ("checksum:luhn passes",)


def test_a_failed_checksum_is_no_hit() -> None:
    """A number that only looks like a card is none."""
    card = rule("card", pattern(r"\d{16}", "卡", checksum="luhn"))

    assert hits("卡 4539578763621487", card) == []


def test_a_failed_checksum_that_is_not_required_leaves_the_hit_unverified() -> None:
    """Where the shape alone is telling, a wrong checksum is reported as such."""
    lenient = rule(
        "token", pattern(r"ghp_\w{36}", "ghp_", checksum="github", checksum_required=False)
    )

    (hit,) = hits("ghp_" + "aB3dE6gH9j" * 3 + "kL5nP8", lenient)

    assert hit.verified is False
    assert hit.notes == ("checksum:github fails",)


def test_a_check_that_proves_nothing_leaves_the_verdict_open() -> None:
    """That a value looks like a password is no proof of anything."""
    password = rule("password", pattern(r"密码(?P<secret>\S{6,20})", "密码", checksum="password"))

    assert hits("密码abc12345", password)[0].verified is None


def test_the_graver_rule_wins_over_the_same_value() -> None:
    """One value is one hit: that of the provider, not that of the generic rule."""
    generic = rule("generic", pattern(r"key_\w{8}", "key_"), severity=Severity.MEDIUM)

    assert [hit.rule for hit in hits("key_a1b2c3d4", generic, KEY)] == ["key"]


def test_rules_that_mask_nothing_stand_beside_the_others() -> None:
    """A secret in a suspicious link is both."""
    link = rule("link", pattern(r"http://\S{3,80}", "http://"), masked=False)

    found = {hit.rule for hit in hits("http://a.cn/?key_a1b2c3d4", link, KEY)}

    assert found == {"link", "key"}


def test_disabled_rules_find_nothing() -> None:
    """A rule that is switched off has no keywords either."""
    assert PatternMatcher([rule("off", *KEY.patterns, enabled=False)]).keywords == {}


def test_an_encoded_secret_is_found_with_its_chain() -> None:
    """What base64 hides is found; the hit stands on the encoded run and names the encoding."""
    run = base64.b64encode(b"please use key_a1b2c3d4 for it").decode()
    text = f"看看这个 {run} 谢谢"

    (hit,) = hits(text, KEY)

    assert text[hit.start : hit.end] == run
    assert hit.notes == ("decoded:base64",)


def test_an_encoded_secret_is_found_without_any_candidate() -> None:
    """No keyword stands in the text itself, so none can be asked for."""
    run = base64.b64encode(b"please use key_a1b2c3d4 for it").decode()

    assert [hit.rule for hit in PatternMatcher([KEY]).match(run, {})] == ["key"]


@pytest.mark.parametrize(
    ("people", "severity"),
    [(1, Severity.LOW), (2, Severity.LOW), (3, Severity.MEDIUM), (10, Severity.HIGH)],
)
def test_a_list_of_people_is_graver_than_one(people: int, severity: Severity) -> None:
    """Different numbers are different people; their number raises every hit."""
    numbers = [CHECKSUMS["mobile"].make(Random(seed), "139") for seed in range(people)]

    found = hits("\n".join(f"客户 {number}" for number in numbers), PHONE)

    assert len(found) == people
    assert {hit.severity for hit in found} == {severity}


def test_the_same_number_again_is_the_same_person() -> None:
    """A number that is repeated does not make a list."""
    number = CHECKSUMS["mobile"].make(Random(1), "139")

    assert {hit.severity for hit in hits(f"{number} " * 5, PHONE)} == {Severity.LOW}


def test_refusals_say_why_without_the_value() -> None:
    """What nearly hit is explained; the value is in no reason."""
    card = rule("card", pattern(r"\d{16}", "卡", checksum="luhn"))
    matcher = PatternMatcher([card])
    text = "卡 4539578763621487"

    (refusal,) = matcher.refusals(text, matcher.candidates(text))

    assert (refusal.rule, refusal.reason) == ("card", "checksum luhn fails")


def test_many_hits_stay_linear(calls: Callable[[Callable[[], object]], int]) -> None:
    """A list of thousands is a hundred values and one that covers the rest, in few calls."""
    matcher = PatternMatcher([KEY])
    text = " ".join(f"key_{n:08d}" for n in range(2_000, 12_000))
    candidates = matcher.candidates(text)

    found = matcher.match(text, candidates)

    assert len(found) == FINDS_AT_MOST + 1
    assert found[-1].end == len(text)
    assert calls(lambda: matcher.match(text, candidates)) < len(text)


def test_a_pattern_for_what_is_rewritten_hits_only_what_is_written_otherwise() -> None:
    """An address in full width is in disguise; the same in plain letters is not."""
    address = rule("address", pattern(r"\w+\.com", ".com", rewritten=True))

    assert values("看 ａｂｃ．ｃｏｍ 和 def.com", address) == ["ａｂｃ．ｃｏｍ"]
    assert values("a\u200bbc.com", address) == ["a\u200bbc.com"]
