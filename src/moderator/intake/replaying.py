"""Processing again what could not be processed when it came."""

from dataclasses import dataclass

from moderator.intake.reception import Delivery, Reception
from moderator.ledger.recording.failed import FailedMessages
from moderator.ledger.records import FailedMessage


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay: an outcome, or the name of the error's class."""

    id: int
    outcome: str = ""
    error: str = ""


class Replay:
    """Takes callbacks that are kept, one at a time and each for itself alone."""

    def __init__(self, failed: FailedMessages, reception: Reception) -> None:
        self._failed = failed
        self._reception = reception

    async def one(self, failed_id: int, *, by: str = "") -> Replayed | None:
        """Process it again; None where nothing of that id waits."""
        kept = await self._failed.take(only=failed_id)
        return await self.again(kept, by=by) if kept else None

    async def again(self, kept: FailedMessage, *, by: str = "") -> Replayed:
        """Process what was taken; where that fails, the callback stays and the error is named."""
        delivery = Delivery(kept.app, kept.body, kept.signature, kept.timestamp, kept.nonce)
        try:
            outcome = await self._reception.replay(delivery)
        except Exception as error:  # noqa: BLE001 - any error at all is kept with the callback
            name = type(error).__name__
            await self._failed.fail_again(kept.id, name, by=by)
            return Replayed(kept.id, error=name)
        await self._failed.settle(kept.id, by=by)
        return Replayed(kept.id, outcome=str(outcome))
