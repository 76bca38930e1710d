"""The shipped rules for secrets: each proves itself, and none slows the service down."""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from moderator.domain.rule import Rule, Severity
from moderator.matching.checksums import CHECKSUMS
from moderator.matching.patterns import PatternMatcher
from moderator.rulebook.samples import expand

SEEDS = range(5)
# What vendors and people write that looks like a secret and is none.
HARMLESS = """
AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
OPENAI_API_KEY=sk-your-key-here
api_key: your_api_key_goes_here
api_key = os.environ["API_KEY"]
token: ${{ secrets.GITHUB_TOKEN }}
Authorization: Bearer <token>
Authorization: Bearer $ACCESS_TOKEN
"key": "ctrl+shift+down"
public_key = load_public_key("id_rsa.pub")
monkey = "capuchin"
keyword: 搜索关键词
the primary key is user_id
git commit 3f786850e387550fdab836ed7e6dc881de23001b
md5sum d41d8cd98f00b204e9800998ecf8427e
"integrity": "sha512-4JzN9m0Ta8FJ0NEXpRO3p1g7zBMeSsHMJ8xzFHbzIXvTvZ4oDqQbYwq2pYp3mQ=="
traceId=4bf92f3577b34da6a3ce929d0e0e4736
request id 550e8400-e29b-41d4-a716-446655440000
docker pull nginx@sha256:2f1cd90e00fe2c991e18272bb35d6a8258eeb27785d121aa4cc1ae4235167cfd
-----BEGIN PUBLIC KEY-----
-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
https://example.com/path?id=1234567890abcdef&page=2
postgres://user:password@localhost/db
mongodb://localhost:27017/test
redis://${REDIS_PASSWORD}@cache
腾讯云的密钥在控制台里申请
阿里云 AccessKey 泄露了怎么办
企业微信的 secret 在管理后台
corpsecret=SECRET
access_token=ACCESS_TOKEN
微信小程序 appid 是 wx1234567890abcdef
token 过期了，重新登录一下
secret 字段不能为空
sk-learn 的文档
SKU-20231122-0001
""".strip().splitlines()


def samples(rules: tuple[Rule, ...]) -> Iterator[tuple[Rule, str]]:
    for rule in rules:
        for example in rule.examples:
            for seed in SEEDS:
                yield rule, expand(example, seed=f"{rule.id}{seed}")


def test_every_rule_hits_its_examples(shipped_rules: tuple[Rule, ...]) -> None:
    """Whatever values the placeholders take, the rule finds them."""
    alone = {rule.id: PatternMatcher([rule]) for rule in shipped_rules}
    missed = [
        (rule.id, text)
        for rule, text in samples(shipped_rules)
        if not alone[rule.id].match(text, alone[rule.id].candidates(text))
    ]

    assert missed == []


def test_every_rule_leaves_its_counter_examples(shipped_rules: tuple[Rule, ...]) -> None:
    """What a rule says it does not mean, it does not hit."""
    wrong = []
    for rule in shipped_rules:
        matcher = PatternMatcher([rule])
        for counter_example in rule.counter_examples:
            text = expand(counter_example, seed=rule.id)
            if matcher.match(text, matcher.candidates(text)):
                wrong.append((rule.id, text))

    assert wrong == []


def test_in_the_whole_book_every_example_is_found_by_some_rule(
    shipped: PatternMatcher, shipped_rules: tuple[Rule, ...]
) -> None:
    """A more specific rule may take a value, but none is lost between them."""
    lost = [
        (rule.id, text)
        for rule, text in samples(shipped_rules)
        if not shipped.match(text, shipped.candidates(text))
    ]

    assert lost == []


def test_every_rule_has_what_people_need(shipped_rules: tuple[Rule, ...]) -> None:
    """A description in Chinese, an example and a counter-example."""
    lacking = [
        rule.id
        for rule in shipped_rules
        if not (rule.examples and rule.counter_examples and re.search("[一-鿿]", rule.description))
    ]

    assert lacking == []


def test_three_hundred_kinds_of_secrets_are_known(shipped_rules: tuple[Rule, ...]) -> None:
    """The breadth that the product promises."""
    assert sum(rule.category == "credential" for rule in shipped_rules) >= 300


def test_secrets_and_personal_data_are_masked(shipped_rules: tuple[Rule, ...]) -> None:
    """No rule that finds a secret or an identity forgets to hide it."""
    shown = [r.id for r in shipped_rules if r.category != "malicious-link" and not r.masked]

    assert shown == []


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_text_is_left_alone(shipped: PatternMatcher, text: str) -> None:
    """Placeholders, hashes, identifiers and talk about keys are no secrets."""
    readable = text.replace("\\n", "\n")

    assert [hit.rule for hit in shipped.match(readable, shipped.candidates(readable))] == []


def test_no_live_looking_secret_lies_in_a_pack(shipped: PatternMatcher) -> None:
    """Packs hold placeholders: nothing in their own text is a secret of a provider."""
    for pack in sorted((Path(__file__).parents[2] / "rules").glob("credential*.yaml")):
        for line in pack.read_text(encoding="utf-8").splitlines():
            hits = shipped.match(line, shipped.candidates(line))
            proven = [hit for hit in hits if hit.verified and hit.severity >= Severity.HIGH]

            assert proven == [], f"{pack.name}: {line}"


@pytest.mark.parametrize("kind", ["clean", "broken"])
def test_a_github_token_with_a_wrong_checksum_is_reported_as_unverified(
    shipped: PatternMatcher, kind: str
) -> None:
    """The shape alone is a finding; the checksum says how sure it is."""
    token = CHECKSUMS["github"].make(Random(5), "ghp_")
    text = f"token {token if kind == 'clean' else token[:-1] + 'z'}"

    (hit,) = shipped.match(text, shipped.candidates(text))

    assert (hit.rule, hit.verified) == ("github-token", kind == "clean")


def test_a_pair_split_over_lines_is_joined(shipped: PatternMatcher) -> None:
    """A key id on one line and its secret on the next are both found."""
    text = expand("AccessKeyId\nLTAI5t<alnum:18>\nSecret\n<alnum:30>", seed="pair")

    found = {hit.rule for hit in shipped.match(text, shipped.candidates(text))}

    assert found == {"alibaba-cloud-access-key-id", "alibaba-cloud-access-key-secret"}
