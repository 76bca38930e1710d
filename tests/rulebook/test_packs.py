"""Pack files to rules, and every fault in them."""

from textwrap import dedent

import pytest

from moderator.domain.rule import Behaviour, Boundary, Layer, Pattern, Rule, Separators, Severity
from moderator.rulebook.documents import parse
from moderator.rulebook.packs import Pack, read_pack

HEAD = """\
category: gambling
severity: medium
description: 赌博
rules:
"""


def read(text: str) -> tuple[Pack | None, list[tuple[int, str, str]]]:
    document, faults = parse(text, file="pack.yaml")
    pack, found = read_pack(document, digest="")
    return pack, [(fault.line, fault.rule, fault.message) for fault in (*faults, *found)]


def only_rule(lines: str) -> Rule:
    pack, faults = read(HEAD + dedent(lines))
    assert pack is not None
    assert faults == []
    return pack.rules[0].rule


def faults_of(lines: str) -> list[tuple[int, str, str]]:
    """The faults of rule lines that begin on line 5 of the file."""
    return read(HEAD + dedent(lines))[1]


def test_a_rule_takes_from_its_pack_what_it_does_not_say() -> None:
    """Category, severity, clauses, masking and state of the pack hold for its rules."""
    pack, faults = read(
        "category: own-list\nseverity: high\nclauses: [c1]\nmasked: true\nenabled: false\nrules:\n"
        "  - {id: a, description: x, words: [甲乙], examples: [甲乙]}\n"
        "  - {id: b, description: x, words: [甲乙], examples: [甲乙], severity: low, clauses: [],\n"
        "     masked: false, enabled: true}\n"
    )

    assert pack is not None
    assert faults == []
    first, second = (packed.rule for packed in pack.rules)
    assert (first.category, first.severity, first.clauses) == ("own-list", Severity.HIGH, ("c1",))
    assert (first.masked, first.enabled) == (True, False)
    assert (second.severity, second.clauses) == (Severity.LOW, ())
    assert (second.masked, second.enabled) == (False, True)


def test_words_get_the_defaults_of_their_script() -> None:
    """ASCII words stand whole and tight, Chinese ones anywhere with few separators."""
    rule = only_rule("""
      - {id: a, description: x, words: [六合彩, bet365, 赌, t.me/, 🍆🍑], examples: [x]}
    """)

    options = {word.text: (word.boundary, word.separators) for word in rule.words}
    assert options == {
        "六合彩": (Boundary.ANYWHERE, Separators.FEW),
        "bet365": (Boundary.WHOLE, Separators.NONE),
        "赌": (Boundary.ANYWHERE, Separators.NONE),
        "t.me/": (Boundary.ANYWHERE, Separators.NONE),
        "🍆🍑": (Boundary.ANYWHERE, Separators.NONE),
    }


def test_costly_layers_are_undone_only_on_request() -> None:
    """Homophones and shape-alikes are off by default; `undo` adds and `leave` takes away."""
    plain = only_rule("  - {id: a, description: x, words: [六合彩], examples: [x]}")
    assert set(Layer) - plain.words[0].undo == {Layer.HOMOPHONE, Layer.SHAPE}

    rule = only_rule("""
      - id: a
        description: x
        undo: [shape]
        leave: [pinyin]
        words: [六合彩, {text: 时时彩, undo: [homophone, pinyin], leave: [reversed]}]
        examples: [x]
    """)

    default, special = (word.undo for word in rule.words)
    assert set(Layer) - default == {Layer.HOMOPHONE, Layer.PINYIN}
    assert set(Layer) - special == {Layer.REVERSED}


def test_a_words_options_win_over_those_of_its_rule() -> None:
    """What the rule says holds for words that do not say otherwise."""
    rule = only_rule("""
      - id: a
        description: x
        boundary: prefix
        separators: any
        words: [六合彩, {text: 时时彩, boundary: whole, separators: none}]
        examples: [x]
    """)

    assert [(word.boundary, word.separators) for word in rule.words] == [
        (Boundary.PREFIX, Separators.ANY),
        (Boundary.WHOLE, Separators.NONE),
    ]


def test_a_pattern_arrives_with_all_it_says() -> None:
    """Every key of a pattern reaches the matcher."""
    rule = only_rule("""
      - id: a
        description: x
        patterns:
          - {expression: 'ghp_(?P<secret>\\w{36})', keywords: [ghp_], before: 8, after: 80,
             checksum: github, checksum_required: false, entropy: 3, stop: [example]}
          - {expression: '\\d{17}[\\dX]', digits: 17}
        examples: [x]
    """)

    assert rule.patterns == (
        Pattern(
            expression=r"ghp_(?P<secret>\w{36})",
            keywords=("ghp_",),
            before=8,
            after=80,
            checksum="github",
            checksum_required=False,
            entropy=3.0,
            stop=("example",),
        ),
        Pattern(expression=r"\d{17}[\dX]", digits=17, before=32, after=160),
    )


