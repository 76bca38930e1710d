"""Every version of every rule that was in use is kept, whatever becomes of the files."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from tests.ledger.rules import INVOICES

from moderator.domain.rule import Rule
from moderator.enforcement.rule_archive import RuleArchive
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.rule_versions import RuleVersions, Version, contents_of
from moderator.policy.policy import Policy
from moderator.rulebook.book import Rulebook

NOW = datetime(2026, 3, 2, tzinfo=UTC)
FIRST = replace(INVOICES, source="advertising.yaml:7")
SECOND = replace(FIRST, version="v2", description="开票")


class Book:
    """As much of a rulebook as is kept."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self.hash = " ".join(rule.version for rule in rules)
        self.policy = Policy(ladders=())


async def kept(database: Engine, *wanted: Version) -> Sequence[Version]:
    async with database.begin() as transaction:
        return sorted(await contents_of(transaction, wanted))


async def test_each_version_is_kept_once(database: Engine) -> None:
    """With its words and without the file that it stood in."""
    versions = RuleVersions(database)

    first = await versions.keep([FIRST], now=NOW)
    again = await versions.keep([FIRST, SECOND], now=NOW)

    assert (first, again) == (1, 1)
    async with database.begin() as transaction:
        found = await contents_of(transaction, [("invoices", "v1"), ("invoices", "v3")])
    assert list(found) == [("invoices", "v1")]
    content = found["invoices", "v1"]
    assert (content["words"][0]["text"], content["source"]) == ("代开发票", "")


async def test_two_processes_keep_the_same_book_at_once(database: Engine) -> None:
    """Neither fails, and nothing is there twice."""
    rules = [replace(FIRST, id=str(number)) for number in range(20)]
    books = [RuleVersions(database).keep(each, now=NOW) for each in (rules, rules[::-1])]

    assert sum(await asyncio.gather(*books)) >= 20
    assert len(await kept(database, *((rule.id, "v1") for rule in rules))) == 20


async def test_the_archive_follows_the_rules_in_use(database: Engine) -> None:
    """A book that is swapped in while the service runs is kept as well."""
    books = [Book(FIRST)]
    archive = RuleArchive(
        RuleVersions(database),
        book=lambda: cast(Rulebook, books[-1]),
        clock=lambda: NOW,
        every=timedelta(milliseconds=1),
    )
    running = asyncio.create_task(archive.run())
    both = (("invoices", "v1"), ("invoices", "v2"))
    async with asyncio.timeout(30):
        while await kept(database, *both) != [both[0]]:
            assert not running.done()
        books.append(Book(SECOND))
        while await kept(database, *both) != list(both):
            assert not running.done()
    archive.stop()
    await running
    deeds = [(row.deed.action, row.deed.subject) for row in await Audit(database).page()]
    assert [deed[0] for deed in deeds] == ["rules.changed", "policy.changed", "rules.changed"]
    assert [deed[1] for deed in deeds[::2]] == ["rulebook/v2", "rulebook/v1"]


async def test_an_archive_without_a_ledger_tries_again() -> None:
    """That PostgreSQL is away ends nothing."""
    asked: list[int] = []
    thrice = asyncio.Event()

    def book() -> Rulebook:
        asked.append(1)
        if len(asked) == 3:
            thrice.set()
        return cast(Rulebook, Book(FIRST))

    nowhere = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    every = timedelta(milliseconds=1)
    archive = RuleArchive(RuleVersions(nowhere), book=book, clock=lambda: NOW, every=every)
    running = asyncio.create_task(archive.run())
    async with asyncio.timeout(30):
        await thrice.wait()
    archive.stop()
    await running
