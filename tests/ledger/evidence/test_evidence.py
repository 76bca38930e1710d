"""Secrets taken out, the rest encrypted."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from string import ascii_letters, digits
from types import FrameType
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.people import Entry
from moderator.domain.rule import Severity
from moderator.errors import EvidenceUnreadable
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter, Sealed, redact
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorder
from moderator.policy.policy import Policy

OLD, NEW = b"o" * 32, b"n" * 32


def test_sealed_evidence_opens_again() -> None:
    """What was sealed comes back as it was, Chinese and emoji included."""
    cipher = EvidenceCipher([NEW])
    sealed = cipher.seal({"fields": [["Content", "代开发票😀"]]}, bound_to="key")

    assert cipher.open(sealed, bound_to="key") == {"fields": [["Content", "代开发票😀"]]}


def test_the_same_evidence_never_looks_the_same() -> None:
    """Equal texts cannot be told from their ciphertexts."""
    cipher = EvidenceCipher([NEW])

    assert cipher.seal("x", bound_to="k").blob != cipher.seal("x", bound_to="k").blob


def test_an_older_key_still_reads_and_the_new_one_writes() -> None:
    """After a rotation old evidence opens; new evidence is under the new key's id."""
    old = EvidenceCipher([OLD]).seal("text", bound_to="k")
    rotated = EvidenceCipher([NEW, OLD])

    assert rotated.open(old, bound_to="k") == "text"
    assert rotated.seal("text", bound_to="k").key_id != old.key_id


def test_evidence_without_its_key_is_unreadable() -> None:
    """A key that was thrown away is named as missing."""
    sealed = EvidenceCipher([OLD]).seal("text", bound_to="k")

    with pytest.raises(EvidenceUnreadable, match=sealed.key_id):
        EvidenceCipher([NEW]).open(sealed, bound_to="k")


def test_evidence_does_not_open_beside_another_message() -> None:
    """A ciphertext moved to another row is refused."""
    cipher = EvidenceCipher([NEW])
    sealed = cipher.seal("text", bound_to="message-1")

    with pytest.raises(EvidenceUnreadable):
        cipher.open(sealed, bound_to="message-2")


@pytest.mark.parametrize("position", [0, 12, -1])
def test_altered_evidence_is_refused(position: int) -> None:
    """A changed bit in nonce, text or tag is noticed."""
    cipher = EvidenceCipher([NEW])
    sealed = cipher.seal("text", bound_to="k")
    blob = bytearray(sealed.blob)
    blob[position] ^= 1

    with pytest.raises(EvidenceUnreadable):
        cipher.open(Sealed(sealed.key_id, bytes(blob)), bound_to="k")


@pytest.mark.parametrize("length", [0, 11, 27])
def test_cut_off_evidence_is_refused(length: int) -> None:
    """A blob that is too short to be anything is unreadable, not a crash."""
    cipher = EvidenceCipher([NEW])
    sealed = cipher.seal("text", bound_to="k")

    with pytest.raises(EvidenceUnreadable):
        cipher.open(Sealed(sealed.key_id, sealed.blob[:length]), bound_to="k")


def test_fingerprints_tell_same_from_different_only_under_one_key() -> None:
    """The same value has the same fingerprint, another value or key another."""
    fingerprint = Fingerprinter(b"1" * 32).fingerprint

    assert fingerprint("a-secret") == fingerprint("a-secret")
    assert fingerprint("a-secret") != fingerprint("b-secret")
    assert fingerprint("a-secret") != Fingerprinter(b"2" * 32).fingerprint("a-secret")


def test_a_secret_is_covered_wherever_it_stands(
    make_message: Callable[..., Message], make_hit: Callable[..., Hit]
) -> None:
    """Also a second time without its keyword, and in a field where no rule saw it."""
    secret = "Zx9" + "q7" * 6
    fields = (TextField("Title", f"re {secret}"), TextField("Content", f"key={secret} {secret}"))
    sent = replace(make_message(), fields=fields)

    redacted = redact(sent, [make_hit(4, 4 + len(secret), masked=True)])

    assert [field.text for field in redacted.fields] == ["re ****7q7", "key=****7q7 ****7q7"]


def test_overlapping_secrets_are_covered_as_one(
    make_message: Callable[..., Message], make_hit: Callable[..., Hit]
) -> None:
    """Two rules that found overlapping values leave no gap, and both point at the cover."""
    sent = make_message(text="0123456789abcdef!")
    hits = [make_hit(0, 12, masked=True), make_hit(8, 16, masked=True)]

    redacted = redact(sent, hits)

    assert redacted.fields[0].text == "****cdef!"
    assert [(placed.start, placed.end) for placed in redacted.hits] == [(0, 8), (0, 8)]


def _full_of_secrets(number: int) -> tuple[Message, list[Hit]]:
    """A message of so many secrets of a kind, all different, each written a second time."""
    secrets = ["key-" + "".join(Random(each).sample(ascii_letters, 12)) for each in range(number)]
    hits = [_hit(at * 17, at * 17 + 16, masked=True) for at in reversed(range(number))]
    return _message(" ".join([*secrets, *secrets])), hits