def test_company_and_allow_phrases_arrive() -> None:
    """A rule can ask for other words nearby and excuse phrases."""
    rule = only_rule("""
      - id: a
        description: x
        words: [上分]
        company: {within: 12, all_of: [[充值, 平台], [网址]]}
        allow: [上分析课]
        examples: [x]
    """)

    assert rule.company is not None
    assert (rule.company.within, rule.company.all_of) == (12, (("充值", "平台"), ("网址",)))
    assert rule.allow == ("上分析课",)


def test_a_behaviour_arrives_in_seconds_and_needs_no_example() -> None:
    """Minutes and seconds may be written; there is no text that would show a flood."""
    pack, faults = read(
        "category: flooding\nrules:\n"
        "  - {id: a, description: x, behaviour: {repeats: 4, within: 2m}}\n"
        "  - {id: b, description: x, behaviour: {messages: 20, within: 30s}}\n"
    )

    assert pack is not None
    assert [packed.rule.behaviour for packed in pack.rules] == [
        Behaviour(within=120, repeats=4),
        Behaviour(within=30, messages=20),
    ]
    assert faults == []


def test_samples_know_their_lines() -> None:
    """A failing example is reported where it stands, so its line is kept."""
    pack, _ = read(
        HEAD + "  - id: a\n    description: x\n    words: [甲乙]\n    examples:\n      - 甲乙\n"
        "      - 甲、乙\n    counter_examples: [丙]\n"
    )

    assert pack is not None
    packed = pack.rules[0]
    assert packed.line == 5
    assert [(sample.text, sample.line) for sample in packed.examples] == [
        ("甲乙", 9),
        ("甲、乙", 10),
    ]
    assert [(sample.text, sample.line) for sample in packed.counter_examples] == [("丙", 11)]


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        ("- {id: a, wrods: [甲乙]}", 5, "unknown key `wrods`; did you mean `words`?"),
        ("- {id: a, words: 甲乙}", 5, "`words` must be a list"),
        ("- {words: [甲乙]}", 5, "`id` is missing"),
        ("- 甲乙", 5, "must be a mapping of keys and values"),
        ("- {id: A b, words: [甲乙]}", 5, "`id` must match pattern|String should match pattern"),
        ("- id: a\n  severity: huge\n  words: [甲乙]", 6, "`severity` must be 'low'"),
        ("- id: a\n  enabled: perhaps\n  words: [甲乙]", 6, "`enabled` must be true or false"),
        ("- id: a\n  words:\n    - 甲乙\n    - 110", 8, "put in quotes"),
        ("- id: a\n  words:\n    - 甲乙\n    - ''", 8, "is empty"),
        ("- id: a\n  words:\n    - 甲乙\n    -", 8, "`words` must be"),
        ("- id: a\n  words:\n    - {text: 甲乙, undo: [magic]}", 7, "`words.undo` must be 'case'"),
        ("- id: a\n  words:\n    - {text: 甲乙, boundary: half}", 7, "`words.boundary` must be"),
        (
            "- id: a\n  words:\n    - {text: 甲乙, undo: [pinyin], leave: [pinyin]}",
            7,
            "both undone",
        ),
        ('- id: a\n  words:\n    - 甲乙\n    - "\\u200b"', 8, "is empty once folded"),
        ("- id: a\n  words:\n    - {text: 赌!, separators: few}", 7, "has too few letters"),
        ("- id: a\n  separators: any\n  words:\n    - 赌", 8, "has too few letters"),
        ("- id: a\n  leave: [separators]\n  words:\n    - 甲乙", 8, "write `separators: none`"),
        ("- {id: a}", 5, "needs `words`, `patterns` or `behaviour`"),
        ("- id: a\n  behaviour: {within: 30s}", 6, "needs either `messages` or `repeats`"),
        (
            "- id: a\n  behaviour: {repeats: 2, messages: 2, within: 30s}",
            6,
            "needs either `messages` or `repeats`",
        ),
        ("- id: a\n  behaviour:\n    within: 1h\n    repeats: 2", 7, "`behaviour.within`"),
        ("- id: a\n  behaviour: {repeats: 22, within: 30s}", 6, "must be less than or equal to 21"),
        ("- id: a\n  behaviour: {repeat: 2, within: 30s}", 6, "did you mean `repeats`?"),
        (
            "- id: a\n  examples: [x]\n  behaviour: {repeats: 2, within: 30s}",
            6,
            "`examples` has no place beside `behaviour`",
        ),
        ("- id: a\n  words: [甲乙]\n  company: {all_of: []}", 7, "`company.all_of`"),
        ("- id: a\n  words: [甲乙]\n  examples: [1]", 7, "`examples` must be text"),
    ],
)
def test_a_rule_that_cannot_be_understood_is_left_out(lines: str, line: int, message: str) -> None:
    """The fault names the line, and the other rules of the file serve."""
    good = "\n- {id: good, description: x, words: [丙丁], examples: [丙丁]}"
    pack, faults = read(HEAD + "\n".join("  " + part for part in (lines + good).split("\n")))

    assert pack is not None
    assert [packed.rule.id for packed in pack.rules] == ["good"]
    assert [fault[0] for fault in faults] == [line]
    assert any(part in faults[0][2] for part in message.split("|"))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{expression: 'a(b', keywords: [a]}", "is not a regular expression"),
        ("{expression: '(a+)+$', keywords: [a]}", "could take too long"),
        ("{expression: 'a*', keywords: [a]}", "can match the empty text"),
        ("{expression: 'ab'}", "needs `keywords` or `digits`"),
        ("{expression: 'ab', keywords: [a], digits: 3}", "the one or the other"),
        ("{expression: 'ab', keywords: [AB]}", "must be in lower case"),
        ("{expression: 'ab', keywords: ['']}", "`patterns.keywords` is empty"),
        ("{expression: 'ab', keywords: [ab], stop: [Your]}", "must be in lower case"),
        ("{expression: 'ab', keywords: [ab], checksum: nonsense}", "unknown checksum `nonsense`"),
        ("{expression: 'ab', keywords: [ab], after: -1}", "`patterns.after` must be greater"),
        ("{keywords: [ab]}", "`patterns.expression` is missing"),
    ],
)
def test_a_pattern_that_must_not_run_disables_its_rule(pattern: str, message: str) -> None:
    """Wrong, dangerous and unanchored patterns are faults on their own line."""
    pack, faults = read(
        HEAD
        + f"  - id: a\n    description: x\n    patterns:\n      - {pattern}\n    examples: [x]\n"
    )

    assert pack is not None
    assert pack.rules == ()
    assert [(fault[0], fault[1]) for fault in faults] == [(8, "a")]
    assert message in faults[0][2]


