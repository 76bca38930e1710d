import math
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from moderator.domain.decision import ActionState
from moderator.pipeline import Outcome
from moderator.telemetry.metrics import METRICS, OUTCOMES, Metrics


def exposed(metrics: Metrics) -> dict[str, float]:
    """Every sample by name and labels, as Prometheus would read it."""
    families = text_string_to_metric_families(metrics.exposition().decode())
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in families
        for sample in family.samples
    }


def test_exposes_exactly_what_the_table_lists() -> None:
    """The table that the documentation is checked against is the truth about the names."""
    families = text_string_to_metric_families(Metrics(version="1").exposition().decode())
    ours = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in families
        if not family.name.startswith("process_") and not family.name.endswith("_created")
    }

    assert {metric.name for metric in METRICS} == ours


def test_every_name_is_ours_and_every_metric_is_explained() -> None:
    """Names carry the service's prefix, and each has a sentence of help."""
    assert all(metric.name.startswith("moderator_") for metric in METRICS)
    assert all(metric.help.endswith(".") for metric in METRICS)
    assert len({metric.name for metric in METRICS}) == len(METRICS)


def test_two_registries_do_not_share_numbers() -> None:
    """What one process object counts is not seen by another."""
    first, second = Metrics(), Metrics()
    first.messages.labels("clean").inc()

    assert exposed(first)["moderator_messages_total[('outcome', 'clean')]"] == 1
    assert exposed(second)["moderator_messages_total[('outcome', 'clean')]"] == 0


def test_every_outcome_is_there_before_its_first_message() -> None:
    """Else the first message that cannot be kept raises no alarm: from nothing to 1 is no rise."""
    seen = exposed(Metrics())

    assert set(OUTCOMES) == {outcome.value for outcome in Outcome}
    assert all(seen[f"moderator_messages_total[('outcome', '{one}')]"] == 0 for one in OUTCOMES)


def test_only_the_rulebook_in_use_is_shown() -> None:
    """A reload replaces the hash instead of adding one."""
    metrics = Metrics()
    metrics.use_rulebook("old", rules=1, faults=0)
    metrics.use_rulebook("new", rules=7, faults=2)

    seen = exposed(metrics)

    assert {key for key in seen if key.startswith("moderator_rulebook[")} == {
        "moderator_rulebook[('hash', 'new')]"
    }
    assert seen["moderator_rulebook_rules[]"] == 7
    assert seen["moderator_rulebook_faults[]"] == 2


def test_a_state_that_emptied_goes_back_to_zero() -> None:
    """The outbox gauge never keeps the number of a state that nothing is in any more."""
    metrics = Metrics()
    metrics.show_outbox({ActionState.QUEUED: 3}, oldest_seconds=9)
    metrics.show_outbox({ActionState.FAILED: 1}, oldest_seconds=0)

    seen = exposed(metrics)

    assert seen["moderator_outbox_actions[('state', 'queued')]"] == 0
    assert seen["moderator_outbox_actions[('state', 'failed')]"] == 1
    assert seen["moderator_outbox_oldest_seconds[]"] == 0


def test_a_silence_is_shown_in_full() -> None:
    """When the last message came, how long would be unusual, and whether it is."""
    metrics = Metrics()
    last = datetime(2026, 3, 2, tzinfo=UTC)
    metrics.show_silence("chat", last=last, unusual=timedelta(hours=1), is_unusual=True)
    metrics.show_silence("new", last=None, unusual=None, is_unusual=False)

    seen = exposed(metrics)

    assert seen["moderator_last_message_timestamp_seconds[('app', 'chat')]"] == last.timestamp()
    assert seen["moderator_unusual_silence_seconds[('app', 'chat')]"] == 3600
    assert seen["moderator_silent[('app', 'chat')]"] == 1
    assert seen["moderator_unusual_silence_seconds[('app', 'new')]"] == math.inf
    assert "moderator_last_message_timestamp_seconds[('app', 'new')]" not in seen


def test_readings_of_rule_files_are_counted_by_result() -> None:
    """A reading that brought a fault is told apart from one that did not."""
    metrics = Metrics()
    for faulty in (False, True, True):
        metrics.count_reload(faulty=faulty)

    seen = exposed(metrics)

    assert seen["moderator_rulebook_reloads_total[('result', 'applied')]"] == 1
    assert seen["moderator_rulebook_reloads_total[('result', 'faulty')]"] == 2


_ONE_OF_SEVERAL = """
from datetime import UTC, datetime
from moderator.telemetry.metrics import Metrics
metrics = Metrics(version="1")
metrics.count_message("clean")
metrics.count_reload(faulty=True)
metrics.show_token("chat")
metrics.show_silence("chat", last=datetime.now(UTC), unusual=None, is_unusual=False)
metrics.use_rulebook("old", rules=1, faults=0)
metrics.use_rulebook("new", rules=1, faults=0)
metrics.show_pauses({("chat", 60020): 1, ("chat", 40001): 2})
metrics.show_pauses({("chat", 60020): 1})
print(metrics.exposition().decode())
"""


def _shown_by_one_of_several(folder: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", _ONE_OF_SEVERAL],
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_several_processes_show_one_truth(tmp_path: Path) -> None:
    """Counters add up over processes; what one has cleared is not shown by its file for ever."""
    _, shown = (_shown_by_one_of_several(tmp_path) for _ in range(2))

    assert 'moderator_messages_total{outcome="clean"} 2.0' in shown
    assert 'moderator_rulebook_reloads_total{result="faulty"} 2.0' in shown
    assert 'moderator_unusual_silence_seconds{app="chat"} +Inf' in shown
    assert 'moderator_wecom_token_fetched_timestamp_seconds{app="chat"}' in shown
    assert 'moderator_wecom_pauses{app="chat",errcode="60020"} 1.0' in shown
    assert 'moderator_wecom_pauses{app="chat",errcode="40001"} 0.0' in shown
    assert 'moderator_rulebook{hash="new"} 1.0' in shown
    assert 'moderator_rulebook{hash="old"} 0.0' in shown


def test_wecom_calls_are_counted_by_path_and_errcode() -> None:
    """The hook of the API client lands in the exposition."""
    metrics = Metrics()
    metrics.count_wecom_call("/cgi-bin/message/send", 45009)

    key = "moderator_wecom_calls_total[('errcode', '45009'), ('path', '/cgi-bin/message/send')]"

    assert exposed(metrics)[key] == 1
