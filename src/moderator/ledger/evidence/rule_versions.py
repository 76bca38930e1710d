"""What rules said at each version: a violation names one, and people ask later what it was."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from moderator.domain.rule import Rule
from moderator.ledger import audit
from moderator.ledger.audit import Deed
from moderator.ledger.database.engine import Engine, Prepared, Transaction
from moderator.policy.canonical import pieces

Version = tuple[str, str]  # id and version of a rule

_KNOWN: Final = Prepared(
    """
    SELECT rule, version FROM rule_versions
     WHERE (rule, version) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    """,
    ("rules", "versions"),
    {},
)
_KEEP: Final = Prepared(
    """
    INSERT INTO rule_versions (rule, version, content, kept_at)
    VALUES ($1, $2, $3::text::jsonb, $4)
    ON CONFLICT DO NOTHING
    """,
    ("rule", "version", "content", "at"),
    {},
)
_CONTENTS: Final = Prepared(
    """
    SELECT rule, version, content FROM rule_versions
     WHERE (rule, version) IN (SELECT * FROM unnest($1::text[], $2::text[]))
    """,
    ("rules", "versions"),
    {},
)
# One process at a time: all of them begin with the same rules.
_TELL: Final = Prepared("SELECT pg_advisory_xact_lock($1)", ("lock",), {"lock": 0x6D6F6472})
_TOLD: Final = Prepared(
    "SELECT subject FROM audit_log WHERE subject = $1 LIMIT 1", ("subject",), {}
)


class RuleVersions:
    """Keeps each version of each rule once."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def keep(self, rules: Iterable[Rule], *, now: datetime) -> int:
        """How many versions were new; raises `LedgerError`."""
        wanted = {(rule.id, rule.version): rule for rule in rules}
        async with self._engine.begin() as transaction:
            rows = await transaction.rows(_KNOWN, **_columns(wanted))
            known = {(row["rule"], row["version"]) for row in rows}
            new = {version: rule for version, rule in wanted.items() if version not in known}
            for id_, version in sorted(new):  # in one order: two processes may keep the same book
                # A rule can have 60,000 words, 14 MB: half a second for which nobody is answered.
                content = await asyncio.to_thread(_content, new[id_, version])
                await transaction.rows(_KEEP, rule=id_, version=version, content=content, at=now)
        return len(new)

    async def tell(self, deed: Deed, *, now: datetime) -> None:
        """Have the audit log tell of it, unless it has told of the same subject before."""
        async with self._engine.begin() as transaction:
            await transaction.rows(_TELL)
            if not await transaction.rows(_TOLD, subject=deed.subject):
                await audit.write(transaction, deed, at=now)


async def contents_of(
    transaction: Transaction, wanted: Iterable[Version]
) -> Mapping[Version, Mapping[str, Any]]:
    """What is kept of these versions."""
    rows = await transaction.rows(_CONTENTS, **_columns(wanted))
    return {(row["rule"], row["version"]): row["content"] for row in rows}


def _content(rule: Rule) -> str:
    return "".join(pieces(replace(rule, source="")))


def _columns(wanted: Iterable[Version]) -> dict[str, list[str]]:
    pairs = sorted(wanted)
    return {"rules": [id_ for id_, _ in pairs], "versions": [version for _, version in pairs]}