def _lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python `work` runs: its effort, whatever else the machine does."""
    lines = 0

    def count(_frame: FrameType, event: str, _argument: object) -> Callable[..., Any]:
        nonlocal lines
        lines += event == "line"
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        work()
    finally:
        sys.settrace(before)
    return lines


def test_redaction_takes_ten_times_as_long_for_ten_times_as_much() -> None:
    """A message that is full of secrets does not stop the service."""
    small, large = _full_of_secrets(100), _full_of_secrets(1000)

    assert _lines_run(lambda: redact(*large)) < 12 * _lines_run(lambda: redact(*small))


def test_of_very_many_hits_the_gravest_are_kept_and_the_rest_counted() -> None:
    """The values of those that are not kept are covered as well, wherever they stand."""
    message, hits = _full_of_secrets(10_000)

    redacted = redact(message, hits)

    assert [placed.hit for placed in redacted.hits] == hits[:200]
    assert redacted.omitted == 9_800
    assert redacted.fields[0].text.count("****") == 20_000
    assert "key-" not in redacted.fields[0].text


async def test_a_record_tells_how_many_hits_are_not_kept_with_it(
    recorder: Recorder, violations: Violations, policy: Policy, now: datetime
) -> None:
    """Whoever reads the record sees that it does not list everything."""
    message, hits = _full_of_secrets(203)

    recorded = await recorder.record(
        message, Finding(tuple(hits)), policy=policy, rulebook="b", now=now
    )

    assert recorded is not None
    kept = await violations.one(recorded.violation_id, unmasked=True)
    assert (len(kept.hits), kept.hits_omitted) == (200, 3)


@st.composite
def marked_messages(draw: st.DrawFn) -> tuple[Message, list[Hit]]:
    """A text with hits anywhere in it, some masked."""
    text = draw(st.text(alphabet="ab0密钥 😀", min_size=1, max_size=40))
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)), st.booleans())
    hits = [
        _hit(min(left, right), max(left, right), masked=masked)
        for left, right, masked in draw(st.lists(spans))
    ]
    return _message(text), hits


@given(marked_messages())
def test_redaction_keeps_what_is_not_masked_and_places_every_hit(
    marked: tuple[Message, list[Hit]],
) -> None:
    """Every unmasked hit outside of covers points at its own text; places stay in range."""
    message, hits = marked
    text = message.fields[0].text

    redacted = redact(message, hits)

    shown = redacted.fields[0].text
    values = {text[hit.start : hit.end] for hit in hits if hit.masked}
    assert not any(value in shown for value in values if len(value) >= 5)
    for placed in redacted.hits:
        assert 0 <= placed.start <= placed.end <= len(shown)
    if not any(hit.masked for hit in hits):
        assert [shown[p.start : p.end] for p in redacted.hits] == [
            text[hit.start : hit.end] for hit in hits
        ]


async def test_a_planted_secret_is_nowhere_in_the_database(
    recorder: Recorder,
    violations: Violations,
    database: Engine,
    policy: Policy,
    make_message: Callable[..., Message],
    make_hit: Callable[..., Hit],
    now: datetime,
) -> None:
    """Not five consecutive characters of the secret stand in any column of any table.

    The phrase that was found beside it stands only in the encrypted evidence.
    """
    secret = "".join(Random(7).sample(ascii_letters + digits, 40))
    text = f"账号密钥 {secret}，低价代开发票"
    word_at = text.index("代开发票")
    masked = replace(make_hit(5, 5 + len(secret), masked=True), word=secret)
    hits = [masked, make_hit(word_at, word_at + 4)]
    sent = make_message(text=text)

    recorded = await recorder.record(sent, Finding.of(hits), policy=policy, rulebook="b", now=now)
    assert recorded is not None
    await violations.identify(recorded.violation_id, Entry(name="张三", department="销售部"))

    dump = await _dump(database)
    runs = {secret[at : at + 5] for at in range(len(secret) - 4)}
    assert [run for run in runs if run.encode() in dump] == []
    assert "代开发票".encode() not in dump
    assert "张三".encode() in dump  # the dump does hold what is kept in clear
    kept = await violations.one(recorded.violation_id, unmasked=True)
    assert "代开发票" in kept.fields[0].text
    assert [run for run in runs if run in repr(kept)] == []


async def test_the_same_secret_is_found_again_by_its_fingerprint(
    recorder: Recorder,
    violations: Violations,
    policy: Policy,
    make_message: Callable[..., Message],
    make_hit: Callable[..., Hit],
    now: datetime,
) -> None:
    """Two people who paste the same key have violations with one fingerprint."""
    secret = "".join(Random(8).sample(ascii_letters, 30))
    finding = Finding((make_hit(0, 30, masked=True),))
    for sender in ("a", "b"):
        sent = make_message(sender=sender, text=secret)
        await recorder.record(
            sent, finding, policy=policy, rulebook="b", now=now + timedelta(seconds=1)
        )

    first, second = (await violations.page()).items
    assert first.hits[0].fingerprint == second.hits[0].fingerprint != ""


async def _dump(database: Engine) -> bytes:
    """Every row of every table as PostgreSQL writes it, and every binary column raw."""
    connection = await asyncpg.connect(database.dsn)
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_stat_user_tables WHERE schemaname = 'public'"
        )
        assert {row["relname"] for row in tables} >= {"violations", "actions", "standings"}
        dumped = []
        for (table,) in tables:
            for row in await connection.fetch(f"SELECT t, t.* FROM {table} AS t"):
                dumped += [value if isinstance(value, bytes) else str(value).encode()
                           for value in row.values()]  # fmt: skip
        return b"\n".join(dumped)
    finally:
        await connection.close()


def _message(text: str) -> Message:
    return Message(
        key="k",
        corp="c",
        app="a",
        source=Source.CALLBACK,
        sender="s",
        message_id="1",
        kind="text",
        sent_at=datetime.fromisoformat("2026-01-01T00:00:00+00:00"),
        fields=(TextField("Content", text),),
    )


def _hit(start: int, end: int, *, masked: bool) -> Hit:
    return Hit(
        rule="r",
        version="v",
        category="c",
        severity=Severity.LOW,
        start=start,
        end=end,
        masked=masked,
        field="Content",
    )
