"""Several findings decided in one transaction, one after the other."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from moderator.domain.decision import (
    ActionKind,
    Circumstances,
    Decision,
    PlannedAction,
    Standing,
    Strike,
)
from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.domain.people import Entry
from moderator.ledger.database.engine import Prepared, Row, Transaction
from moderator.ledger.directory import people
from moderator.ledger.recording.caps import DailyCaps
from moderator.ledger.standing import standings
from moderator.policy.ladder import decide
from moderator.policy.policy import Policy

# What deciding takes but for the standings ($1: the corp, $2: the userids in lower case, $3: the
# keys).  The identities are in the order of the decisions: it is that in which they are weighed
# again.
DOCKET: Final = f"""
    ARRAY(SELECT message_key FROM violations WHERE message_key = ANY($3)) AS present,
    ARRAY(SELECT nextval(pg_get_serial_sequence('violations', 'id'))
            FROM generate_series(1, cardinality($3::text[]))) AS ids,
    ARRAY(SELECT rule FROM alarms WHERE cleared_at IS NULL ORDER BY id) AS held,
    ARRAY(SELECT raised_at FROM alarms WHERE cleared_at IS NULL ORDER BY id) AS held_since,
    {people.SEEN}
"""  # noqa: S608 - of our own
_READ: Final = Prepared(f"SELECT {DOCKET}", ("corp", "userids", "keys"), {})


@dataclass(frozen=True, slots=True)
class Case:
    """A finding to be decided by `policy`.

    `values` of its row do not depend on the decision; `evidence` is sealed.
    """

    message: Message
    finding: Finding
    policy: Policy
    now: datetime
    values: Mapping[str, Any]
    evidence: bytes


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a case: the id that its violation will have, and whose it is by now."""

    id: int
    case: Case
    sender: str
    entry: Entry
    decision: Decision


@dataclass(slots=True)
class Docket:
    """What was read for some cases; all of one corp and one policy.

    Each decision sees the ones before it: a person's second message is their second offence.
    """

    caps: DailyCaps
    present: set[str]
    ids: Iterator[int]
    standings: dict[str, Standing]
    people: Mapping[str, people.Known]
    held: Mapping[str, datetime]
    always: Sequence[PlannedAction]

    async def decide(self, case: Case) -> Decided | None:
        """None where the message is in the ledger already."""
        if case.message.key in self.present:
            return None
        self.present.add(case.message.key)
        sender = self._present_userid(case.message.sender)
        entry = self._entry(sender)
        decision = _with(await self._decision(case, sender, entry), self.always)
        self.caps.add(decision.actions, case.now)
        decided = Decided(next(self.ids), case, sender, entry, decision)
        self._strike(decided)
        return decided

    async def _decision(self, case: Case, sender: str, entry: Entry) -> Decision:
        """Decide; once more with today's counts, under a lock, if a capped action came of it."""
        known = _circumstances(case.message, sender, entry)

        def decided(used_today: Mapping[ActionKind, int]) -> Decision:
            return decide(
                case.finding,
                self.standings[sender],
                case.policy,
                clauses_of_rule=case.policy.rule_clauses.get(case.finding.gravest.rule, ()),
                now=case.now,
                used_today=used_today,
                known=known,
                held_rules=self.held,
            )

        decision = decided({})
        if self.caps.concern(decision.actions):
            return decided(await self.caps.used(case.now))
        return decision

    def _strike(self, decided: Decided) -> None:
        if decided.decision.exempted is not None:
            return
        standing = self.standings[decided.sender]
        strikes = standings.newest((*standing.strikes, _strike(decided)))
        self.standings[decided.sender] = replace(standing, strikes=tuple(strikes))

    def _present_userid(self, sender: str) -> str:
        known = self.people.get(sender.lower())
        return known.renamed_to if known and known.renamed_to else sender

    def _entry(self, sender: str) -> Entry:
        known = self.people.get(sender.lower())
        return known.entry if known else Entry()


async def docket_of(
    transaction: Transaction, cases: Sequence[Case], always: Sequence[PlannedAction]
) -> Docket:
    """Lock the standings of all senders, and read under these locks what deciding takes.

    What was delivered twice has the same sender: under the lock it is certain whether a message is
    in the ledger already.
    """
    corp = cases[0].message.corp
    locked = await standings.lock_all(transaction, corp, {case.message.sender for case in cases})
    (read,) = await transaction.rows(
        _READ,
        corp=corp,
        userids=people.lowered(locked),
        keys=sorted({case.message.key for case in cases}),
    )
    known = people.known_in(read)
    await _lock_renamed(transaction, corp, locked, known)
    caps = DailyCaps(transaction, cases[0].policy.caps)
    return docket_from(read, caps, standings=locked, known=known, always=always)


def docket_from(
    read: Row,
    caps: DailyCaps,
    *,
    standings: dict[str, Standing],
    known: Mapping[str, people.Known],
    always: Sequence[PlannedAction],
) -> Docket:
    """From a row of what `DOCKET` selects."""
    return Docket(
        caps=caps,
        present=set(read["present"]),
        ids=iter(sorted(read["ids"])),
        standings=standings,
        people=known,
        held=dict(zip(read["held"], read["held_since"], strict=True)),
        always=always,
    )


async def _lock_renamed(
    transaction: Transaction,
    corp: str,
    locked: dict[str, Standing],
    known: dict[str, people.Known],
) -> None:
    """Lock the senders also under the userids that they have by now.

    Whether a sender has another is certain only under the lock: whoever renames them takes the same
    one first.  The second round of locks could close a circle with another process; PostgreSQL ends
    that.
    """
    late = {one.renamed_to for one in known.values() if one.renamed_to} - locked.keys()
    if late:
        locked |= await standings.lock_all(transaction, corp, late)
        known |= await people.known_all(transaction, corp, late)


def _circumstances(message: Message, sender: str, entry: Entry) -> Circumstances:
    return Circumstances(
        sender=sender,
        chat=message.chat,
        sent_at=message.sent_at,
        departments=frozenset(entry.departments) if entry.departments else None,
    )


def _with(decision: Decision, always: Sequence[PlannedAction]) -> Decision:
    planned = {action.kind for action in decision.actions}
    more = (action for action in always if action.kind not in planned)
    return replace(decision, actions=(*decision.actions, *more))


def _strike(decided: Decided) -> Strike:
    return Strike(
        violation=str(decided.id),
        category=decided.decision.category,
        severity=decided.decision.severity,
        at=decided.case.message.sent_at,
        units=decided.decision.units.given,
    )
