"""The evidence pack, and that no change to it goes unnoticed."""

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from tests.ledger.rules import INVOICES

from moderator.domain.access import Actor, Role
from moderator.domain.decision import ActionKind, ActionState
from moderator.errors import NotFound, UnmaskingNeeded
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.audit import Audit, Deed
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence import pack_verifier
from moderator.ledger.evidence.pack_verifier import faults_of, verifies
from moderator.ledger.evidence.packs import Packs
from moderator.ledger.evidence.retention import Erasure
from moderator.ledger.evidence.rule_versions import RuleVersions
from moderator.ledger.evidence.signing import Signer
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded
from moderator.ledger.records import SentNotice, Then

Record = Callable[..., Awaitable[Recorded]]
NAMES = (
    *("README.md", "audit.jsonl", "case.json", "decisions.json", "holds.json", "manifest.json"),
    *("message.json", "notices.json", "policy.json", "rules.json", "verify.py", "viewers.json"),
)
SIGNER = Signer([b"k" * 32])
KEY = SIGNER.public_keys[0]
LI = Actor(name="li", roles=frozenset({Role.AUDITOR}))
WANG = Actor(name="wang", roles=frozenset({Role.APPROVER}))


@pytest.fixture
def packs(database: Engine, violations: Violations) -> Packs:
    return Packs(database, violations, SIGNER)


@pytest.fixture
async def pack(
    record: Record, packs: Packs, database: Engine, outbox: Outbox, violations: Violations,
    tmp_path: Path, now: datetime,
) -> Path:  # fmt: skip
    """The pack of a violation that was warned of, looked at and read, among other cases."""
    await RuleVersions(database).keep([INVOICES], now=now)
    kept = (await record(1)).violation_id
    await record(2, sender="lisi")
    (warn, *_) = [
        each
        for each in await outbox.claim(9, lease=timedelta(minutes=1), now=now + timedelta(hours=1))
        if each.kind is ActionKind.WARN_SENDER
    ]
    notice = SentNotice("请勿发布广告", ("zhangsan",))
    await outbox.settle(
        warn.id, ActionState.ACCEPTED, "WeCom took the warning", 0, then=Then(notice=notice)
    )
    unmaskings = Unmaskings(database, violations)
    await unmaskings.look(kept, LI)
    await Audit(database).write(Deed(actor="zhao", action="login.failed", subject="a secret place"))
    await unmaskings.ask(kept, LI, reason="objection 4")
    path = tmp_path / "pack.zip"
    with path.open("wb") as file:
        await packs.write(kept, LI, file, reason="court 9")
    await Audit(database).write(Deed(actor="zhao", action="logout"))
    return path


def content(pack: Path, name: str) -> Any:
    with zipfile.ZipFile(pack) as opened:
        return json.loads(opened.read(name))


def hide_a_look(rows: list[Any]) -> None:
    """Make the row of a look at this case one of some other case."""
    rows[0] = {"number": rows[0]["number"], "hash": rows[0]["hash"]}


def altered(pack: Path, name: str) -> Path:
    """The pack with one more space at the end of one of its files."""
    return rewritten(pack, lambda files: files.update({name: files[name] + b" "}))


def without(pack: Path, name: str) -> Path:
    return rewritten(pack, lambda files: files.pop(name))


def doubled(pack: Path, name: str) -> Path:
    """The pack with one of its files in it a second time."""
    other = Path(shutil.copy(pack, pack.with_name("doubled.zip")))
    with zipfile.ZipFile(other, "a") as opened, pytest.warns(UserWarning, match="Duplicate"):
        opened.writestr(name, opened.read(name))
    return other


