"""Who, where and what the company spares the consequences for a time."""

from collections.abc import Iterable
from datetime import datetime

from moderator.domain.decision import Circumstances, Exempted
from moderator.domain.finding import Hit
from moderator.policy.hours import end_of, local_date
from moderator.policy.policy import Exemption


def exempted(
    exemptions: Iterable[Exemption], hit: Hit, known: Circumstances, now: datetime
) -> tuple[Exempted | None, tuple[str, ...]]:
    """The first exemption that fits, and the ids of those that cannot be told.

    One for departments cannot be told while the sender's departments are not known; it spares
    nobody then.
    """
    undecided = []
    for exemption in exemptions:
        if not _fits(exemption, hit, known, known.sent_at or now):
            continue
        if exemption.departments and known.departments is None:
            undecided.append(exemption.id)
        elif not exemption.departments or exemption.departments & (known.departments or set()):
            return Exempted(id=exemption.id, reason=exemption.reason), ()
    return None, tuple(undecided)


def running(exemption: Exemption, at: datetime) -> bool:
    """Whether its dates include that moment, whatever its hours."""
    today = local_date(at, exemption.timezone)
    return (exemption.since is None or exemption.since <= today) and today <= exemption.until


def _fits(exemption: Exemption, hit: Hit, known: Circumstances, at: datetime) -> bool:
    """All but the departments."""
    return (
        _one_of(exemption.people, known.sender)
        and _one_of(exemption.chats, known.chat)
        and _one_of(exemption.rules, hit.rule)
        and _one_of(exemption.categories, hit.category)
        and running(exemption, at)
        and (exemption.hours is None or end_of(exemption.hours, at) is not None)
    )


def _one_of(named: frozenset[str], value: str) -> bool:
    return not named or value in named
