"""The policies that decided: a violation can be weighed again by the one of its own time."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from hashlib import sha256

from pydantic import TypeAdapter
from sqlalchemy import any_, bindparam, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import Text

from moderator.ledger.database.engine import Row, Transaction, prepare
from moderator.ledger.schema.tables import policies
from moderator.policy.canonical import canonical
from moderator.policy.policy import Policy

_KEEP = prepare(
    insert(policies)
    .values({name: bindparam(name) for name in ("digest", "content", "kept_at")})
    .on_conflict_do_nothing()
)


class PolicyArchive:
    """Keeps each policy once; one process asks the database about each only once."""

    def __init__(self) -> None:
        self._kept: tuple[Policy, str] | None = None

    def digest(self, policy: Policy) -> str:
        """The digest under which the policy is known to be kept, or nothing."""
        return self._kept[1] if self._kept and self._kept[0] is policy else ""

    async def keep(self, transaction: Transaction, policy: Policy, *, now: datetime) -> str:
        """The digest under which the policy is kept; call `kept` once that is committed."""
        if digest := self.digest(policy):
            return digest
        content = canonical(_deciding(policy))
        digest = sha256(content.encode()).hexdigest()
        await transaction.rows(_KEEP, digest=digest, content=json.loads(content), kept_at=now)
        return digest

    def kept(self, policy: Policy, digest: str) -> None:
        self._kept = (policy, digest)


async def policies_of(transaction: Transaction, digests: Collection[str]) -> Mapping[str, Policy]:
    """The policies of these digests, as far as they are kept."""
    wanted = policies.c.digest == any_(literal(sorted(digests), ARRAY(Text)))
    return _by_digest(await transaction.rows(select(policies).where(wanted)))


async def all_policies(transaction: Transaction) -> Mapping[str, Policy]:
    """Every policy that ever decided."""
    return _by_digest(await transaction.rows(select(policies)))


def _by_digest(rows: Iterable[Row]) -> Mapping[str, Policy]:
    return {row["digest"]: _adapter().validate_python(row["content"]) for row in rows}


@cache
def _adapter() -> TypeAdapter[Policy]:
    """Takes ten milliseconds to build: longer than everything else that a decision does."""
    return TypeAdapter(Policy)


def _deciding(policy: Policy) -> Policy:
    """Without the clauses: a violation keeps the text of its own."""
    return replace(policy, clauses={}, rule_clauses={})
