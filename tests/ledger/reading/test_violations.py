"""Finding violations again, and judging them."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from moderator.domain.decision import ActionKind, ActionState
from moderator.domain.finding import Finding, Hit
from moderator.domain.message import Message
from moderator.domain.people import Entry, Member
from moderator.domain.rule import Layer, Severity
from moderator.errors import NotFound
from moderator.ledger.actions.outbox import Outbox
from moderator.ledger.database.engine import Engine, Prepared
from moderator.ledger.desk.judging import Judging
from moderator.ledger.directory.people import People
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.recorder import Recorded, Recorder
from moderator.ledger.records import EvidenceState, Status, Then, ViolationFilter
from moderator.ledger.standing import standings
from moderator.policy.policy import Policy

Record = Callable[..., Awaitable[Recorded]]
NOW = datetime(2026, 3, 2, tzinfo=UTC)
ZHANGSAN = Entry(name="张三", department="总部/销售部", departments=(1, 7), superiors=("lisi",))


async def test_one_violation_is_told_with_its_explanation(
    record: Record, violations: Violations
) -> None:
    """Word, layers, rule version, place and the decrypted text come with the single record."""
    kept = await violations.one((await record()).violation_id, unmasked=True)

    (hit,) = kept.hits
    assert (hit.rule, hit.version, hit.word) == ("invoices", "v1", "代开发票")
    assert (hit.layers, hit.notes) == ((Layer.TRADITIONAL,), ("entropy 3.9",))
    assert kept.evidence is EvidenceState.READABLE
    assert kept.fields[0].text[hit.start : hit.end] == "代开发票"


async def test_one_violation_is_masked_unless_asked_otherwise(
    record: Record, violations: Violations
) -> None:
    """Whoever forgets to ask gets neither the text, nor the word, nor what was weighed."""
    kept = await violations.one((await record()).violation_id)

    assert (kept.evidence, kept.fields) == (EvidenceState.WITHHELD, ())
    assert [(hit.start, hit.end, hit.word, hit.notes) for hit in kept.hits] == [(2, 6, "", ())]


async def test_a_list_holds_no_text(record: Record, violations: Violations) -> None:
    """Pages tell rule and place but neither the text nor the word that was found."""
    await record()

    (item,) = (await violations.page()).items
    assert item.evidence is EvidenceState.WITHHELD
    assert (item.fields, item.hits[0].word, item.hits[0].notes) == ((), "", ())
    assert len(item.actions) == 3


async def test_an_unknown_violation_is_not_found(violations: Violations) -> None:
    """A number that names nothing says so."""
    with pytest.raises(NotFound):
        await violations.one(404)


async def test_pages_follow_each_other_without_gap_or_repetition(
    record: Record, violations: Violations
) -> None:
    """Seven violations in pages of three: newest first, each once, also while new ones arrive."""
    recorded = [(await record(number)).violation_id for number in range(1, 8)]

    first = await violations.page(limit=3)
    await record(8)
    second = await violations.page(after=first.next, limit=3)
    third = await violations.page(after=second.next, limit=3)

    seen = [item.id for page in (first, second, third) for item in page.items]
    assert seen == sorted(recorded, reverse=True)
    assert third.next is None


FILTERS: list[tuple[dict[str, Any], set[int]]] = [
    ({}, {1, 2, 3}),
    ({"sender": "lisi"}, {2}),
    ({"sender": "nobody"}, set()),
    ({"chat": "group-1"}, {1, 3}),
    ({"app": "desk"}, {3}),
    ({"category": "gambling"}, {2}),
    ({"severity": Severity.LOW}, {1, 2, 3}),
    ({"severity": Severity.HIGH}, {2}),
    ({"rule": "invoices"}, {1, 3}),
    ({"rule": "casino"}, {2}),
    ({"statuses": (Status.OPEN,)}, {1, 2}),
    ({"statuses": (Status.CONFIRMED,)}, {3}),
    ({"sent_from": 2}, {2, 3}),
    ({"sent_until": 2}, {1}),
    ({"recorded_from": 12}, {2, 3}),
    ({"recorded_until": 12}, {1}),
    ({"sender": "zhangsan", "app": "desk"}, {3}),
]


async def test_filters_find_what_they_name(
    judging: Judging,
    recorder: Recorder,
    violations: Violations,
    policy: Policy,
    finding: Finding,
    make_message: Callable[..., Message],
    make_hit: Callable[..., Hit],
    now: datetime,
) -> None:
    """Each filter, alone and together, keeps exactly the violations that fit."""
    casino = replace(make_hit(), rule="casino", category="gambling", severity=Severity.CRITICAL)
    told = [
        (make_message(1), finding),
        (replace(make_message(2, sender="lisi"), chat=""), Finding((casino,))),
        (replace(make_message(3), app="desk"), finding),
    ]
    number_of = {}
    for number, (message, found) in enumerate(told, start=1):
        at = now + timedelta(minutes=10 + number)
        recorded = await recorder.record(message, found, policy=policy, rulebook="b", now=at)
        assert recorded is not None
        number_of[recorded.violation_id] = number
    await judging.judge(max(number_of), Status.CONFIRMED, by="wang", version=1)

    matched = []
    for given, _ in FILTERS:
        page = await violations.page(ViolationFilter(**_at(now, given)))
        matched.append((given, {number_of[item.id] for item in page.items}))
    assert matched == FILTERS


async def test_a_sender_is_identified_once(record: Record, violations: Violations) -> None:
    """The name and department of then stand; a later look-up does not rewrite them."""
    recorded = (await record()).violation_id

    assert await violations.identify(recorded, ZHANGSAN) is True
    assert await violations.identify(recorded, Entry(name="张三丰")) is False
    kept = await violations.one(recorded)
    assert (kept.sender_name, kept.sender_department) == ("张三", "总部/销售部")
    assert (kept.sender_departments, kept.sender_superiors) == ((1, 7), ("lisi",))


async def test_a_look_up_that_was_refused_leaves_what_was_known(
    record: Record, violations: Violations, database: Engine
) -> None:
    """Without permission the record keeps what it has, and says what is missing and why."""
    await People(database).keep("corp", Member(userid="zhangsan", name="张三"), at=NOW)
    recorded = (await record()).violation_id

    await violations.identify(recorded, Entry(gaps="refused"))

    kept = await violations.one(recorded)
    assert (kept.sender_name, kept.sender_gaps) == ("张三", "refused")


async def test_a_dismissal_gives_the_strike_back(
    judging: Judging, record: Record, violations: Violations
) -> None:
    """After the first offence is dismissed, the next is the first again."""
    first = await record(1)
    await judging.judge(first.violation_id, Status.DISMISSED, by="wang", reason="quote", version=1)

    assert (await record(2)).decision.offence == 1


async def test_a_dismissal_taken_back_counts_again(
    judging: Judging, record: Record, violations: Violations, database: Engine
) -> None:
    """Reopened, the violation is a strike once more, and standings agree throughout."""
    first = (await record(1)).violation_id
    await judging.judge(first, Status.DISMISSED, by="wang", version=1)
    assert await standings.deviations(database) == []
    await judging.judge(first, Status.OPEN, by="wang", version=2)

    assert await standings.deviations(database) == []
    assert (await record(2)).decision.offence == 2


async def test_a_dismissal_cancels_what_was_not_yet_done(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """Waiting actions of a dismissed violation are cancelled; those done stay as they are."""
    recorded = await record()
    (claimed,) = await outbox.claim(1, timedelta(minutes=1), now + timedelta(hours=1))
    await outbox.settle(claimed.id, ActionState.ACCEPTED)

    judged = await judging.judge(
        recorded.violation_id, Status.DISMISSED, by="wang", reason="quote", version=1
    )

    states = {action.kind: action.state for action in judged.violation.actions}
    assert states == {
        ActionKind.IDENTIFY_SENDER: ActionState.ACCEPTED,
        ActionKind.WARN_SENDER: ActionState.CANCELLED,
        ActionKind.NOTIFY_COMPLIANCE: ActionState.CANCELLED,
    }
    assert judged.violation.actions[-1].history[-1].by == "wang"


async def warned(outbox: Outbox, recorded: Recorded, at: datetime) -> int:
    """Everything up to the warning is accepted at `at`; the id of the warning."""
    (looked_up,) = await outbox.claim(1, timedelta(minutes=1), at)
    await outbox.settle(looked_up.id, ActionState.ACCEPTED, now=at)
    (warning,) = await outbox.claim(1, timedelta(minutes=1), at, kinds=[ActionKind.WARN_SENDER])
    await outbox.settle(warning.id, ActionState.ACCEPTED, wecom_msgid="m1", now=at)
    assert warning.violation.id == recorded.violation_id
    return warning.id


@pytest.mark.parametrize(("hours", "recalls"), [(23, 1), (24, 0)])
async def test_a_dismissal_queues_the_recall_of_a_warning_of_the_last_day(
    judging: Judging,
    record: Record,
    violations: Violations,
    outbox: Outbox,
    now: datetime,
    hours: int,
    recalls: int,
) -> None:
    """WeCom takes back what it took less than 24 hours ago, and nothing older."""
    recorded, at = await record(), now + timedelta(hours=1)
    await warned(outbox, recorded, at)

    judged = await judging.judge(
        recorded.violation_id,
        Status.DISMISSED,
        by="wang",
        version=1,
        now=at + timedelta(hours=hours),
    )

    queued = [
        action
        for action in judged.violation.actions
        if action.kind is ActionKind.RECALL_NOTICE and action.state is ActionState.QUEUED
    ]
    assert len(queued) == recalls
    assert {(action.sender, action.decided_by) for action in queued} <= {("zhangsan", "wang")}


async def test_a_dismissal_that_is_repeated_recalls_once(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """Another reason for the same judgement does not queue another recall."""
    recorded, at = await record(), now + timedelta(hours=1)
    await warned(outbox, recorded, at)
    for version in (1, 2):
        await judging.judge(
            recorded.violation_id, Status.DISMISSED, by="wang", version=version, now=at
        )

    kept = await violations.one(recorded.violation_id)
    kinds = [action.kind for action in kept.actions]
    assert kinds.count(ActionKind.RECALL_NOTICE) == 1


async def test_a_dismissal_taken_back_cancels_its_recall(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """The warning stands after all."""
    recorded, at = await record(), now + timedelta(hours=1)
    await warned(outbox, recorded, at)
    await judging.judge(recorded.violation_id, Status.DISMISSED, by="wang", version=1, now=at)
    judged = await judging.judge(recorded.violation_id, Status.OPEN, by="wang", version=2, now=at)

    states = {action.kind: action.state for action in judged.violation.actions}
    assert states[ActionKind.RECALL_NOTICE] is ActionState.CANCELLED
    assert states[ActionKind.WARN_SENDER] is ActionState.ACCEPTED


async def test_a_recall_waits_for_the_warning_on_its_way(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """Until WeCom answers nobody knows what to recall; a worker is told of it at once."""
    recorded, at = await record(), now + timedelta(hours=1)
    (looked_up,) = await outbox.claim(1, timedelta(minutes=1), at)
    await outbox.settle(looked_up.id, ActionState.ACCEPTED, now=at)
    (warning,) = await outbox.claim(1, timedelta(minutes=1), at, kinds=[ActionKind.WARN_SENDER])
    await outbox.wait(0)
    await judging.judge(recorded.violation_id, Status.DISMISSED, by="wang", version=1, now=at)

    told = await outbox.wait(5)
    before = await outbox.claim(1, timedelta(minutes=1), at)
    await outbox.settle(warning.id, ActionState.ACCEPTED, wecom_msgid="m1", now=at)
    (recall,) = await outbox.claim(1, timedelta(minutes=1), at)
    assert (told, before) == (True, [])
    assert recall.kind is ActionKind.RECALL_NOTICE


async def test_what_a_recall_undoes_is_undone_with_it(
    judging: Judging, record: Record, violations: Violations, outbox: Outbox, now: datetime
) -> None:
    """A late result of a recall that moved on undoes nothing."""
    recorded, at = await record(), now + timedelta(hours=1)
    warning = await warned(outbox, recorded, at)
    await judging.judge(recorded.violation_id, Status.DISMISSED, by="wang", version=1, now=at)
    (recall,) = await outbox.claim(1, timedelta(minutes=1), at)
    await outbox.settle(recall.id, ActionState.ACCEPTED, then=Then(undoes=(warning,)), now=at)
    undone = await outbox.one(warning)

    assert (undone.state, undone.wecom_msgid) == (ActionState.UNDONE, "m1")
    assert await outbox.settle(warning, ActionState.ACCEPTED, now=at) is False


async def test_a_judgement_on_an_old_version_changes_nothing(
    judging: Judging, record: Record, violations: Violations
) -> None:
    """Whoever judges second gets the first one's record instead of overwriting it."""
    recorded = (await record()).violation_id
    first = await judging.judge(recorded, Status.CONFIRMED, by="wang", version=1)
    second = await judging.judge(recorded, Status.DISMISSED, by="li", version=1)

    assert (first.applied, second.applied) == (True, False)
    assert (second.violation.status, second.violation.judged_by) == (Status.CONFIRMED, "wang")
    assert second.violation.version == 2


