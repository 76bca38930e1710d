"""What a forger can send, and what somebody can who has recorded what WeCom sent."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from moderator.app import create_app
from moderator.intake.callback import BODY_LIMIT
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.people import People
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.violations import Violations
from moderator.rehearsal import callbacks
from moderator.rehearsal.invention import MODERATION_APP
from moderator.settings import Settings, build_settings
from moderator.wecom.envelope import Envelope, SealedCallback

YEARS_AGO = "1409659589"
CORP_OF_OTHERS = "ww00000000000000ff"


class Company:
    """One service and what WeCom would send to it."""

    def __init__(self, settings: Settings, database: Engine) -> None:
        self.settings = settings
        self.database = database
        self.restart()

    def restart(self) -> None:
        """A process that remembers nothing of the one before."""
        transport = httpx.ASGITransport(create_app(self.settings, self.database))
        self._http = httpx.AsyncClient(transport=transport, base_url="http://test")

    def sealed(
        self, plain: bytes, *, app: str = MODERATION_APP, corp: str = "", at: str = YEARS_AGO
    ) -> SealedCallback:
        wanted = self.settings.wecom.apps[app]
        envelope = Envelope(
            token=wanted.token.get_secret_value(),
            encoding_aes_key=wanted.encoding_aes_key.get_secret_value(),
            receive_id=corp or self.settings.wecom.corp_id,
        )
        return envelope.seal(plain, timestamp=at, nonce="263014780")

    def violation(self) -> bytes:
        return callbacks.text(self._head("ZhangSan"), 7, "有人买六合彩吗")

    def event(self, change: str, at: int) -> bytes:
        fields = {"ChangeType": change, "UserID": "xinren", "Name": "新人"}
        return callbacks.event(replace(self._head("sys"), at=at), "change_contact", fields)

    async def post(self, sealed: SealedCallback, app: str = MODERATION_APP) -> int:
        query = {
            "msg_signature": sealed.signature,
            "timestamp": sealed.timestamp,
            "nonce": sealed.nonce,
        }
        path = f"/wecom/callback/{app}"
        return (await self._http.post(path, params=query, content=sealed.body)).status_code

    async def recorded(self) -> int:
        cipher = EvidenceCipher.of(self.settings.evidence)
        return len((await Violations(self.database, cipher).page()).items)

    def _head(self, sender: str) -> callbacks.Head:
        return callbacks.Head(
            corp=self.settings.wecom.corp_id,
            sender=sender,
            at=1_790_000_000,
            agent_id=self.settings.wecom.apps[MODERATION_APP].agent_id,
        )


@pytest.fixture
async def company(values: dict[str, Any], database_url: str, database: Engine) -> Company:
    values["database"] = {"url": database_url}
    return Company(build_settings(values), database)


async def test_a_delivery_that_is_played_again_is_recorded_once(company: Company) -> None:
    """There is no window of time: WeCom itself delivers again, and the message's key decides.

    The same bytes years after their timestamp, ten times, and again after a restart.
    """
    recording = company.sealed(company.violation())
    statuses = [await company.post(recording) for _ in range(10)]
    company.restart()
    statuses.append(await company.post(recording))

    assert statuses == [200] * 11
    assert await company.recorded() == 1


async def test_an_event_that_is_played_again_undoes_nothing(company: Company) -> None:
    """Who has left stays gone when the news of their coming is repeated."""
    came = company.sealed(company.event("create_user", 1_790_000_000))
    left = company.sealed(company.event("delete_user", 1_790_000_100))
    await company.post(came)
    await company.post(left)
    company.restart()

    assert await company.post(came) == 200
    known = await People(company.database).find(company.settings.wecom.corp_id, "xinren")
    assert known is None or known.gone_at is not None


@pytest.mark.parametrize("changed", ["timestamp", "nonce", "signature", "body"])
async def test_no_part_of_a_recording_can_be_changed(company: Company, changed: str) -> None:
    """A recorded message cannot be dated anew, and another body does not fit its signature."""
    recording = company.sealed(company.violation())
    other = company.sealed(company.violation(), at="1790000000")
    values: dict[str, Any] = {
        "timestamp": "1790000000",
        "nonce": "263014781",
        "signature": "0" * 40,
        "body": other.body,
    }

    assert await company.post(replace(recording, **{changed: values[changed]})) == 403
    assert await company.recorded() == 0


async def test_what_was_sealed_for_one_app_is_nothing_to_another(company: Company) -> None:
    """Each app has a token and a key of its own."""
    first, second = list(company.settings.wecom.apps)[:2]
    recording = company.sealed(company.violation(), app=first)

    assert await company.post(recording, app=second) == 403
    assert await company.recorded() == 0


async def test_what_was_sealed_for_another_company_is_refused(company: Company) -> None:
    """A supplier with the same token and key serves many; the receiveid tells whose it is."""
    recording = company.sealed(company.violation(), corp=CORP_OF_OTHERS)

    assert await company.post(recording) == 403
    assert await company.recorded() == 0


async def test_what_is_too_large_is_refused(company: Company) -> None:
    """Before anything is decrypted."""
    recording = company.sealed(company.violation())

    assert await company.post(replace(recording, body=b" " * (BODY_LIMIT + 1))) == 413
