"""Several findings decided without locks, and written only where nothing has moved meanwhile.

Two statements instead of a transaction of five round trips: what deciding takes is read; what was
decided is written where the senders' standings are still those that were read.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Final

from moderator.domain.decision import PlannedAction, Standing
from moderator.ledger.database.engine import Prepared
from moderator.ledger.database.line import Line
from moderator.ledger.directory import people
from moderator.ledger.recording import inserting
from moderator.ledger.recording.caps import DailyCaps, NeedsLocks
from moderator.ledger.recording.deciding import DOCKET, Case, Decided, Docket, docket_from
from moderator.ledger.standing import standings

_READ: Final = Prepared(
    f"""
    SELECT {DOCKET},
           (SELECT coalesce(jsonb_agg(jsonb_build_object(
                     'sender', sender, 'strikes', strikes, 'merits', merits, 'version', xmin::text
                   )), '[]')
              FROM standings WHERE corp = $1 AND sender = ANY($4)) AS standings
    """,  # noqa: S608 - of our own
    ("corp", "userids", "keys", "senders"),
    {},
)


class Late(Enum):
    """In the place of what somebody else has moved meanwhile: nothing was written of its sender."""

    LATE = "late"


async def record(
    line: Line, cases: Sequence[Case], always: Sequence[PlannedAction], *, policy: str
) -> Sequence[Decided | Late | None]:
    """Decide and commit, all but what is late; None where a message is in the ledger already.

    Raises `NeedsLocks`; then nothing was written.  `policy` as in `inserting.write`.
    """
    docket, versions = await _docket(line, cases, always)
    decided = [await docket.decide(case) for case in cases]
    new = [one for one in decided if one is not None]
    if not new:
        return decided
    written = await inserting.write_unmoved(
        line, new, docket.standings, versions, policy=policy, now=cases[-1].now
    )
    late = {one.sender for one in new if one.id not in written}
    # What was there twice is late, too: the first of it is not in the ledger yet.
    return [
        Late.LATE if case.message.sender in late else one
        for case, one in zip(cases, decided, strict=True)
    ]


async def _docket(
    line: Line, cases: Sequence[Case], always: Sequence[PlannedAction]
) -> tuple[Docket, dict[str, str]]:
    """What deciding takes, and which version of whose standing it was."""
    senders = sorted({case.message.sender for case in cases})
    (read,) = await line.rows(
        _READ,
        corp=cases[0].message.corp,
        userids=people.lowered(senders),
        keys=sorted({case.message.key for case in cases}),
        senders=senders,
    )
    known = people.known_in(read)
    if any(one.renamed_to for one in known.values()):
        raise NeedsLocks
    theirs = dict.fromkeys(senders, Standing())
    theirs |= {row["sender"]: standings.standing_of(row) for row in read["standings"]}
    caps = DailyCaps(None, cases[0].policy.caps)
    docket = docket_from(read, caps, standings=theirs, known=known, always=always)
    return docket, {row["sender"]: row["version"] for row in read["standings"]}
