"""How long texts and people are kept, and that a scan finds whatever is kept longer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import People
from moderator.ledger.evidence.legal_holds import LegalHolds, Scope
from moderator.ledger.evidence.retention import Departures, Erasure, Terms, apply_terms
from moderator.ledger.evidence.scan import EvidenceScan
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.evidence.spool_erasure import SpoolErasure
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.keeping import FailedDelivery, Keeper
from moderator.ledger.recording.recorder import Recorded, Recorder
from moderator.ledger.recording.spool import Kept, Kind, Spool
from moderator.ledger.records import EvidenceState
from moderator.ledger.standing.merits import Merits
from moderator.policy.policy import Policy

Record = Callable[..., Awaitable[Recorded]]
DAY = timedelta(days=1)
TERMS = Terms(timedelta(days=180), {"advertising": timedelta(days=30)})
YEAR = timedelta(days=365)


@pytest.fixture
async def spool(tmp_path: Path) -> AsyncIterator[Spool]:
    spool = Spool(tmp_path / "spool.sqlite", limit=1 << 20)
    yield spool
    await spool.close()


@pytest.fixture
def scan(database: Engine, spool: Spool, cipher: EvidenceCipher) -> EvidenceScan:
    return EvidenceScan(database, SpoolErasure(spool, cipher, TERMS), people_after=YEAR)


async def places(scan: EvidenceScan, now: datetime) -> list[tuple[str, int]]:
    """Where the scan finds something, and how much."""
    found = await scan.look(now, late=timedelta(0))
    return [(fault.place, fault.number) for fault in found.faults]


async def test_evidence_is_erased_when_its_time_is_over(
    record: Record, violations: Violations, database: Engine, now: datetime
) -> None:
    """After 180 days the text is gone, the rest of the record stays, and the audit log tells."""
    recorded = (await record(1)).violation_id
    sent, erasure = now + timedelta(minutes=1), Erasure(database)

    assert await erasure.erase_expired(sent + 179 * DAY) == 0
    assert await erasure.erase_expired(sent + 180 * DAY) == 1
    kept = await violations.one(recorded, unmasked=True)
    assert (kept.evidence, kept.fields, kept.rule) == (EvidenceState.ERASED, (), "invoices")
    (row,) = await Audit(database).page()
    assert (row.deed.actor, row.deed.action) == ("moderator", "evidence.erased")
    assert row.deed.detail == {"violations": [recorded]}


async def test_each_category_has_its_own_time(
    database: Engine, cipher: EvidenceCipher, finding: Finding, policy: Policy,
    make_message: Callable[..., Message], make_hit: Callable[..., Hit], now: datetime,
) -> None:  # fmt: skip
    """What the settings say for the category of the gravest hit; all others as usual."""
    recorder = Recorder(database, cipher, Fingerprinter(b"f" * 32), keep=TERMS)
    other = Finding((replace(make_hit(), category="abuse"),))
    for number, found in enumerate((finding, other)):
        sent = replace(make_message(number), sent_at=now)
        await recorder.record(sent, found, policy=policy, rulebook="b", now=now)
    erasure = Erasure(database)

    erased = [await erasure.erase_expired(now + days * DAY) for days in (29, 30, 179, 180)]

    assert erased == [0, 1, 0, 1]


async def test_other_terms_are_given_to_what_was_kept_before(
    record: Record, database: Engine, now: datetime
) -> None:
    """Counted first, then changed, once; text that is erased concerns nobody."""
    for number in (1, 2):
        await record(number)
    assert await Erasure(database).erase_expired(now + 180 * DAY + timedelta(seconds=60)) == 1

    counted = await apply_terms(database, TERMS, by="li", dry_run=True)
    changed = await apply_terms(database, TERMS, by="li", dry_run=False)
    again = await apply_terms(database, TERMS, by="li", dry_run=False)

    assert (counted, changed, again) == (1, 1, 0)
    newest = (await Audit(database).page())[0].deed
    assert (newest.actor, newest.action) == ("li", "evidence.terms_applied")
    assert await Erasure(database).erase_expired(now + 31 * DAY) == 1


async def test_a_scan_finds_what_was_not_erased(
    record: Record, database: Engine, scan: EvidenceScan, now: datetime
) -> None:
    """Text and callbacks past their time, until they are erased."""
    await record()
    failed = FailedMessages(database, keep=180 * DAY)
    await failed.keep("guard", "k", b"<xml/>", "s", "1", "n", "KeyError", now=now)
    over = now + 181 * DAY

    before = await places(scan, over)
    await Erasure(database).erase_expired(over)
    await failed.erase_expired(over)

    assert before == [("violations", 1), ("failed_messages", 1)]
    assert await places(scan, over) == []
    assert await places(scan, now) == []


async def test_a_scan_takes_a_hold_for_a_reason(
    record: Record, database: Engine, scan: EvidenceScan, now: datetime
) -> None:
    """What is held beyond its time is told of, but is no fault."""
    kept = (await record()).violation_id
    holds = LegalHolds(database, corp="corp")
    await holds.place(Scope.VIOLATION, str(kept), reason="x", by="li")

    found = await scan.look(now + 999 * DAY, late=timedelta(0))

    assert (found.held, found.faults) == (1, ())


async def test_a_scan_finds_words_in_clear_and_bytes_that_nobody_knows(
    record: Record, database: Engine, scan: EvidenceScan, now: datetime
) -> None:
    """A new place for text cannot be forgotten: the scan knows each one or complains."""
    await record()
    async with database.begin() as transaction:
        await transaction.script(
            "UPDATE violations SET hits = jsonb_set(hits, '{0,word}', '\"x\"');"
            "CREATE TABLE attachments (content bytea)"
        )

    assert await places(scan, now) == [("violations", 1), ("attachments.content", 1)]


async def test_people_are_forgotten_who_left_and_did_nothing(
    record: Record, database: Engine, scan: EvidenceScan, now: datetime
) -> None:
    """Not those who are there, left lately, have a violation or a merit, or are held."""
    await record(sender="ZhangSan")
    people = People(database)
    for name in ("quiet", "zhangsan", "merited", "held"):
        await people.mark_gone("corp", name, at=now)
    await people.mark_gone("corp", "lately", at=now + 300 * DAY)
    await Merits(database).record("corp", "merited", "praise", count=1, by="li", reason="x")
    await LegalHolds(database, corp="corp").place(Scope.PERSON, "Held", reason="x", by="li")
    departures = Departures(database, after=YEAR)

    early = await departures.erase_expired(now + 364 * DAY)
    overdue = await places(scan, now + 365 * DAY)
    erased = await departures.erase_expired(now + 365 * DAY)

    assert (early, erased) == (0, 1)
    assert ("people", 1) in overdue
    left = [name for name in ("quiet", "zhangsan", "merited", "held", "lately")
            if await people.find("corp", name)]  # fmt: skip
    assert left == ["zhangsan", "merited", "held", "lately"]
    newest = (await Audit(database).page())[0].deed
    assert (newest.action, newest.detail) == ("people.erased", {"number": 1})


async def test_a_spooled_violation_has_the_time_of_its_category(
    spool: Spool, cipher: EvidenceCipher, policy: Policy, finding: Finding, now: datetime,
    make_message: Callable[..., Message],
) -> None:  # fmt: skip
    """What was kept while PostgreSQL was away, and could not be moved since."""
    away = Engine("postgresql://nobody@127.0.0.1:1/nowhere")
    recorder = Recorder(away, cipher, Fingerprinter(b"f" * 32), keep=TERMS)
    keeper = Keeper(
        recorder, FailedMessages(away), spool, cipher, policy=lambda: policy, clock=lambda: now
    )
    message = replace(make_message(), sent_at=now)
    await keeper.record(message, finding, policy=policy, rulebook="b", now=now)
    await spool.refuse(1)
    erasure = SpoolErasure(spool, cipher, TERMS)

    early = await erasure.erase_expired(now + 29 * DAY)
    late = await erasure.erase_expired(now + 30 * DAY)

    assert (early, late, await spool.refused()) == (0, 1, [])


async def test_what_was_set_aside_in_the_spool_is_erased_in_time(
    spool: Spool, scan: EvidenceScan, cipher: EvidenceCipher,
    now: datetime,
) -> None:  # fmt: skip
    """What waits is never erased; what nobody could move is, and what is unreadable stays."""
    delivery = FailedDelivery(
        app="a", key="k", body=b"", signature="s", nonce="n", reason="r",
        timestamp=str(int(now.timestamp())),
    )  # fmt: skip
    content = asdict(delivery) | {"body": ""}
    other = EvidenceCipher([b"x" * 32])
    for key, by in (("1", cipher), ("2", cipher), ("3", other)):
        sealed = by.seal(content, bound_to=key)
        row = Kept(kind=Kind.FAILED, key=key, key_id=sealed.key_id, sealed=sealed.blob)
        await spool.keep(row)
    await spool.refuse(2)
    await spool.refuse(3)
    erasure = SpoolErasure(spool, cipher, TERMS)

    early = await erasure.erase_expired(now + 179 * DAY)
    overdue = await places(scan, now + 181 * DAY)
    late = await erasure.erase_expired(now + 181 * DAY)

    assert (early, late, overdue) == (0, 1, [("spool", 1)])
    assert [row.key for row in await spool.oldest()] == ["1"]
    assert [row.key for row in await spool.refused()] == ["3"]
