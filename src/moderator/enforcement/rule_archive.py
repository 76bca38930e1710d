"""Keeps every version of every rule that was in use, off the serving path."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import structlog

from moderator.enforcement.rounds import Rounds
from moderator.errors import LedgerError
from moderator.ledger.audit import Deed
from moderator.ledger.evidence.rule_versions import RuleVersions
from moderator.policy.canonical import canonical
from moderator.rulebook.book import Rulebook

_SERVICE: Final = "service"


class RuleArchive:
    """Follows the rulebook in use; a ledger that is away is tried again later."""

    def __init__(
        self,
        versions: RuleVersions,
        *,
        book: Callable[[], Rulebook],
        clock: Callable[[], datetime],
        every: timedelta = timedelta(seconds=30),
    ) -> None:
        self._versions = versions
        self._book = book
        self._clock = clock
        self._kept = ""  # the hash of the newest book that is in the archive
        self._rounds = Rounds(every)
        self._log = structlog.get_logger("moderator.rules")

    async def run(self) -> None:
        """Look every few seconds whether there is another book, until `stop`."""
        while not self._rounds.stopped:
            await self._keep()
            await self._rounds.wait()

    def stop(self) -> None:
        self._rounds.stop()

    async def _keep(self) -> None:
        book = self._book()
        if book.hash == self._kept:
            return
        try:
            new = await self._versions.keep(book.rules, now=self._clock())
            for deed in _deeds(book):
                await self._versions.tell(deed, now=self._clock())
        except LedgerError as error:
            self._log.warning("could not keep the rules", exc_info=error)
            return
        self._kept = book.hash
        self._log.info("kept the rules", rulebook=book.hash, versions=new)


def _deeds(book: Rulebook) -> Iterable[Deed]:
    """That these rules and this policy are in use; told once of each."""
    policy = sha256(canonical(book.policy).encode()).hexdigest()
    rules = {"rules": len(book.rules)}
    yield Deed(
        actor=_SERVICE, action="rules.changed", subject=f"rulebook/{book.hash}", detail=rules
    )
    yield Deed(actor=_SERVICE, action="policy.changed", subject=f"policy/{policy}")
