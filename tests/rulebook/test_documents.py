"""YAML with lines."""

import pytest

from moderator.rulebook.documents import NotYaml, parse

TEXT = """category: gambling
rules:
  - id: one
    words:
      - 六合彩
      - {text: bet365,
         boundary: whole}
  - id: two
"""


def test_every_value_knows_its_line() -> None:
    """A path into the value leads to the line on which that value stands."""
    document, faults = parse(TEXT, file="pack.yaml")

    assert faults == ()
    assert document.line(("category",)) == 1
    assert document.line(("rules", 0, "words", 0)) == 5
    assert document.line(("rules", 0, "words", 1, "boundary")) == 7
    assert document.line(("rules", 1)) == 8


def test_a_missing_value_has_the_line_of_its_parent() -> None:
    """What is not there is reported where it should have stood."""
    document, _ = parse(TEXT, file="pack.yaml")

    assert document.line(("rules", 1, "words", 3, "text")) == 8
    assert document.line(("nothing",)) == 1


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("on", "on"), ("12:30", "12:30"), ("007", "007"), ("1e3", "1e3"),
        ("2026-01-01", "2026-01-01"),
        ("1_000", "1_000"), ("0x1F", "0x1F"), (".5", ".5"), ("=", "="), ("<<", "<<"),
        ("'12'", "12"), ('"true"', "true"), ("true", True), ("False", False), ("12", 12),
        ("-3", -3), ("3.5", 3.5), ("~", None), ("null", None), ("9" * 40, "9" * 40),
    ],
)  # fmt: skip
def test_only_plain_numbers_and_true_and_false_are_not_text(written: str, value: object) -> None:
    """A word such as `no` or `12:30` means itself, as in YAML 1.2."""
    document, _ = parse(f"word: {written}", file="pack.yaml")

    assert document.value == {"word": value}
    assert type(document.value["word"]) is type(value)


@pytest.mark.parametrize(
    ("text", "line"),
    [("a: [1\nb: 2\n", 2), ("a: 1\n\tb: 2\n", 2), ("a: 1\n--- \nb: 1\n", 2), ("a: \x07", 0)],
)
def test_what_is_not_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    """A syntax error names file and line."""
    with pytest.raises(NotYaml) as caught:
        parse(text, file="pack.yaml")

    assert (caught.value.fault.file, caught.value.fault.line) == ("pack.yaml", line)


def test_a_doubled_key_is_a_fault() -> None:
    """YAML itself would silently take the later of two equal keys."""
    _, faults = parse("words: [a]\nenabled: true\nwords: [b]\n", file="pack.yaml")

    assert [(fault.line, fault.message) for fault in faults] == [
        (3, "the key `words` stands twice")
    ]


def test_an_alias_is_a_fault_even_one_that_contains_itself() -> None:
    """Aliases can make a few lines immense or endless, so none is followed."""
    document, faults = parse("a: &x [1, *x]\nb: *x\n", file="pack.yaml")

    assert [fault.line for fault in faults] == [1, 2]
    assert document.value == {"a": [1, None], "b": None}


def test_bottomless_nesting_is_refused() -> None:
    """A file that nests without end is a fault, not a crash."""
    with pytest.raises(NotYaml):
        parse("[" * 200_000 + "]" * 200_000, file="pack.yaml")


def test_an_empty_file_has_no_value() -> None:
    """Nothing but comments is valid YAML without a value."""
    document, faults = parse("# nothing yet\n", file="pack.yaml")

    assert (document.value, faults) == (None, ())
