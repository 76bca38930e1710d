"""The arithmetic of a rehearsal's report."""

from moderator.rehearsal.plan import Planned
from moderator.rehearsal.recorded import RecordedViolation
from moderator.rehearsal.report import Latency, Outcome, Report, weigh
from moderator.rehearsal.sender import Delivery
from moderator.rehearsal.table import table


def _outcome(number: int, category: str = "", *statuses: int | None) -> Outcome:
    planned = Planned(number=number, msgid=number, sender="A", text="x", category=category)
    return Outcome(planned, Delivery(statuses=statuses or (200,), seconds=0.0), 0.010)


def _record(
    number: int, category: str = "abuse", id_: str = "", sender: str = "A"
) -> RecordedViolation:
    return RecordedViolation(
        id=id_ or f"r{number}", message_id=str(number), sender=sender, category=category
    )


def _weigh(outcomes: list[Outcome], recorded: list[RecordedViolation]) -> Report:
    return weigh(outcomes, recorded, run_id="r", seed=1, seconds=2.0)


def test_all_well() -> None:
    """Everything answered and every violation recorded once passes."""
    report = _weigh([_outcome(1), _outcome(2, "abuse")], [_record(2)])

    assert report.passed
    assert (report.sent, report.rate, report.statuses) == (2, 1.0, {"200": 2})
    assert report.violations.recorded == 1


def test_lost() -> None:
    """A violation that was answered 200 and is not recorded fails, and its category is named."""
    report = _weigh([_outcome(1, "fraud"), _outcome(2, "abuse")], [_record(2)])

    assert (report.violations.lost, report.violations.recorded) == (1, 1)
    assert report.violations.lost_by_category == {"fraud": 1}
    assert "1   fraud 1" in table(report)
    assert not report.passed


def test_doubled() -> None:
    """Two records of one message fail, whatever their ids."""
    report = _weigh([_outcome(1, "abuse")], [_record(1, id_="a"), _record(1, id_="b")])

    assert (report.violations.doubled, report.violations.recorded) == (1, 1)
    assert not report.passed


def test_same_msgid_of_another_person_is_another_message() -> None:
    """MsgIds alone do not identify a message."""
    report = _weigh([_outcome(1, "abuse")], [_record(1, sender="B")])

    assert report.violations.lost == 1


def test_unanswered() -> None:
    """What WeCom gave up on fails the run without being called lost."""
    report = _weigh([_outcome(1, "abuse", None, None, None), _outcome(2, "", 500, 503)], [])

    assert (report.violations.lost, report.violations.unanswered) == (0, 1)
    assert report.statuses == {"none": 1, "503": 1}
    assert report.repeated == 3
    assert not report.passed


def test_recorded_though_unanswered() -> None:
    """A record whose answer got lost is recorded, not lost."""
    report = _weigh([_outcome(1, "abuse", None)], [_record(1)])

    assert report.violations.recorded == 1
    assert report.violations.unanswered == 0


def test_records_of_other_runs_do_not_count() -> None:
    """The service may hold anything else."""
    report = _weigh([_outcome(1)], [_record(77), _record(77, id_="again")])

    assert report.passed
    assert report.violations.doubled == 0


def test_surprises_are_counted() -> None:
    """Clean messages that were recorded, and violations under another category."""
    report = _weigh([_outcome(1), _outcome(2, "fraud")], [_record(1), _record(2)])

    assert (report.violations.unexpected, report.violations.otherwise) == (1, 1)


def test_latency_is_by_nearest_rank() -> None:
    """Of 100 values the 95th is the p95; in milliseconds."""
    latency = Latency.of([number / 1000 for number in range(1, 101)])

    assert (latency.p50, latency.p95, latency.p99, latency.max) == (50.0, 95.0, 99.0, 100.0)


def test_latency_of_nothing() -> None:
    """Without an answer all are zero."""
    assert Latency.of([]) == Latency(p50=0, p95=0, p99=0, max=0)


def test_table_names_the_run_and_the_verdict() -> None:
    """A person can repeat the run from the table and sees whether it passed."""
    good = table(_weigh([_outcome(1)], []))
    bad = table(_weigh([_outcome(1, "abuse")], []))

    assert "--seed 1 --run-id r" in good
    assert "PASSED" in good
    assert "FAILED" in bad