def test_what_only_people_miss_is_a_fault_of_a_rule_that_serves() -> None:
    """Missing descriptions and examples, and doubled words, do not stop a rule from finding."""
    pack, faults = read(
        "category: own\nrules:\n  - id: a\n    words:\n      - 赌博\n      - 赌bo\n      - 賭博\n"
    )

    assert pack is not None
    assert [packed.rule.id for packed in pack.rules] == ["a"]
    assert [(line, message.split(":")[0]) for line, _, message in faults] == [
        (3, "`description` is missing"),
        (3, "`examples` is missing"),
        (7, "the word `賭博` stands twice in this rule"),
    ]


def test_empty_lists_are_no_fault_and_match_nothing() -> None:
    """A template without words or rules is a valid pack."""
    pack, faults = read("category: political\nrules:\n  - {id: a, description: x, words: []}\n")
    empty, no_faults = read("category: political\nrules: []\n")

    assert pack is not None
    assert empty is not None
    assert (pack.rules[0].rule.words, empty.rules) == ((), ())
    assert faults == no_faults == []


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("- a\n", 1, "a pack is a mapping"),
        ("severity: low\nrules: []\n", 1, "`category` is missing"),
        ("category: own\nseverity: huge\nrules: []\n", 2, "`severity` must be"),
        ("category: 赌博\nrules: []\n", 1, "`category`"),
    ],
)
def test_a_pack_with_an_unusable_head_is_no_pack(text: str, line: int, message: str) -> None:
    """Without a category or a severity its rules mean nothing."""
    pack, faults = read(text)

    assert pack is None
    assert faults[0][0] == line
    assert message in faults[0][2]


def test_an_unknown_key_in_the_head_does_not_stop_the_rules() -> None:
    """A misspelt key is reported where it stands, and the pack serves."""
    pack, faults = read(
        "category: own\nclause: [a]\nrules:\n"
        "  - {id: a, description: x, words: [甲乙], examples: [甲乙]}\n"
    )

    assert pack is not None
    assert len(pack.rules) == 1
    assert faults == [(2, "", "unknown key `clause`; did you mean `clauses`?")]


def test_all_faults_are_reported_at_once() -> None:
    """Whoever mends a file sees everything that is wrong with it."""
    faults = faults_of("""\
      - {id: a, wrods: [x], severity: huge}
      - {id: b, patterns: [{expression: '(', checksum: none}]}
    """)

    assert [(line, rule) for line, rule, _ in faults] == [
        (5, "a"),
        (5, "a"),
        (6, "b"),
        (6, "b"),
        (6, "b"),
    ]
