"""From findings to violations, their actions and the senders' new standing, in groups.

Whoever comes while a group is being written is written with the next one: one commit for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import func, select

from moderator.domain.decision import ActionKind, ActionState, Decision, PlannedAction
from moderator.domain.finding import Finding
from moderator.domain.message import Message
from moderator.errors import LedgerError, LedgerUnavailable, SchemaMismatch
from moderator.ledger.database.batching import Batches
from moderator.ledger.database.engine import ANSWER_DUE, Engine, done_within, prepare
from moderator.ledger.database.line import Line
from moderator.ledger.evidence.retention import Terms
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter, Redacted, redact
from moderator.ledger.recording import inserting, optimistic
from moderator.ledger.recording.deciding import Case, Decided, docket_of
from moderator.ledger.recording.optimistic import Late
from moderator.ledger.rows import evidence_as_json, hit_as_json
from moderator.ledger.standing.policies import PolicyArchive
from moderator.policy.policy import Policy

MOST: Final = 100  # of one group: more would save little and hold the senders' locks longer
NOTIFY: Final = prepare(select(func.pg_notify(inserting.CHANNEL, "")))
AWAY: Final = (LedgerUnavailable, SchemaMismatch)  # neither ends with anything of ours changed


@dataclass(frozen=True, slots=True)
class Recorded:
    """A violation that is now in the ledger."""

    violation_id: int
    decision: Decision


Answer = Recorded | None | Exception


class _Overtaken(LedgerError):
    """A message that was not in the ledger a moment ago is there now."""


class Recorder:
    """Writes violations."""

    def __init__(
        self,
        engine: Engine,
        cipher: EvidenceCipher,
        fingerprinter: Fingerprinter,
        *,
        keep: Terms | timedelta,
        within: timedelta = ANSWER_DUE,
        always: Sequence[ActionKind] = (),
        most: int = MOST,
        optimistic: bool = True,
    ) -> None:
        """`keep` is how long after it was sent the text of a message stays readable.

        `always` follows every violation, whatever the policy says.
        A record that is not committed `within` that time is given up.  `most` bounds a group.
        Unless `optimistic`, every group locks before it reads.
        """
        self._engine = engine
        self._line = Line(engine) if optimistic else None
        self._cipher = cipher
        self._fingerprinter = fingerprinter
        self._terms = keep if isinstance(keep, Terms) else Terms(keep)
        self._within = within
        self._always = tuple(
            PlannedAction(kind=kind, state=ActionState.QUEUED, reason="every violation")
            for kind in always
        )
        self._archive = PolicyArchive()
        self._batches: Batches[Case, Recorded | None] = Batches(self._write, most=most)

    async def record(
        self, message: Message, finding: Finding, *, policy: Policy, rulebook: str, now: datetime
    ) -> Recorded | None:
        """Decide and commit; None when this message is in the ledger already.

        Two messages by one person are decided one after the other, whichever process received
        them.  Raises `LedgerUnavailable`; then the message may be recorded again: if its group was
        committed after all, it is in the ledger already.
        """
        case = self.case(message, finding, policy=policy, rulebook=rulebook, now=now)
        async with done_within(self._within):
            return await self._batches.submit(case)

    async def record_all(self, cases: Sequence[Case], *, within: timedelta) -> list[Answer]:
        """Record in this order; an exception in the place of what could not be recorded.

        After the first `LedgerUnavailable` or `SchemaMismatch` nothing more is begun: what was not
        recorded by then has the same.
        """
        answers: list[Answer] = []
        # What another policy decides, or concerns another company, has a transaction of its own.
        for _, group in groupby(cases, key=lambda case: (id(case.policy), case.message.corp)):
            answers += await self._together(list(group), within)
            if away := [answer for answer in answers if isinstance(answer, AWAY)]:
                return answers + away[:1] * (len(cases) - len(answers))
        return answers

    def case(
        self, message: Message, finding: Finding, *, policy: Policy, rulebook: str, now: datetime
    ) -> Case:
        """Redact and encrypt; what a message breaks here concerns no other."""
        redacted = redact(message, finding.hits)
        sealed = self._cipher.seal(evidence_as_json(redacted), bound_to=message.key)
        values = self._values(message, finding, redacted, rulebook, now)
        values["evidence_key"] = sealed.key_id
        return Case(message, finding, policy, now, values, sealed.blob)

    async def _write(self, cases: Sequence[Case]) -> list[Answer]:
        return await self.record_all(cases, within=self._within)

    async def _together(self, cases: Sequence[Case], within: timedelta) -> list[Answer]:
        answers = await self._unlocked(cases, within)
        late = [case for case, one in zip(cases, answers, strict=True) if isinstance(one, Late)]
        again = iter(await self._locked(late, within) if late else ())
        return [next(again) if isinstance(one, Late) else one for one in answers]

    async def _unlocked(self, cases: Sequence[Case], within: timedelta) -> Sequence[Answer | Late]:
        """Late is what is to be tried under locks."""
        digest = self._archive.digest(cases[0].policy)
        if self._line is None or not digest:
            return [Late.LATE] * len(cases)
        try:
            async with done_within(within):
                found = await optimistic.record(self._line, cases, self._always, policy=digest)
        except AWAY as error:
            return [error] * len(cases)
        except Exception:  # noqa: BLE001 - whatever it was, it is met again under locks, and told
            return [Late.LATE] * len(cases)
        return [one if isinstance(one, Late) else _recorded(one) for one in found]

    async def _locked(self, cases: Sequence[Case], within: timedelta) -> list[Answer]:
        try:
            return [*await self._committed(cases, within)]
        except _Overtaken:
            return [None] if len(cases) == 1 else await self._one_by_one(cases, within)
        except AWAY as error:
            return [error] * len(cases)
        except Exception as error:  # noqa: BLE001 - whichever of them broke it must not spoil the others
            return [error] if len(cases) == 1 else await self._one_by_one(cases, within)

    async def _one_by_one(self, cases: Sequence[Case], within: timedelta) -> list[Answer]:
        answers: list[Answer] = []
        for case in cases:
            away = answers and isinstance(answers[-1], AWAY)
            answers += answers[-1:] if away else await self._locked([case], within)
        return answers

    async def _committed(
        self, cases: Sequence[Case], within: timedelta
    ) -> Sequence[Recorded | None]:
        policy, now = cases[0].policy, cases[-1].now
        async with self._engine.begin(within=within) as transaction:
            # Before any lock is held: two that keep the same policy wait for each other here.
            digest = await self._archive.keep(transaction, policy, now=now)
            docket = await docket_of(transaction, cases, self._always)
            decided = [await docket.decide(case) for case in cases]
            if new := [one for one in decided if one is not None]:
                written = await inserting.write(
                    transaction, new, docket.standings, policy=digest, now=now
                )
                if written < len(new):
                    raise _Overtaken
        self._archive.kept(policy, digest)
        return [_recorded(one) for one in decided]

    def _values(
        self, message: Message, finding: Finding, redacted: Redacted, rulebook: str, now: datetime
    ) -> dict[str, Any]:
        term = self._terms.term(finding.gravest.category)
        hits = [hit_as_json(placed, self._fingerprinter) for placed in redacted.hits]
        return {
            "message_key": message.key,
            "corp": message.corp,
            "app": message.app,
            "source": message.source.value,
            "message_id": message.message_id,
            "kind": message.kind,
            "chat": message.chat,
            "sent_at": message.sent_at.isoformat(),
            "recorded_at": now.isoformat(),
            "rule": finding.gravest.rule,
            "rules": list(dict.fromkeys(hit.rule for hit in finding.hits)),
            "fingerprints": [hit["fingerprint"] for hit in hits if hit["masked"]],
            "hits": hits,
            "hits_omitted": redacted.omitted,
            "rulebook": rulebook,
            "evidence_expires_at": (message.sent_at + term).isoformat(),
        }


def _recorded(decided: Decided | None) -> Recorded | None:
    return Recorded(decided.id, decided.decision) if decided else None
