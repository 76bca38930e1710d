"""Where a person can go, by what they may do."""

from dataclasses import dataclass
from typing import Final

from moderator.domain.access import Actor, Right


@dataclass(frozen=True, slots=True)
class Place:
    """A page of the menu; its name is the message `nav.KEY`, its sign the symbol KEY."""

    key: str
    path: str
    right: Right
    also: tuple[str, ...] = ()  # where pages that belong to it begin

    def holds(self, path: str) -> bool:
        """Whether the page at `path` belongs here."""
        return path.startswith((self.path, *self.also))


PLACES: Final = (
    Place("today", "/console/today", Right.SEE),
    Place(
        "queue",
        "/console/queue",
        Right.SEE,
        ("/console/cases", "/console/jobs", "/console/unmaskings"),
    ),
    Place("people", "/console/people", Right.SEE, ("/console/chats",)),
    Place("rules", "/console/rules", Right.SEE),
    Place("statistics", "/console/statistics", Right.SEE),
    Place("outbox", "/console/outbox", Right.SEE_OUTBOX, ("/console/failed",)),
    Place("audit", "/console/audit", Right.SEE_AUDIT),
    Place("holds", "/console/holds", Right.SEE_AUDIT),
    Place("health", "/console/health", Right.OPERATE),
    Place("access", "/console/access", Right.ADMINISTER),
)


def places_of(actor: Actor) -> tuple[Place, ...]:
    """What the menu shows to this person."""
    return tuple(place for place in PLACES if actor.may(place.right))
