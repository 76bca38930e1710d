"""Rules are proved by their examples."""

from collections.abc import Callable
from pathlib import Path

import pytest

from moderator.rulebook.checker import Report, check_rules

Write = Callable[..., Path]

PACK = """
category: gambling
description: 赌博
rules:
  - id: one
    description: x
    words: [六合彩]
    allow: [六合彩研究]
    examples:
      - 买六合彩
      - EXAMPLE
    counter_examples:
      - 六合彩研究
      - COUNTER
"""
SECRETS = r"""
category: credential
description: x
masked: true
rules:
  - id: token
    description: x
    patterns: [{expression: '\btok_[a-z0-9]{24}\b', keywords: [tok_]}]
    examples: ['我的 tok_<lowernum:24>']
    counter_examples: ['tok_<lowernum:20>']
"""


def faults(report: Report) -> list[tuple[str, int, str, str]]:
    return [(Path(f.file).name, f.line, f.rule, f.message) for f in report.faults]


def pack(example: str = "六合彩", counter: str = "彩票") -> str:
    return PACK.replace("EXAMPLE", example).replace("COUNTER", counter)


def test_rules_that_do_what_they_say_have_no_fault(write: Write) -> None:
    """The report counts what was looked at."""
    report = check_rules(write(a=pack(), b=SECRETS))

    assert report.faults == ()
    assert (report.rules, report.enabled, report.samples, report.regressions) == (2, 2, 6, 0)


def test_an_example_that_does_not_hit_is_a_fault_on_its_line(write: Write) -> None:
    """A rule that misses what it is there for is found before it serves."""
    assert faults(check_rules(write(a=pack(example="七合彩")))) == [
        ("a.yaml", 10, "one", "the example does not hit: 七合彩")
    ]


def test_a_counter_example_that_hits_is_a_fault_on_its_line(write: Write) -> None:
    """A false alarm that somebody thought of is found before it serves."""
    assert faults(check_rules(write(a=pack(counter="六合彩票")))) == [
        ("a.yaml", 13, "one", "the counter-example hits at 0-3: 六合彩票")
    ]


def test_disabled_rules_are_proved_too(write: Write) -> None:
    """Whoever enables a shipped rule gets one that works."""
    disabled = pack("七合彩", "八六合彩").replace(
        "description: 赌博", "description: 赌博\nenabled: false"
    )

    report = check_rules(write(a=disabled))

    assert [fault[1] for fault in faults(report)] == [11, 14]
    assert report.enabled == 0


def test_an_example_may_be_taken_by_a_more_telling_rule(write: Write) -> None:
    """Of two rules for one place the graver is reported; the other's example is still good."""
    generic = SECRETS.replace("id: token", "id: generic").replace("{24}", "{20,30}")
    generic = generic.replace("lowernum:20", "lowernum:9")

    assert check_rules(write(a=SECRETS, b=generic)).faults == ()


def test_placeholders_are_expanded_only_where_values_are_masked(write: Write) -> None:
    """Other rules may look for the very text of a placeholder."""
    literal = pack().replace("六合彩", "<hex:8>")

    assert check_rules(write(a=literal)).faults == ()


def test_a_misspelt_placeholder_is_a_fault(write: Write) -> None:
    """A counter-example that is never expanded would prove nothing."""
    broken = SECRETS.replace("<lowernum:20>", "<lowrnum:20>")

    assert faults(check_rules(write(b=broken))) == [
        ("b.yaml", 9, "token", "unknown placeholder `<lowrnum:20>`")
    ]


def test_faults_of_the_files_are_reported_with_those_of_the_samples(write: Write) -> None:
    """One run names everything that is to be mended."""
    report = check_rules(write(a=pack(example="七合彩"), b="rules: [", c=SECRETS))

    assert [(fault[0], fault[1]) for fault in faults(report)] == [("a.yaml", 10), ("b.yaml", 2)]


def test_a_rule_from_which_nothing_follows_is_a_fault(write: Write) -> None:
    """A category or severity that no ladder names would be recorded and forgotten."""
    policy = """
    ladders: [{id: grave, severities: [high], rungs: [{at: 1, actions: [notify_compliance]}]}]
    """

    assert faults(check_rules(write(policy=policy, a=pack()))) == [
        (
            "a.yaml",
            4,
            "one",
            "no ladder of policy.yaml fits gambling, medium: nothing would follow",
        )
    ]


@pytest.fixture
def regress(write: Write) -> Callable[[str], Report]:
    """Check the rules together with one regression file."""

    def checked(content: str) -> Report:
        directory = write(a=pack())
        (directory / "regression").mkdir()
        (directory / "regression" / "gambling.yaml").write_text(content, "utf-8")
        return check_rules(directory)

    return checked


def test_a_regression_must_raise_no_hit_at_all(regress: Callable[[str], Report]) -> None:
    """A complaint that was settled once does not come back."""
    report = regress("category: gambling\ntexts:\n  - 彩票\n  - 今天买六合彩吗\n")

    assert report.regressions == 2
    assert faults(report) == [("gambling.yaml", 4, "one", "must not hit, but does: 今天买六合彩吗")]


def test_a_regression_may_name_the_rules_that_must_not_hit(
    regress: Callable[[str], Report],
) -> None:
    """Other rules may hit such a text."""
    report = regress(
        "texts:\n  - {text: 六合彩, rules: [one]}\n  - {text: 买六合彩, rules: [other]}\n"
    )

    assert faults(report) == [
        ("gambling.yaml", 2, "one", "must not hit, but does: 六合彩"),
        ("gambling.yaml", 3, "other", "there is no such rule"),
    ]


@pytest.mark.parametrize(
    ("content", "line", "message"),
    [
        ("texts: [1]\n", 1, "put in quotes"),
        ("texts:\n  - {txt: a}\n", 2, "unknown key `txt`; did you mean `text`?"),
        ("text: []\n", 1, "did you mean `texts`?"),
        ("texts: [\n", 2, "is not YAML"),
    ],
)
def test_a_faulty_regression_file_is_reported(
    regress: Callable[[str], Report], content: str, line: int, message: str
) -> None:
    """A regression that is not run must not pass for one that is."""
    found = faults(regress(content))

    assert found[0][:2] == ("gambling.yaml", line)
    assert any(message in text for _, _, _, text in found)
