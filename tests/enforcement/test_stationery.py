"""Notices that the company changed: taken if they can be used, else as shipped and said so."""

from pathlib import Path

import pytest
from tests.enforcement.violations import violation

from moderator.domain.decision import ActionKind
from moderator.enforcement.notices import Occasion
from moderator.enforcement.stationery import StationeryShelf, load_stationery, notice_faults
from moderator.enforcement.templates import Format
from moderator.shipped import rules_directory

WARN = ActionKind.WARN_SENDER


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "notices" / "zh").mkdir(parents=True)
    return tmp_path


def put(own: Path, name: str, content: str) -> None:
    (own / "notices" / "zh" / name).write_text(content, "utf-8")


def load(own: Path) -> tuple[str, tuple[str, ...]]:
    """The warning that is written, and the faults."""
    stationery = load_stationery(rules_directory(), own, "zh")
    text = stationery.write(WARN, Occasion(violation=violation())).content
    return text, tuple(map(str, stationery.faults))


def test_a_companys_template_replaces_the_shipped_one(own: Path) -> None:
    """One file changes one notice; the others stay."""
    put(own, "warn_sender.txt.j2", "本公司提醒：{{ category }}，编号 {{ number }}。")

    text, faults = load(own)

    assert text == "本公司提醒：账号、密码或密钥泄露，编号 4711。"
    assert faults == ()


def test_a_template_may_be_markdown_instead(own: Path) -> None:
    """The suffix says how it is sent."""
    put(own, "warn_sender.md.j2", "**{{ number }}**")

    stationery = load_stationery(rules_directory(), own, "zh")

    assert stationery.templates[WARN].format is Format.MARKDOWN


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{{ number }} {{ evidence }}", "there is no evidence"),
        ("{{ number }}{% if offence > 99999999 %}{{ text }}{% endif %}", "there is no text"),
        ("{{ number }}\n{% if %}", "notices/zh/warn_sender.txt.j2:2: Expected"),
        ("没有编号", "must show the record's number"),
        ("{{ number }}" + "长" * 700, "is longer than 2048 bytes"),
        ("{{ number }} {{ category.__class__.__mro__ }}", "SecurityError"),
        ("{{ number }} {% for i in range(999999999) %}x{% endfor %}", "cannot be filled in"),
        ("{{ number }} {{ 1 / 0 }}", "cannot be filled in"),
        ("{{ number }} {% include 'words.yaml' %}", "cannot be filled in"),
    ],
)
def test_a_faulty_template_is_named_and_the_shipped_one_stays(
    own: Path, content: str, why: str
) -> None:
    """Nobody gets half a notice because of a slip in a file."""
    put(own, "warn_sender.txt.j2", content)

    text, (fault,) = load(own)

    assert text.startswith("【合规提醒】")
    assert "warn_sender.txt.j2" in fault
    assert why in fault


def test_a_file_that_is_not_text_is_a_fault(own: Path) -> None:
    """Another encoding is said, not guessed."""
    (own / "notices" / "zh" / "warn_sender.txt.j2").write_bytes("编号".encode("gbk"))

    text, faults = load(own)

    assert text.startswith("【合规提醒】")
    assert len(faults) == 1


def test_a_company_names_its_own_category(own: Path) -> None:
    """Only what changes has to be written; all else stands as shipped."""
    put(own, "words.yaml", "topics: {credential: {name: 密钥外泄, advice: 请联系安全部。}}\n")

    text, faults = load(own)

    assert "密钥外泄" in text
    assert "请联系安全部。" in text
    assert faults == ()


def test_a_folder_that_cannot_be_read_is_a_fault_and_silences_nobody(own: Path) -> None:
    """A link that leads round in a circle, or a folder without permission."""
    folder = own / "notices" / "zh"
    (folder / "warn_sender.txt.j2").mkdir()
    (folder / "words.yaml").symlink_to(folder / "words.yaml")

    text, _ = load(own)

    assert text.startswith("【合规提醒】")


@pytest.mark.parametrize(
    "content",
    [
        "topics: [1]",
        "topics: {credential: {name: 只有名字, advise: 拼错了}}",
        "phrases: {person: '{name.__class__} {nobody}'}",
        "a: [",
        "- list",
    ],
)
def test_faulty_words_are_named_and_the_shipped_ones_stay(own: Path, content: str) -> None:
    """A slip in the words does not silence the notices."""
    put(own, "words.yaml", content)

    text, (fault,) = load(own)

    assert "账号、密码或密钥泄露" in text
    assert "words.yaml" in fault


def test_the_faults_of_both_languages_are_told(own: Path) -> None:
    """`moderator rules check` does not ask which language is in use."""
    put(own, "warn_sender.txt.j2", "x")
    (own / "notices" / "en").mkdir()
    (own / "notices" / "en" / "warn_sender.txt.j2").write_text("x", "utf-8")

    files = [fault.file for fault in notice_faults(rules_directory(), own)]

    assert files == ["notices/zh/warn_sender.txt.j2", "notices/en/warn_sender.txt.j2"]
    assert list(notice_faults(rules_directory(), rules_directory())) == []


async def test_a_changed_template_is_taken_without_a_restart(own: Path) -> None:
    """Files are looked at every few seconds; a repaired one serves again."""
    seconds = 0.0
    shelf = StationeryShelf(rules_directory(), own, "zh", clock=lambda: seconds)
    put(own, "warn_sender.txt.j2", "新 {{ number }}")

    before = (await shelf.current()).write(WARN, Occasion(violation=violation())).content
    seconds = 6.0
    after = (await shelf.current()).write(WARN, Occasion(violation=violation())).content

    assert before.startswith("【合规提醒】")
    assert after == "新 4711"


async def test_a_template_that_breaks_is_shown_and_the_shipped_one_returns(own: Path) -> None:
    """What health shows changes with the files."""
    seconds = 0.0
    put(own, "warn_sender.txt.j2", "{{ number }}")
    shelf = StationeryShelf(rules_directory(), own, "zh", clock=lambda: seconds)
    put(own, "warn_sender.txt.j2", "{{ nonsense }}")
    seconds = 6.0
    stationery = await shelf.current()

    assert stationery.write(WARN, Occasion(violation=violation())).content.startswith("【")
    assert len(shelf.faults) == 1
