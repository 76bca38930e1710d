"""Bulk jobs as values: what is ordered, for which violations, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from moderator.domain.access import Actor
from moderator.ledger.desk.selections import filter_told
from moderator.ledger.records import ViolationFilter


class JobKind(StrEnum):
    """What is done with every violation of a job."""

    CONFIRM = "confirm"
    DISMISS = "dismiss"
    REOPEN = "reopen"
    ASSIGN = "assign"
    UNDO = "undo"


class JobState(StrEnum):
    """How far a job is."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


class ItemState(StrEnum):
    """What became of one violation of a job."""

    PENDING = "pending"
    DONE = "done"  # also where there was nothing to do
    CHANGED = "changed"  # somebody changed the record after the job began: it was left alone
    REFUSED = "refused"  # who began the job may not do this any more
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Order:
    """What to do, why, and, for an assignment, to whom."""

    kind: JobKind
    reason: str = ""
    whom: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Violations by their ids, each with the version it was read at or None; or by a filter."""

    ids: Mapping[int, int | None] = field(default_factory=dict)
    wanted: ViolationFilter | None = None

    def as_json(self) -> dict[str, Any]:
        """What to show of it; a list of ids is shown by its items."""
        return {"filter": filter_told(self.wanted)} if self.wanted else {"ids": len(self.ids)}

    def bounded(self, actor: Actor) -> ViolationFilter:
        """The filter, as far as the actor may see."""
        return replace(self.wanted or ViolationFilter(), bound=actor.departments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job and its progress: `counts` adds up to `total`."""

    id: int
    kind: JobKind
    actor: str
    reason: str
    whom: str
    chosen: Mapping[str, Any]
    state: JobState
    total: int
    counts: Mapping[ItemState, int]
    undoes: int | None
    created_at: datetime
    ended_at: datetime | None
    cancelled_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One violation of a job; `decision` is the one that the job made."""

    violation_id: int
    version: int
    state: ItemState
    outcome: str
    decision: int | None
    at: datetime | None
