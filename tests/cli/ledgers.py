"""A deployment with a database, and a violation in it."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from tests.conftest import PACK
from tests.offences import INVOICES, NOW, calling_for, message
from typer.testing import Result

from moderator.domain.decision import ActionKind
from moderator.domain.finding import Finding
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.recording.recorder import Recorder
from moderator.settings import Settings

POLICY = calling_for(ActionKind.REMOVE_FROM_GROUP)
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
    sent = message(
        number,
        corp="ww1234567890",
        app="guard",
        sender="=cmd|calc",
        sent_at=NOW + timedelta(minutes=number),
    )
    recorder = Recorder(
        database,
        EvidenceCipher.of(settings.evidence),
        Fingerprinter.of(settings.evidence),
        keep=timedelta(days=9),
        within=timedelta(seconds=30),  # a busy machine is no reason to fail
    )
    result = await recorder.record(
        sent, Finding((INVOICES,)), policy=POLICY, rulebook="book-1", now=sent.sent_at
    )
    assert result is not None
    return result.violation_id
