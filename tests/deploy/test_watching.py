"""What Prometheus and Grafana are given: names that exist, rules that hold, runbooks to read."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from moderator.cli.main import app
from moderator.telemetry.metrics import METRICS, MetricKind

PROJECT = Path(__file__).resolve().parents[2]
PROMETHEUS = PROJECT / "deploy" / "prometheus"
ALERTS: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "alerts.yaml").read_text("utf-8"))[
    "groups"
][0]["rules"]
BOARD: dict[str, Any] = json.loads(
    (PROJECT / "deploy" / "grafana" / "dashboard.json").read_text("utf-8")
)
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text("utf-8")
LABELS = {metric.name: set(metric.labels) for metric in METRICS}
_OF_PROMETHEUS = {"le", "instance", "job"}


def series() -> set[str]:
    """Every name that Prometheus sees of `METRICS`."""
    names = {metric.name for metric in METRICS}
    histograms = [metric.name for metric in METRICS if metric.kind is MetricKind.HISTOGRAM]
    return names | {f"{name}_{end}" for name in histograms for end in ("bucket", "sum", "count")}


def queries() -> Iterator[str]:
    """Every expression of the dashboard."""
    for panel in BOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def expressions() -> list[str]:
    return [*(alert["expr"] for alert in ALERTS), *queries()]


def anchors(text: str = OPERATIONS) -> set[str]:
    """What GitHub and others make of the headings."""
    headings = re.findall(r"^#{2,3} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def promtool() -> str:
    """The tool; `make test` fetches it, and where it cannot the test says so."""
    found = shutil.which("promtool", path=f"{PROJECT / 'build' / 'tools'}:{os.environ['PATH']}")
    if found is None:
        pytest.skip("promtool is not here: `deploy/prometheus/fetch_promtool.sh build/tools`")
    return found


@pytest.mark.parametrize("expression", expressions())
def test_only_metrics_that_exist_are_asked_for(expression: str) -> None:
    """A renamed metric would make an alert that never comes."""
    named = set(re.findall(r"\bmoderator_\w+", expression))

    assert named <= series()


@pytest.mark.parametrize("expression", expressions())
def test_only_labels_that_exist_are_asked_for(expression: str) -> None:
    """Nor one that comes for every series, or none."""
    names = re.findall(r"\b(moderator_\w+?)(?:_bucket)?\b\{([^}]*)\}", expression)
    for name, selector in names:
        labels = set(re.findall(r"(\w+)(?:=|!=|=~|!~)\"", selector))
        assert labels <= LABELS[name] | _OF_PROMETHEUS, name
    known = set().union(*LABELS.values()) | _OF_PROMETHEUS
    for grouping in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {label.strip() for label in grouping.split(",")} <= known


def test_every_metric_is_shown() -> None:
    """A number that nobody looks at need not be counted."""
    asked = " ".join(expressions())

    assert [metric.name for metric in METRICS if metric.name not in asked] == []


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
def test_every_alert_has_a_runbook_that_exists(alert: dict[str, Any]) -> None:
    """Whoever is woken up is told what to do."""
    path, _, anchor = alert["annotations"]["runbook"].partition("#")

    assert path == "docs/operations.md"
    assert anchor == alert["alert"].lower()
    assert anchor in anchors()
    assert alert["annotations"]["summary"]
    assert alert["labels"]["severity"] in {"page", "ticket"}


def test_every_runbook_has_its_alert() -> None:
    """Sections of alerts that are gone go, too."""
    runbooks = re.findall(r"^### (\w+)$", OPERATIONS.partition("## Runbooks")[2], re.MULTILINE)

    assert set(runbooks) == {alert["alert"] for alert in ALERTS}


def test_the_links_of_the_document_lead_somewhere() -> None:
    """Headings and files."""
    links = re.findall(r"\]\(([^)]+)\)", OPERATIONS)

    for link in links:
        path, _, anchor = link.partition("#")
        there = PROJECT / "docs" / (path or "operations.md")
        assert there.exists(), link
        assert not anchor or anchor in anchors(there.read_text("utf-8")), link


def test_the_commands_of_the_document_exist() -> None:
    """Nobody types at night what is not there."""
    named = set(re.findall(r"(?:`|\$ )moderator ((?:[a-z][a-z-]* ?)+)", OPERATIONS))

    assert len(named) > 10
    for command in named:
        shown = CliRunner().invoke(app, [*command.split(), "--help"])
        assert shown.exit_code == 0, command
        assert f"moderator {command.strip()}" in " ".join(shown.output.split()), command


def test_panels_are_apart_and_numbered() -> None:
    """Grafana draws panels with one id, or in one place, over each other."""
    panels = BOARD["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}

    assert len({panel["id"] for panel in panels}) == len(panels) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)


def test_promtool_accepts_rules_and_settings() -> None:
    """The rules as Prometheus reads them, and its settings."""
    _run(promtool(), "check", "rules", PROMETHEUS / "alerts.yaml")
    _run(promtool(), "check", "config", PROMETHEUS / "prometheus.yaml")


def test_alerts_come_when_they_should_and_not_otherwise() -> None:
    """Series of a healthy hour and of one with incidents, played to the rules."""
    _run(promtool(), "test", "rules", PROMETHEUS / "alerts.test.yaml")


def test_promtool_understands_every_query_of_the_dashboard(tmp_path: Path) -> None:
    """As recording rules, with Grafana's variables filled in."""
    filled = [query.replace("$__rate_interval", "1m").replace("$app", ".*") for query in queries()]
    rules = [{"record": f"q:{n}", "expr": query} for n, query in enumerate(filled)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "q", "rules": rules}]}), "utf-8")

    _run(promtool(), "check", "rules", file)


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
