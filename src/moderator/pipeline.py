"""The whole story of one message."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.ledger.recording.keeping import Keeper, Spooled
from moderator.ledger.recording.recorder import Recorded
from moderator.matching.conversation import Conversation
from moderator.rulebook.book import Rulebook


class Outcome(StrEnum):
    """How a message ends; none ends otherwise."""

    CLEAN = "clean"
    VIOLATION = "violation"
    SPOOLED = "spooled"  # a violation that waits on this machine until PostgreSQL is back
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    APPLIED = "applied"  # a change of the company's directory, now known
    FAILED = "failed"  # kept for replay
    UNKEPT = "unkept"  # could not be kept; answered 503, so that WeCom may deliver it again


@dataclass(frozen=True, slots=True)
class Moderated:
    """What became of a message: `finding` where something was found, `recorded` where it is new."""

    outcome: Outcome
    finding: Finding | None = None
    recorded: Recorded | None = None


_CLEAN: Final = Moderated(Outcome.CLEAN)

Look = Callable[[Message, Rulebook, Conversation], Finding | None]


class Pipeline:
    """Screens messages and records what is found.  A clean message touches no database."""

    def __init__(
        self,
        *,
        book: Callable[[], Rulebook],
        conversation: Conversation,
        keeper: Keeper,
        clock: Callable[[], datetime],
        look: Look | None = None,
    ) -> None:
        """`look` finds what is to be found; left out: `find`."""
        self._look = look or find
        self._book = book
        self._conversation = conversation
        self._keeper = keeper
        self._clock = clock

    def moderate(self, message: Message) -> Moderated | Awaitable[Moderated]:
        """What became of a message: at once, or to be awaited where there is something to keep.

        Once it is there, everything that must be kept is safe; awaiting raises `LedgerError`.
        """
        book = self._book()
        finding = self._look(message, book, self._conversation)
        return _CLEAN if finding is None else self.record(message, finding, book)

    async def record(self, message: Message, finding: Finding, book: Rulebook) -> Moderated:
        recorded = await self._keeper.record(
            message, finding, policy=book.policy, rulebook=book.hash, now=self._clock()
        )
        if isinstance(recorded, Spooled):
            return Moderated(Outcome.SPOOLED, finding)
        outcome = Outcome.VIOLATION if recorded else Outcome.DUPLICATE
        return Moderated(outcome, finding, recorded)


def find(message: Message, book: Rulebook, conversation: Conversation) -> Finding | None:
    """Screen every text of a message, by itself and together with what its sender said before."""
    hits = [
        replace(hit, field=field.name)
        for field in message.fields
        for hit in book.screen.screen(field.text)
    ]
    hits += conversation.hits(message, hits, screen=book.screen, flooding=book.flooding)
    return Finding.of(hits) if hits else None
