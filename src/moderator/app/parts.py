"""What a deployment's settings make by themselves."""

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

import httpx

from moderator.enforcement.stationery import StationeryShelf
from moderator.ledger.database.embedded import data_directory
from moderator.ledger.recording.spool import Spool
from moderator.settings import Settings, WeComSettings
from moderator.shipped import rules_directory
from moderator.wecom.envelope import Envelope
from moderator.wecom.gate import Gate
from moderator.wecom.siem import Siem


def shelf_of(settings: Settings) -> StationeryShelf:
    """The notices of this deployment: shipped, and as its rule folder changes them."""
    return StationeryShelf(rules_directory(), rules_of(settings), settings.compliance.language)


def siem_of(settings: Settings, http: httpx.AsyncClient, gate: Gate | None = None) -> Siem | None:
    """The receiver of signed reports, if there is one."""
    return Siem(settings.siem, http, clock=_now, gate=gate) if settings.siem.url else None


def rules_of(settings: Settings) -> Path:
    """The folder that the rules come from."""
    return settings.rules.directory or rules_directory()


def spool_of(settings: Settings) -> Spool:
    """The spool of this company and database; those of others may lie in the same folder.

    It stays the same when the role or its password changes: what waits in it must be found.
    """
    database = re.sub("//[^/@]*@", "//", settings.database.url.get_secret_value())
    whose = f"{settings.wecom.corp_id} {database}"
    name = hashlib.sha256(whose.encode()).hexdigest()[:16]
    directory = settings.spool.directory or data_directory() / "spool"
    return Spool(directory / f"{name}.sqlite", limit=settings.spool.megabytes * 1024 * 1024)


def envelopes_of(wecom: WeComSettings) -> dict[str, Envelope]:
    """One envelope for each app, by its name in the settings."""
    return {
        name: Envelope(
            token=app.token.get_secret_value(),
            encoding_aes_key=app.encoding_aes_key.get_secret_value(),
            receive_id=wecom.corp_id if app.receive_id is None else app.receive_id,
        )
        for name, app in wecom.apps.items()
    }


def _now() -> datetime:
    return datetime.now(UTC)
