"""Everything about one violation in one file that an outsider can verify: the evidence pack."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO, Any, Final, Literal

from sqlalchemy import any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import BigInteger

from moderator.domain.access import Actor
from moderator.errors import UnmaskingNeeded
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Row, Transaction
from moderator.ledger.evidence.legal_holds import holds_over
from moderator.ledger.evidence.pack_writing import PackWriter
from moderator.ledger.evidence.rule_versions import contents_of
from moderator.ledger.evidence.signing import Signer
from moderator.ledger.evidence.unmasking import reads_now
from moderator.ledger.reading.violations import Violations
from moderator.ledger.records import ViolationRecord
from moderator.ledger.schema.desk import decisions
from moderator.ledger.schema.evidence import sent_notices
from moderator.ledger.schema.tables import audit_log, policies

_PAGE: Final = 1000
_APART: Final = ("fields", "hits", "clauses", "actions")  # of a record: they have their own files


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that was written: the violation, and the last row of the audit log that is in it."""

    violation_id: int
    audit_row: int


class Packs:
    """Makes packs for whoever may read what is in them; each is audited before it is made."""

    def __init__(
        self,
        engine: Engine,
        violations: Violations,
        signer: Signer,
        *,
        persons: Literal[1, 2] = 1,
    ) -> None:
        """With 2 `persons` whoever makes a pack needs an unmasking that somebody granted."""
        self._engine = engine
        self._violations = violations
        self._signer = signer
        self._persons = persons

    async def write(
        self,
        violation_id: int,
        actor: Actor,
        target: IO[bytes],
        *,
        reason: str,
        now: datetime | None = None,
    ) -> Pack:
        """Write the pack into `target`.  Raises `NotFound` and `UnmaskingNeeded`."""
        at = (now or datetime.now(UTC)).astimezone(UTC)
        await self._violations.one(violation_id, bound=actor.departments)
        numbers = await self._announced(violation_id, actor, reason, at)
        violation = await self._violations.one(violation_id, unmasked=True)
        told = {"violation": violation_id, "at": at.isoformat(), "by": actor.name, "reason": reason}
        pack = PackWriter(target, at=at)
        pack.explain(**told)
        async with self._engine.begin() as transaction:
            for name, content in (await _contents(transaction, violation, numbers)).items():
                pack.put(name, content)
            before = await _hash_before(transaction, numbers[0])
        await pack.put_audit(self._chain(numbers))
        last = await self._row(numbers[-1])
        chain = {"first": numbers[0], "previous": before, "last": last["number"]}
        pack.finish(self._signer, told | {"audit": chain | {"head": bytes(last["hash"]).hex()}})
        return Pack(violation_id, numbers[-1])

    async def _announced(
        self, violation_id: int, actor: Actor, reason: str, at: datetime
    ) -> Sequence[int]:
        """The numbers of the audit rows about this case; the newest says that a pack is made."""
        subject = f"violation/{violation_id}"
        deed = Deed(
            actor=actor.name, action="evidence.packed", subject=subject, detail={"reason": reason}
        )
        async with self._engine.begin() as transaction:
            granted = await reads_now(transaction, violation_id, actor, at)
            if self._persons == 2 and granted is None:
                raise UnmaskingNeeded(subject)
            await audit.write(transaction, deed, at=at)
            rows = await transaction.rows(_about(violation_id))
        return [row["number"] for row in rows]

    async def _chain(self, numbers: Sequence[int]) -> AsyncIterator[Mapping[str, Any]]:
        """All rows from the first to the last of `numbers`, the others without their words."""
        told, at = set(numbers), numbers[0] - 1
        while at < numbers[-1]:
            wanted = (
                select(audit_log)
                .where(audit_log.c.number > at, audit_log.c.number <= numbers[-1])
                .order_by(audit_log.c.number)
                .limit(_PAGE)
            )
            async with self._engine.begin() as transaction:
                rows = await transaction.rows(wanted)
            for row in rows:
                yield _told(row) if row["number"] in told else _bare(row)
            at = rows[-1]["number"] if rows else numbers[-1]

    async def _row(self, number: int) -> Row:
        async with self._engine.begin() as transaction:
            (row,) = await transaction.rows(select(audit_log).where(audit_log.c.number == number))
        return row