def rewritten(pack: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """The pack with other files in it."""
    with zipfile.ZipFile(pack) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    change(files)
    other = pack.with_name("other.zip")
    with zipfile.ZipFile(other, "w") as written:
        for name, told in files.items():
            written.writestr(name, told)
    return other


async def test_a_pack_tells_the_whole_case(pack: Path) -> None:
    """Text, hits, rules, policy, clauses, decisions, notices and viewers, as they were."""
    message = content(pack, "message.json")
    viewers = content(pack, "viewers.json")
    (sent,) = [sent for action in content(pack, "notices.json") for sent in action["sent"]]

    assert message["texts"] == [{"name": "Content", "text": "低价代开发票"}]
    assert [(hit["rule"], hit["text"]) for hit in message["hits"]] == [("invoices", "代开发票")]
    (rule,) = content(pack, "rules.json")
    assert (rule["version"], rule["content"]["words"][0]["text"]) == ("v1", "代开发票")
    policy = content(pack, "policy.json")
    assert policy["clauses"][0]["text"] == "警告一次"
    assert policy["content"]["ladders"][0]["id"] == "advertising"
    assert (sent["content"], sent["receivers"]) == ("请勿发布广告", ["zhangsan"])
    assert [(row["actor"], row["action"]) for row in viewers] == [
        ("li", "evidence.read"),
        ("li", "evidence.unmasked"),
        ("li", "evidence.packed"),
    ]
    assert content(pack, "manifest.json")["reason"] == "court 9"


async def test_a_whole_pack_has_no_fault(pack: Path) -> None:
    """With the company's key; with another key it is somebody else's."""
    assert faults_of(pack, {KEY}) == []
    assert faults_of(pack) == []
    assert faults_of(pack, {Signer([b"o" * 32]).public_keys[0]}) == [
        f"manifest.sig: is by another key, {KEY}"
    ]


async def test_of_other_cases_a_pack_tells_nothing(pack: Path) -> None:
    """The chain holds by their numbers and hashes alone."""
    with zipfile.ZipFile(pack) as opened:
        rows = [json.loads(line) for line in opened.read("audit.jsonl").splitlines()]

    assert [sorted(row) for row in rows if "actor" not in row] == [["hash", "number"]]
    assert len(rows) == 4  # the logout came later
    with zipfile.ZipFile(pack) as opened:
        assert all(b"secret place" not in opened.read(name) for name in opened.namelist())


async def test_every_altered_missing_or_doubled_file_is_named(pack: Path) -> None:
    """One byte of it, all of it, or a second one of the same name."""
    for name in NAMES:
        assert faults_of(altered(pack, name), {KEY})[0].startswith(f"{name}: was altered")
        assert any(name in fault for fault in faults_of(without(pack, name), {KEY})), name
        assert faults_of(doubled(pack, name), {KEY}) == [f"{name}: is there twice"]


async def test_a_file_that_was_added_is_named(pack: Path) -> None:
    """Nothing can be slipped in."""
    added = rewritten(pack, lambda files: files.update({"more.json": b"{}"}))

    assert faults_of(added, {KEY}) == ["more.json: was added"]


async def test_rows_are_proved_even_by_whoever_can_sign(pack: Path) -> None:
    """An altered, missing or moved row breaks the chain, though all hashes of files fit."""

    def resigned(change: Callable[[list[Any]], object]) -> list[str]:
        def apply(files: dict[str, bytes]) -> None:
            rows = [json.loads(line) for line in files["audit.jsonl"].splitlines()]
            change(rows)
            lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
            manifest = json.loads(files["manifest.json"])
            hashed = {"sha256": hashlib.sha256(lines).hexdigest(), "bytes": len(lines)}
            manifest["files"]["audit.jsonl"] = hashed
            signed = json.dumps(manifest).encode()
            signature = {"public_key": KEY, "signature": SIGNER.sign(signed).hex()}
            files["audit.jsonl"], files["manifest.json"] = lines, signed
            files["manifest.sig"] = json.dumps(signature).encode()

        return faults_of(rewritten(pack, apply), {KEY})

    assert resigned(lambda rows: None) == []
    assert any("was altered" in fault for fault in resigned(lambda rows: rows[0].update(at="x")))
    assert any("missing" in fault for fault in resigned(lambda rows: rows.pop(1)))
    assert any("does not end" in fault for fault in resigned(lambda rows: rows.pop()))
    assert any("order" in fault for fault in resigned(lambda rows: rows.reverse()))
    assert resigned(hide_a_look) == ["viewers.json: does not tell what audit.jsonl tells"]


async def test_the_program_in_the_pack_verifies_it_with_nothing_but_python(
    pack: Path, tmp_path: Path
) -> None:
    """Isolated from every installed package; 0 whole, 1 altered, 3 where no key is given."""
    with zipfile.ZipFile(pack) as opened:
        opened.extract("verify.py", tmp_path)

    def run(*arguments: object) -> tuple[int, str]:
        program = str(tmp_path / "verify.py")
        command = [sys.executable, "-I", "-S", program, *map(str, arguments)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout

    assert run(pack, KEY.upper()) == (0, "Whole, and signed with this key.\n")
    assert run(altered(pack, "case.json"), KEY) == (1, "case.json: was altered\n")
    assert run(pack)[0] == 3
    assert run()[0] == 2


async def test_what_is_no_pack_is_said_to_be_none(tmp_path: Path) -> None:
    """No file, no ZIP, no manifest, JSON without end: a sentence and no traceback."""
    (tmp_path / "text.zip").write_text("text")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    with zipfile.ZipFile(tmp_path / "nested.zip", "w") as nested:
        nested.writestr("manifest.json", "{}")
        nested.writestr("manifest.sig", "[" * 5000)

    for name in ("nothing.zip", "text.zip", "empty.zip", "nested.zip"):
        (fault,) = faults_of(tmp_path / name)
        assert fault.startswith("cannot be read")


async def test_the_verifier_hashes_rows_as_the_audit_log_does(database: Engine) -> None:
    """Whatever stands in a row: the two spellings of the hash are one."""
    detail = {"原因": "投诉 é\u2028😀", "n": [1, None, True, {"b": 2, "a": 1}]}
    for number in range(3):
        await Audit(database).write(
            Deed(actor="李", action="x", subject=str(number), detail=detail)
        )

    for row in await Audit(database).page():
        told = {
            "number": row.number, "at": row.at.isoformat(), "actor": row.deed.actor,
            "action": row.deed.action, "subject": row.deed.subject, "detail": row.deed.detail,
        }  # fmt: skip
        assert pack_verifier.hash_of(told, row.previous.hex()) == row.hash.hex()


async def test_a_pack_after_the_erasure_tells_that_it_was_erased(
    record: Record, packs: Packs, database: Engine, now: datetime, tmp_path: Path
) -> None:
    """Everything but the text, with the row of the audit log that says when it went."""
    kept = (await record()).violation_id
    await Erasure(database).erase_expired(now + timedelta(days=999))
    path = tmp_path / "pack.zip"
    with path.open("wb") as file:
        await packs.write(kept, LI, file, reason="court 9")

    assert faults_of(path, {KEY}) == []
    assert content(path, "message.json")["evidence"] == "erased"
    assert [row["action"] for row in content(path, "viewers.json")] == [
        "evidence.erased",
        "evidence.packed",
    ]


async def test_where_two_are_needed_a_pack_needs_a_grant(
    record: Record, database: Engine, violations: Violations
) -> None:
    """No way around the second person; nothing is written before."""
    kept = (await record()).violation_id
    packs = Packs(database, violations, SIGNER, persons=2)
    unmaskings = Unmaskings(database, violations, persons=2)
    target = BytesIO()

    with pytest.raises(UnmaskingNeeded):
        await packs.write(kept, LI, target, reason="x")
    asked = await unmaskings.ask(kept, LI, reason="x")
    with pytest.raises(UnmaskingNeeded):
        await packs.write(kept, LI, target, reason="x")
    nothing = target.getvalue()
    await unmaskings.grant(asked.id, WANG)
    await packs.write(kept, LI, target, reason="x")

    assert nothing == b""
    assert target.getvalue()


async def test_outside_ones_departments_there_is_no_pack(record: Record, packs: Packs) -> None:
    """As if there were no such violation."""
    kept = (await record()).violation_id
    bound = Actor(name="li", roles=LI.roles, departments=frozenset({7}))

    with pytest.raises(NotFound):
        await packs.write(kept, bound, BytesIO(), reason="x")


@pytest.mark.parametrize(
    ("public", "message", "signature"),
    [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
            ),
        ),
    ],
)
def test_signatures_are_those_of_the_standard(public: str, message: str, signature: str) -> None:
    """The vectors of RFC 8032, section 7.1; a changed bit anywhere is no signature any more."""
    told = (bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))

    assert verifies(*told)
    for place in range(64):
        wrong = bytearray(told[2])
        wrong[place] ^= 1
        assert not verifies(told[0], told[1], bytes(wrong))
    assert not verifies(told[0], told[1] + b"x", told[2])
    assert not verifies(b"\xff" * 32, told[1], told[2])
    assert not verifies(told[0], told[1], told[2][:63])


def test_what_the_service_signs_anybody_can_verify() -> None:
    """Two independent programs agree, whatever the message."""
    for length in (0, 1, 63, 64, 65, 1000):
        message = bytes(length)
        assert verifies(bytes.fromhex(KEY), message, SIGNER.sign(message))
