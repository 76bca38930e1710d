"""What must be kept is kept: in PostgreSQL, or on this machine until PostgreSQL is back."""

import base64
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import TypeAdapter

from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.errors import LedgerUnavailable, SchemaMismatch, SpoolUnavailable
from moderator.ledger.evidence import EvidenceCipher, Sealed
from moderator.ledger.failed import FailedMessages
from moderator.ledger.recording import Recorded, Recorder
from moderator.ledger.spool import Kept, Kind, Spool
from moderator.policy.policy import Policy

_MESSAGE = TypeAdapter(Message)
_FINDING = TypeAdapter(Finding)
_AWAY = (LedgerUnavailable, SchemaMismatch)  # both end without anything of ours being changed


@dataclass(frozen=True, slots=True)
class Spooled:
    """A violation that is safe on this machine and not in PostgreSQL yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedDelivery:
    """A callback that could not be processed; `body` is still encrypted."""

    app: str
    key: str
    body: bytes
    signature: str
    timestamp: str
    nonce: str
    reason: str


class Keeper:
    """Records violations and failed callbacks, in the order in which they came.

    While anything waits in the spool everything new goes there too: a later message must not be
    decided before an earlier one of the same person.
    """

    def __init__(
        self,
        recorder: Recorder,
        failed: FailedMessages,
        spool: Spool,
        cipher: EvidenceCipher,
        *,
        policy: Callable[[], Policy],
        clock: Callable[[], datetime],
    ) -> None:
        """`policy` is the one in force when a spooled violation is decided on."""
        self._recorder = recorder
        self._failed = failed
        self._spool = spool
        self._cipher = cipher
        self._policy = policy
        self._clock = clock
        self._log = structlog.get_logger("moderator.spool")
        self._waiting: bool | None = None  # unknown before the first look into the file

    async def record(
        self, message: Message, finding: Finding, *, policy: Policy, rulebook: str, now: datetime
    ) -> Recorded | Spooled | None:
        """As `Recorder.record`, or spooled; raises `LedgerError` where neither is possible."""
        if not await self._waits():
            try:
                return await self._recorder.record(
                    message, finding, policy=policy, rulebook=rulebook, now=now
                )
            except _AWAY:
                pass
        content = {
            "message": _MESSAGE.dump_python(message, mode="json"),
            "finding": _FINDING.dump_python(finding, mode="json"),
            "rulebook": rulebook,
        }
        await self._put(Kind.VIOLATION, message.key, content)
        return Spooled()

    async def fail(self, delivery: FailedDelivery) -> None:
        """Keep a callback for replay; raises as `record`."""
        if not await self._waits():
            try:
                await self._failed.keep(**asdict(delivery))
            except _AWAY:
                pass
            else:
                return
        body = base64.b64encode(delivery.body).decode()
        await self._put(Kind.FAILED, delivery.key, asdict(delivery) | {"body": body})

    async def drain(self) -> None:
        """Move what waits into PostgreSQL, oldest first.

        Raises `LedgerUnavailable` or `SchemaMismatch` where PostgreSQL is still away, and
        `SpoolUnavailable`.  What cannot be moved for another reason is set aside.
        """
        if await self._spool.oldest(1):
            with self._spool.alone() as alone:
                while alone and (rows := await self._spool.oldest()):
                    for row in rows:
                        await self._move(row)
        self._waiting = (await self._spool.filling()).waiting > 0

    async def _move(self, row: Kept) -> None:
        move = self._move_violation if row.kind is Kind.VIOLATION else self._move_failed
        try:
            await move(self._cipher.open(Sealed(row.key_id, row.sealed), bound_to=row.key))
        except _AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - one row must not keep the others waiting
            self._log.error("spooled row set aside", kind=row.kind, error=type(error).__name__)
            await self._spool.refuse(row.id)
        else:
            await self._spool.drop([row.id])

    async def _move_violation(self, content: dict[str, Any]) -> None:
        await self._recorder.record(
            _MESSAGE.validate_python(content["message"]),
            _FINDING.validate_python(content["finding"]),
            policy=self._policy(),
            rulebook=content["rulebook"],
            now=self._clock(),
        )

    async def _move_failed(self, content: dict[str, Any]) -> None:
        await self._failed.keep(**content | {"body": base64.b64decode(content["body"])})

    async def _waits(self) -> bool:
        if self._waiting is None:
            try:
                self._waiting = (await self._spool.filling()).waiting > 0
            except SpoolUnavailable:  # then nothing can wait there, and PostgreSQL may be well
                return False
        return self._waiting

    async def _put(self, kind: Kind, key: str, content: dict[str, Any]) -> None:
        sealed = self._cipher.seal(content, bound_to=key)
        await self._spool.keep(Kept(kind=kind, key=key, key_id=sealed.key_id, sealed=sealed.blob))
        self._waiting = True