async def _contents(
    transaction: Transaction, violation: ViolationRecord, numbers: Sequence[int]
) -> Mapping[str, Any]:
    case = {name: value for name, value in asdict(violation).items() if name not in _APART}
    return {
        "case.json": case,
        "message.json": _message(violation),
        "rules.json": await _rules(transaction, violation),
        "policy.json": await _policy(transaction, violation),
        "decisions.json": await _decisions(transaction, violation.id),
        "notices.json": await _notices(transaction, violation),
        "viewers.json": await _viewers(transaction, numbers),
        "holds.json": list(await holds_over(transaction, violation.id)),
    }


def _message(violation: ViolationRecord) -> Mapping[str, Any]:
    texts = {field.name: field.text for field in reversed(violation.fields)}
    hits = [
        asdict(hit) | {"text": texts.get(hit.field, "")[hit.start : hit.end]}
        for hit in violation.hits
    ]
    return {
        "evidence": violation.evidence,
        "texts": violation.fields,
        "hits": hits,
        "hits_omitted": violation.hits_omitted,
        "positions": "start and end are code points of the text of that field; end is exclusive",
    }


async def _rules(transaction: Transaction, violation: ViolationRecord) -> Sequence[Any]:
    versions = {(hit.rule, hit.version) for hit in violation.hits}
    kept = await contents_of(transaction, versions)
    return [
        {"rule": rule, "version": version, "content": kept.get((rule, version))}
        for rule, version in sorted(versions)
    ]


async def _policy(transaction: Transaction, violation: ViolationRecord) -> Mapping[str, Any]:
    wanted = select(policies.c.content).where(policies.c.digest == violation.policy)
    row = await transaction.row(wanted)
    return {
        "digest": violation.policy,
        "content": row["content"] if row else None,
        "clauses": violation.clauses,
    }


async def _decisions(transaction: Transaction, violation_id: int) -> Sequence[Any]:
    wanted = select(decisions).where(decisions.c.violation_id == violation_id)
    return [dict(row) for row in await transaction.rows(wanted.order_by(decisions.c.id))]


async def _notices(transaction: Transaction, violation: ViolationRecord) -> Sequence[Any]:
    ids = literal([action.id for action in violation.actions], ARRAY(BigInteger))
    wanted = select(sent_notices).where(sent_notices.c.action_id == any_(ids))
    sent: dict[int, list[Any]] = {}
    for row in await transaction.rows(wanted.order_by(sent_notices.c.id)):
        told = {name: row[name] for name in ("at", "receivers", "content")}
        sent.setdefault(row["action_id"], []).append(told)
    return [asdict(action) | {"sent": sent.get(action.id, [])} for action in violation.actions]


async def _viewers(transaction: Transaction, numbers: Sequence[int]) -> Sequence[Any]:
    ours = audit_log.c.number == any_(literal(list(numbers), ARRAY(BigInteger)))
    rows = await transaction.rows(select(audit_log).where(ours).order_by(audit_log.c.number))
    kept = ("number", "at", "actor", "action", "detail")
    told = [_told(row) for row in rows if row["action"].startswith("evidence.")]
    return [{name: row[name] for name in kept} for row in told]


def _about(violation_id: int) -> Any:
    """What concerns the case: what names it, and the erasure that has many in one row."""
    erased = (audit_log.c.action == "evidence.erased") & audit_log.c.detail.contains(
        literal({"violations": [violation_id]}, JSONB)
    )
    return (
        select(audit_log.c.number)
        .where(or_(audit_log.c.subject == f"violation/{violation_id}", erased))
        .order_by(audit_log.c.number)
    )


async def _hash_before(transaction: Transaction, number: int) -> str:
    (row,) = await transaction.rows(
        select(audit_log.c.previous).where(audit_log.c.number == number)
    )
    return bytes(row["previous"]).hex()


def _bare(row: Row) -> Mapping[str, Any]:
    return {"number": row["number"], "hash": bytes(row["hash"]).hex()}


def _told(row: Row) -> Mapping[str, Any]:
    words = {name: row[name] for name in ("actor", "action", "subject", "detail")}
    return {**_bare(row), "at": row["at"].astimezone(UTC).isoformat(), **words}
