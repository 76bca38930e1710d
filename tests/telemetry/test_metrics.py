from prometheus_client.parser import text_string_to_metric_families

from moderator.domain.decision import ActionState
from moderator.telemetry.metrics import METRICS, Metrics


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

    assert "moderator_messages_total[('outcome', 'clean')]" in exposed(first)
    assert "moderator_messages_total[('outcome', 'clean')]" not in exposed(second)


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


def test_wecom_calls_are_counted_by_path_and_errcode() -> None:
    """The hook of the API client lands in the exposition."""
    metrics = Metrics()
    metrics.count_wecom_call("/cgi-bin/message/send", 45009)

    key = "moderator_wecom_calls_total[('errcode', '45009'), ('path', '/cgi-bin/message/send')]"

    assert exposed(metrics)[key] == 1