async def test_a_record_whose_key_is_lost_is_still_told(record: Record, database: Engine) -> None:
    """Without its key the text is unreadable, and the record says so."""
    recorded = (await record()).violation_id

    stranger = Violations(database, EvidenceCipher([b"x" * 32]))
    kept = await stranger.one(recorded, unmasked=True)
    assert (kept.evidence, kept.fields, kept.rule) == (EvidenceState.UNREADABLE, (), "invoices")


async def test_the_next_page_is_an_index_range(database: Engine) -> None:
    """A page deep in the list is read from the primary key, not sorted out of the table."""
    async with database.begin() as transaction:
        await transaction.script(
            "INSERT INTO violations (message_key, sent_at, recorded_at, severity, rules,"
            " fingerprints, hits, offence, clauses, evidence_expires_at) SELECT n, now(), now(),"
            " 1, '{}', '{}', '[]', 1, '[]', now() FROM generate_series(1, 5000) AS n"
        )
        sql = "SELECT * FROM violations WHERE id < 2500 ORDER BY id DESC LIMIT 51"
        await transaction.script("ANALYZE violations")
        plan = await transaction.rows(Prepared(f"EXPLAIN {sql}", (), {}))

    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "Index Scan Backward using pk_violations" in text


def _at(now: datetime, given: dict[str, Any]) -> dict[str, Any]:
    """The filter with its minutes as moments."""
    return {
        name: now + timedelta(minutes=value) if "_" in name else value
        for name, value in given.items()
    }
