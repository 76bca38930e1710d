"""What people were asked to do is settled by what is told of it, once."""

from datetime import timedelta
from hashlib import sha256

import pytest
from tests.offences import INVOICES, NOW, calling_for, message

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding
from moderator.domain.message import Source
from moderator.domain.people import Entry
from moderator.errors import NotFound
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.actions.requests import Requests
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.desk.judging import Judging
from moderator.ledger.evidence.sealing import EvidenceCipher, Fingerprinter
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorder
from moderator.ledger.records import ActionFilter, Status

FINDING = Finding((INVOICES,))


class Desk:
    """Violations that ask for something, and the requests that came of them."""

    def __init__(self, database: Engine) -> None:
        cipher = EvidenceCipher([bytes(32)])
        self.database = database
        self.requests = Requests(database)
        self.outbox = Outbox(database)
        self.violations = Violations(database, cipher)
        self._recorder = Recorder(
            database, cipher, Fingerprinter(bytes(32)), keep=timedelta(days=1)
        )

    async def ask(
        self,
        kind: ActionKind = ActionKind.ASK_RECALL,
        *,
        message_id: str = "m1",
        source: Source = Source.ARCHIVE,
        corp: str = "ww1",
    ) -> int:
        """Record a violation that calls for `kind`; the id of that action."""
        key = sha256(f"{message_id}{source}{corp}".encode()).hexdigest()
        sent = message(key=key, corp=corp, source=source, message_id=message_id)
        recorded = await self._recorder.record(
            sent, FINDING, policy=calling_for(kind), rulebook="b", now=NOW
        )
        assert recorded is not None
        return (await self.violations.one(recorded.violation_id)).actions[-1].id

    async def state(self, action: int) -> ActionState:
        return (await self.outbox.one(action)).state


@pytest.fixture
def desk(database: Engine) -> Desk:
    return Desk(database)


async def test_a_recall_settles_the_request_for_that_message_alone(desk: Desk) -> None:
    """Other messages, and the same number in another company, still wait."""
    asked, other = await desk.ask(), await desk.ask(message_id="m2")
    elsewhere = await desk.ask(corp="ww2")

    settled = await desk.requests.recalled("ww1", "m1", by="archive", now=NOW)

    assert [action.id for action in settled] == [asked]
    assert settled[0].history[-1].by == "archive"
    assert await desk.state(asked) is ActionState.COMPLIED
    assert await desk.state(other) is ActionState.QUEUED
    assert await desk.state(elsewhere) is ActionState.QUEUED


async def test_a_recall_told_twice_settles_nothing_the_second_time(desk: Desk) -> None:
    """The archive may be read again from an earlier place."""
    asked = await desk.ask()
    await desk.requests.recalled("ww1", "m1", by="archive", now=NOW)

    again = await desk.requests.recalled("ww1", "m1", by="archive", now=NOW)

    assert again == ()
    assert len((await desk.outbox.one(asked)).history) == 1


async def test_a_recall_elsewhere_settles_nothing(desk: Desk) -> None:
    """Whoever is bound to other departments can neither settle a request nor prevent one."""
    action = await desk.ask()

    settled = await desk.requests.recalled("ww1", "m1", by="li", bound=frozenset({99}), now=NOW)

    (waiting,) = await desk.outbox.list(ActionFilter(ids=(action,)))
    assert (settled, waiting.state is ActionState.COMPLIED) == ((), False)
    assert not await desk.requests.is_recalled(await desk.violations.one(waiting.violation_id))


async def test_a_recall_is_in_the_audit_log(desk: Desk) -> None:
    """Whoever tells it is named with each request that is settled."""
    action = await desk.ask()
    await desk.requests.recalled("ww1", "m1", by="archive", now=NOW)

    deeds = [row.deed for row in await Audit(desk.database).page()]
    assert [(one.actor, one.action, one.subject) for one in deeds] == [
        ("archive", "action.complied", f"action/{action}")
    ]


async def test_a_recall_says_nothing_of_a_message_to_an_app(desk: Desk) -> None:
    """An app's callback numbers messages otherwise, and the numbers of two people may be equal."""
    asked = await desk.ask(source=Source.CALLBACK)

    await desk.requests.recalled("ww1", "m1", by="archive", now=NOW)

    assert await desk.state(asked) is ActionState.QUEUED
    assert not await desk.requests.is_recalled(
        await desk.violations.one((await desk.outbox.one(asked)).violation_id)
    )


async def test_a_recall_ends_the_waiting_for_a_second_look(desk: Desk) -> None:
    """Nobody looks whether it was done that was done."""
    asked = await desk.ask()
    await desk.outbox.claim(9, timedelta(minutes=1), NOW)
    await desk.requests.recalled("ww1", "m1", by="archive", now=NOW)

    settled = await desk.outbox.settle(asked, ActionState.ACCEPTED, "taken", now=NOW)
    record = await desk.outbox.one(asked)

    assert not settled
    assert (record.state, record.check_at) == (ActionState.COMPLIED, None)


@pytest.mark.parametrize(
    "kind",
    [ActionKind.ASK_RECALL, ActionKind.ASK_OWNER_TO_REMOVE, ActionKind.ASK_OWNER_TO_MUTE],
)
async def test_a_person_says_that_it_was_done(desk: Desk, kind: ActionKind) -> None:
    """Who said so, and what, stands in the history."""
    asked = await desk.ask(kind)

    resolved = await desk.requests.complied(asked, by="alice", note="已核实", now=NOW)

    assert resolved.applied
    assert resolved.action.state is ActionState.COMPLIED
    assert (resolved.action.history[-1].by, resolved.action.outcome) == ("alice", "已核实")


async def test_whoever_is_second_learns_that_it_was_settled(desk: Desk) -> None:
    """Nothing is changed then."""
    asked = await desk.ask()
    await desk.requests.complied(asked, by="alice", now=NOW)

    second = await desk.requests.complied(asked, by="bob", now=NOW)

    assert not second.applied
    assert second.action.history[-1].by == "alice"


async def test_only_requests_can_be_complied_with(desk: Desk) -> None:
    """A warning is not something that a person does."""
    warned = await desk.ask(ActionKind.WARN_SENDER)

    resolved = await desk.requests.complied(warned, by="alice", now=NOW)

    assert not resolved.applied
    assert await desk.state(warned) is ActionState.QUEUED


async def test_what_was_asked_elsewhere_is_not_there(desk: Desk) -> None:
    """Nobody answers for a request of another department."""
    asked = await desk.ask()
    case = (await desk.outbox.one(asked)).violation_id
    await desk.violations.identify(case, Entry(name="张三", departments=(1, 7)))

    with pytest.raises(NotFound):
        await desk.requests.complied(asked, by="alice", bound=frozenset({8}), now=NOW)
    assert (await desk.requests.complied(asked, by="alice", bound=frozenset({7}), now=NOW)).applied


async def test_a_cancelled_request_is_not_complied_with(desk: Desk) -> None:
    """What a dismissal ended stays ended."""
    asked = await desk.ask()
    action = await desk.outbox.one(asked)

    judging = Judging(desk.database)
    await judging.judge(action.violation_id, Status.DISMISSED, by="alice", version=1, now=NOW)

    assert await desk.requests.recalled("ww1", "m1", by="archive", now=NOW) == ()


async def test_an_action_that_is_not_there_is_not_found(desk: Desk) -> None:
    """An id from nowhere is an error, not a silence."""
    with pytest.raises(NotFound):
        await desk.requests.complied(4711, by="alice")
