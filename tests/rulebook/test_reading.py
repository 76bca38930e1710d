"""A directory of rule files, read as far as it can be."""

from collections.abc import Callable
from pathlib import Path

from moderator.rulebook.reading import Reading, read_directory

Write = Callable[..., Path]

PACK = """
category: gambling
description: 赌博
rules:
  - {id: one, description: x, words: [六合彩], examples: [六合彩]}
"""


def ids(reading: Reading) -> list[str]:
    return [packed.rule.id for packed in reading.rules]


def faults(reading: Reading) -> list[tuple[str, int, str]]:
    return [(Path(f.file).name, f.line, f.message) for f in reading.faults]


def test_all_packs_of_a_directory_are_read(write: Write) -> None:
    """Every .yaml and .yml file but the policy is a pack; editors' hidden files are none."""
    directory = write(b=PACK, a=PACK.replace("one", "two"))
    (directory / "c.yml").write_text(PACK.replace("one", "three"), "utf-8")
    (directory / ".b.yaml.swp.yaml").write_text("[", "utf-8")
    (directory / "notes.txt").write_text("[", "utf-8")

    reading = read_directory(directory)

    assert ids(reading) == ["two", "one", "three"]
    assert reading.faults == ()
    assert reading.policy is not None


def test_an_id_may_stand_only_once_over_all_files(write: Write) -> None:
    """The first file by name keeps it; the other is told where the first stands."""
    reading = read_directory(write(a=PACK, b=PACK))

    assert ids(reading) == ["one"]
    [(file, line, message)] = faults(reading)
    assert (file, line) == ("b.yaml", 4)
    assert message.startswith("the id stands twice")
    assert message.endswith("a.yaml:4")


def test_an_id_may_stand_only_once_on_a_line(write: Write) -> None:
    """Rules of one line have one place and are still told apart."""
    rule = "{id: one, description: x, words: [六合彩], examples: [六合彩]}"
    reading = read_directory(write(a=f"category: own\nrules: [{rule}, {rule}]\n"))

    assert ids(reading) == ["one"]
    assert [line for _, line, _ in faults(reading)] == [2]


def test_a_clause_that_the_policy_lacks_is_a_fault_and_the_rule_serves(write: Write) -> None:
    """An edit of the policy must not take rules out of service."""
    reading = read_directory(write(a=PACK.replace("rules:", "clauses: [s3-1, s9]\nrules:")))

    assert [packed.rule.clauses for packed in reading.rules] == [("s3-1",)]
    assert faults(reading) == [("a.yaml", 5, "there is no clause `s9` in policy.yaml")]


def test_a_broken_file_stands_as_it_did(write: Write) -> None:
    """What was good before keeps finding while somebody mends the file."""
    before = read_directory(write(a=PACK, b=PACK.replace("one", "two")))
    reading = read_directory(write(a="rules: [", b=PACK.replace("one", "three")), before=before)

    assert ids(reading) == ["one", "three"]
    assert [(file, line) for file, line, _ in faults(reading)] == [("a.yaml", 2)]
    assert reading.applied["a.yaml"] == before.received["a.yaml"] != reading.received["a.yaml"]
    assert reading.applied["b.yaml"] == reading.received["b.yaml"]


def test_a_broken_file_is_kept_over_several_readings(write: Write) -> None:
    """The last good version is not forgotten while the file stays broken."""
    first = read_directory(write(a=PACK))
    second = read_directory(write(a="rules: ["), before=first)
    third = read_directory(write(a="rules: [["), before=second)

    assert ids(third) == ["one"]


def test_a_broken_policy_stands_as_it_did(write: Write) -> None:
    """Decisions go on by the last good policy, and clauses are still known."""
    before = read_directory(write(a=PACK.replace("rules:", "clauses: [s3-1]\nrules:")))
    reading = read_directory(write(policy="ladders: []"), before=before)

    assert reading.policy == before.policy
    assert [file for file, _, _ in faults(reading)] == ["policy.yaml"]
    assert reading.rules[0].rule.clauses == ("s3-1",)


def test_a_file_that_is_gone_takes_its_rules_along(write: Write) -> None:
    """Deleting a pack is how it is removed."""
    directory = write(a=PACK, b=PACK.replace("one", "two"))
    before = read_directory(directory)
    (directory / "a.yaml").unlink()

    assert ids(read_directory(directory, before=before)) == ["two"]


def test_a_missing_policy_is_a_fault(write: Write) -> None:
    """Rules without a policy decide nothing."""
    directory = write(a=PACK)
    (directory / "policy.yaml").unlink()

    reading = read_directory(directory)

    assert reading.policy is None
    assert faults(reading) == [("policy.yaml", 0, "is missing")]


def test_a_file_that_is_not_utf_8_is_a_fault_with_its_line(write: Write) -> None:
    """GBK files are common; the line helps to find the place."""
    directory = write(a=PACK)
    (directory / "b.yaml").write_bytes("category: own\ndescription: 赌博\n".encode("gbk"))

    reading = read_directory(directory)

    assert ids(reading) == ["one"]
    assert faults(reading) == [("b.yaml", 2, "is not UTF-8")]


def test_a_byte_order_mark_is_no_fault(write: Write) -> None:
    """Windows editors put one before UTF-8."""
    directory = write()
    (directory / "a.yaml").write_bytes(b"\xef\xbb\xbf" + PACK.lstrip().encode())

    assert ids(read_directory(directory)) == ["one"]


def test_an_emptied_directory_is_a_fault_and_all_stands(write: Write, tmp_path: Path) -> None:
    """A volume that is not mounted looks like an empty folder."""
    before = read_directory(write(a=PACK))
    (tmp_path / "empty").mkdir()

    reading = read_directory(tmp_path / "empty", before=before)

    assert ids(reading) == ["one"]
    assert [message for _, _, message in faults(reading)] == ["holds no rule files"]


def test_a_directory_that_cannot_be_read_is_a_fault_and_all_stands(
    write: Write, tmp_path: Path
) -> None:
    """A vanished mount must not empty the rulebook."""
    before = read_directory(write(a=PACK))

    reading = read_directory(tmp_path / "absent", before=before)

    assert ids(reading) == ["one"]
    assert [message for _, _, message in faults(reading)] == [
        "cannot be read: No such file or directory"
    ]
