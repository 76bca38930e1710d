"""Built rules on disk."""

import hashlib
import os
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from moderator.matching.screening import Screen
from moderator.rulebook import cache as caching
from moderator.rulebook import loader
from moderator.rulebook.cache import RulebookCache
from moderator.rulebook.loader import load_rulebook, load_screen
from moderator.rulebook.reading import read_directory

Write = Callable[..., Path]

PACK = r"""
category: credential
description: x
rules:
  - {id: one, description: x, words: [六合彩], examples: [六合彩]}
  - id: two
    description: x
    patterns: [{expression: 'tok_[a-z0-9]{24}', keywords: [tok_]}]
    examples: ['tok_a1b2c3d4e5f6g7h8i9j0k1l2']
"""
TEXT = "买六 合彩 tok_a1b2c3d4e5f6g7h8i9j0k1l2"


@pytest.fixture
def cache(tmp_path: Path) -> RulebookCache:
    return RulebookCache(tmp_path / "home" / "cache")


def entries(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "home" / "cache"
    return sorted(folder.iterdir()) if folder.is_dir() else []


@pytest.fixture
def no_building(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From the call on, whoever builds a screen fails."""

    def forbid() -> None:
        def refuse(*_: object, **__: object) -> None:
            raise AssertionError("a screen was built")

        monkeypatch.setattr(Screen, "__init__", refuse)

    return forbid


def test_a_second_start_builds_nothing(
    write: Write, cache: RulebookCache, no_building: Callable[[], None]
) -> None:
    """The book from the cache is the book that was built."""
    directory = write(a=PACK)
    built = load_rulebook(directory, cache=cache)
    no_building()

    found = load_rulebook(directory, cache=cache)

    assert (found.hash, found.rules, found.policy) == (built.hash, built.rules, built.policy)
    assert found.screen.screen(TEXT) == built.screen.screen(TEXT)
    assert [hit.rule for hit in found.screen.screen(TEXT)] == ["one", "two"]


def test_those_who_start_together_build_once(
    write: Write, cache: RulebookCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several processes that start at once one builds; the others wait and take that."""
    rules, builds = write(pack=PACK), list[Any]()
    read = read_directory

    def counted(*given: Any, **how: Any) -> Any:
        builds.append(given)
        return read(*given, **how)

    monkeypatch.setattr(loader, "read_directory", counted)
    with ThreadPoolExecutor(4) as starting:
        books = list(starting.map(lambda _: load_rulebook(rules, cache=cache), range(4)))

    assert len(builds) == 1
    assert {book.hash for book in books} == {books[0].hash}


def test_the_matcher_alone_shares_the_cache(
    write: Write, cache: RulebookCache, no_building: Callable[[], None]
) -> None:
    """`moderator scan` starts fast after the service did, and the other way round."""
    directory = write(a=PACK)
    load_screen(directory, cache=cache)
    no_building()

    assert load_rulebook(directory, cache=cache).faults == ()


def test_a_change_of_a_file_builds_anew(write: Write, cache: RulebookCache) -> None:
    """Nothing old is ever served; the file before the change is found again after it."""
    load_rulebook(write(a=PACK), cache=cache)
    changed = load_rulebook(write(a=PACK.replace("六合彩", "七合彩")), cache=cache)

    assert [hit.rule for hit in changed.screen.screen("七合彩六合彩")] == ["one"]


def test_faults_are_found_again(write: Write, cache: RulebookCache) -> None:
    """A book from the cache shows what is wrong with its files."""
    directory = write(a=PACK.replace("words: [六合彩]", "wrods: [六合彩]"))

    first, second = (load_rulebook(directory, cache=cache) for _ in range(2))

    assert len(first.faults) == 1
    assert first.faults == second.faults


def test_a_book_that_rests_on_older_files_is_not_kept(
    write: Write, cache: RulebookCache, tmp_path: Path
) -> None:
    """The last good version of a broken file must not outlive the process."""
    last_good = load_rulebook(write(a=PACK))
    broken = write(a="rules: [")

    book = load_rulebook(broken, last_good=last_good, cache=cache)

    assert [hit.rule for hit in book.screen.screen("六合彩")] == ["one"]
    assert entries(tmp_path) == []


def test_other_code_does_not_read_what_this_code_wrote(
    write: Write, cache: RulebookCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade everything is built anew."""
    load_rulebook(write(a=PACK), cache=cache)
    monkeypatch.setattr(caching, "_code_digest", lambda: "another version")

    load_rulebook(write(a=PACK), cache=RulebookCache(tmp_path / "home" / "cache"))

    assert len(entries(tmp_path)) == 2


class Trap:
    """Unpickling it leaves a mark."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.mark.parametrize("loose", ["file", "folder"])
def test_what_others_could_have_written_is_not_read(
    write: Write, cache: RulebookCache, tmp_path: Path, loose: str
) -> None:
    """A pickle runs code; a folder or file that others can write to is left alone."""
    directory, mark = write(a=PACK), tmp_path / "trapped"
    load_rulebook(directory, cache=cache)
    [entry] = entries(tmp_path)
    content = pickle.dumps(Trap(mark))
    entry.write_bytes(hashlib.sha256(content).digest() + content)
    (entry if loose == "file" else entry.parent).chmod(0o777)

    book = load_rulebook(directory, cache=cache)

    assert not mark.exists()
    assert [hit.rule for hit in book.screen.screen("六合彩")] == ["one"]


def test_a_damaged_entry_is_built_anew(write: Write, cache: RulebookCache, tmp_path: Path) -> None:
    """A full disk or a crash leaves no trap behind."""
    directory = write(a=PACK)
    load_rulebook(directory, cache=cache)
    [entry] = entries(tmp_path)
    for content in (b"", entry.read_bytes()[:-10], b"x" * 100):
        entry.write_bytes(content)
        book = load_rulebook(directory, cache=cache)
        assert [hit.rule for hit in book.screen.screen("六合彩")] == ["one"]


def test_a_place_that_cannot_be_written_is_no_fault(write: Write, tmp_path: Path) -> None:
    """A read-only container starts all the same."""
    (tmp_path / "home").write_text("a file where a folder should be", "utf-8")
    cache = RulebookCache(tmp_path / "home" / "cache")

    book = load_rulebook(write(a=PACK), cache=cache)

    assert [hit.rule for hit in book.screen.screen("六合彩")] == ["one"]


def test_old_entries_go(write: Write, cache: RulebookCache, tmp_path: Path) -> None:
    """The cache does not grow with every edit of a rule."""
    for number in range(12):
        load_rulebook(write(a=f"{PACK}# {number}\n"), cache=cache)

    assert len(entries(tmp_path)) == caching.KEPT
