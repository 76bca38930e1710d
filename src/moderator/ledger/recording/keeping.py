"""What must be kept is kept: in PostgreSQL, or on this machine until PostgreSQL is back."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Final

import structlog
from pydantic import TypeAdapter

from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.errors import EvidenceUnreadable, SpoolUnavailable
from moderator.ledger.evidence.sealing import EvidenceCipher, Sealed
from moderator.ledger.recording.deciding import Case
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.recording.recorder import AWAY, MOST, Recorded, Recorder
from moderator.ledger.recording.spool import Kept, Kind, Spool
from moderator.ledger.records import Json
from moderator.policy.policy import Policy

_MESSAGE = TypeAdapter(Message)
_FINDING = TypeAdapter(Finding)
_PATIENCE: Final = timedelta(seconds=30)  # of a drain, for which nobody waits


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

    While anything waits in the spool everything new goes there too, whichever process of this
    machine put it there: what comes after an earlier message was answered is not decided before it.
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
        self._seen: object = None  # the file's stamp at the last look

    async def record(
        self, message: Message, finding: Finding, *, policy: Policy, rulebook: str, now: datetime
    ) -> Recorded | Spooled | None:
        """As `Recorder.record`, or spooled; raises `LedgerError` where neither is possible."""
        if not await self._waits():
            try:
                return await self._recorder.record(
                    message, finding, policy=policy, rulebook=rulebook, now=now
                )
            except AWAY:
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
            except AWAY:
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
                while alone and (rows := await self._spool.oldest(MOST)):
                    for kind, group in groupby(rows, key=attrgetter("kind")):
                        await self._move(kind, list(group))
        await self._look()

    async def _move(self, kind: Kind, rows: Sequence[Kept]) -> None:
        move = self._move_violations if kind is Kind.VIOLATION else self._move_failed
        opened = [_opened(self._cipher, row) for row in rows]
        moved = iter(await move([one for one in opened if not isinstance(one, Exception)]))
        ends = [one if isinstance(one, Exception) else next(moved) for one in opened]
        away = [end for end in ends if isinstance(end, AWAY)]
        await self._spool.drop([row.id for row, end in zip(rows, ends, strict=True) if end is None])
        for row, end in zip(rows, ends, strict=True):
            if isinstance(end, Exception) and not isinstance(end, AWAY):
                await self._set_aside(row, end)
        if away:
            raise away[0]

    async def _set_aside(self, row: Kept, error: Exception) -> None:
        self._log.error("spooled row set aside", kind=row.kind, error=type(error).__name__)
        await self._spool.refuse(row.id)

    async def _move_violations(self, contents: Sequence[Json]) -> list[Exception | None]:
        """What came of each: None where it is in PostgreSQL."""
        policy, now = self._policy(), self._clock()
        cases = [self._case(content, policy, now) for content in contents]
        whole = [case for case in cases if isinstance(case, Case)]
        answers = iter(await self._recorder.record_all(whole, within=_PATIENCE))
        ends = (next(answers) if isinstance(case, Case) else case for case in cases)
        return [end if isinstance(end, Exception) else None for end in ends]

    def _case(self, content: Json, policy: Policy, now: datetime) -> Case | Exception:
        try:
            return self._recorder.case(
                _MESSAGE.validate_python(content["message"]),
                _FINDING.validate_python(content["finding"]),
                policy=policy,
                rulebook=content["rulebook"],
                now=now,
            )
        except Exception as error:  # noqa: BLE001 - one row must not keep the others waiting
            return error

    async def _move_failed(self, contents: Sequence[Json]) -> list[Exception | None]:
        return [await self._move_one_failed(content) for content in contents]

    async def _move_one_failed(self, content: Json) -> Exception | None:
        try:
            await self._failed.keep(**content | {"body": base64.b64decode(content["body"])})
        except Exception as error:  # noqa: BLE001 - as above
            return error
        return None

    async def _waits(self) -> bool:
        if self._waiting is None or self._spool.stamp() != self._seen:
            try:
                return await self._look()
            except SpoolUnavailable:  # as far as is known nothing waits; PostgreSQL may be well
                return bool(self._waiting)
        return self._waiting

    async def _look(self) -> bool:
        # The stamp of before: what is written while we look is looked at again.
        stamp = self._spool.stamp()
        waiting = (await self._spool.filling()).waiting > 0
        self._seen, self._waiting = stamp, waiting
        return waiting

    async def _put(self, kind: Kind, key: str, content: Json) -> None:
        sealed = self._cipher.seal(content, bound_to=key)
        await self._spool.keep(Kept(kind=kind, key=key, key_id=sealed.key_id, sealed=sealed.blob))
        self._waiting = True


def _opened(cipher: EvidenceCipher, row: Kept) -> Json | Exception:
    try:
        content: Json = cipher.open(Sealed(row.key_id, row.sealed), bound_to=row.key)
    except EvidenceUnreadable as error:
        return error
    return content
