"""A deployment with a database, and a violation in it."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from typer.testing import Result

from moderator.domain.decision import ActionKind
from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message, Source, TextField
from moderator.domain.rule import Severity
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.recorder import Recorder
from moderator.policy.policy import Ladder, Policy, Rung
from moderator.settings import Settings

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
POLICY = Policy(
    ladders=(
        Ladder(
            id="all",
            window=timedelta(days=9),
            rungs=(Rung(at=1, actions=(ActionKind.REMOVE_FROM_GROUP,)),),
        ),
    )
)
PACK = """
category: gambling
severity: medium
description: 赌博
rules:
  - id: lottery
    description: 彩票
    words: [六合彩]
    examples: [买六合彩]
    counter_examples: [今天开会]
"""
LADDER = """
ladders:
  - {id: all, window: 9d, rungs: [{at: 1, actions: [warn_sender]}]}
"""
Run = Callable[..., Awaitable[Result]]


def config_file(directory: Path, url: str) -> Path:
    """A complete settings file that uses the database at `url`, and rules of its own."""
    (directory / "rules").mkdir()
    (directory / "rules" / "gambling.yaml").write_text(PACK, "utf-8")
    (directory / "rules" / "policy.yaml").write_text(LADDER, "utf-8")
    return settings_file(directory / "moderator.toml", url, directory / "rules")


def settings_file(path: Path, url: str, rules: Path) -> Path:
    """All that must be set, with rules of the caller's."""
    path.write_text(
        f"""
        [database]
        url = "{url}"
        [rules]
        directory = "{rules}"
        [evidence]
        key = "{base64.b64encode(secrets.token_bytes(32)).decode()}"
        fingerprint_key = "{base64.b64encode(secrets.token_bytes(32)).decode()}"
        [wecom]
        corp_id = "ww1234567890"
        [wecom.apps.guard]
        agent_id = 1000002
        secret = "{secrets.token_urlsafe(32)}"
        token = "{secrets.token_hex(8)}"
        encoding_aes_key = "{secrets.token_hex(22)[:43]}"
        [compliance]
        app = "guard"
        users = ["LiJing"]
        """
    )
    return path


async def record(database: Engine, settings: Settings, number: int) -> int:
    text = "低价代开发票"
    message = Message(
        key=f"key-{number}",
        corp="ww1234567890",
        app="guard",
        source=Source.CALLBACK,
        sender="=cmd|calc",
        message_id=str(number),
        kind="text",
        sent_at=NOW + timedelta(minutes=number),
        fields=(TextField("Content", text),),
    )
    hit = Hit(
        rule="invoices",
        version="v1",
        category="advertising",
        severity=Severity.HIGH,
        start=2,
        end=6,
        word="代开发票",
        field="Content",
    )
    recorder = Recorder(
        database,
        EvidenceCipher.of(settings.evidence),
        Fingerprinter.of(settings.evidence),
        keep=timedelta(days=9),
        within=timedelta(seconds=30),  # a busy machine is no reason to fail
    )
    result = await recorder.record(
        message, Finding((hit,)), policy=POLICY, rulebook="book-1", now=message.sent_at
    )
    assert result is not None
    return result.violation_id
