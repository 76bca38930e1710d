"""Compose, Kubernetes and systemd: the same service, and nothing that it does not know."""

import base64
import re
import secrets
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from moderator import __version__
from moderator.cli.listening import _DRAIN_SECONDS
from moderator.cli.main import app
from moderator.errors import SettingsError
from moderator.settings import WeComSettings, build_settings

PROJECT = Path(__file__).resolve().parents[2]
DEPLOY = PROJECT / "deploy"
SETTINGS = DEPLOY / "moderator.example.toml"
DOCKERFILE = (PROJECT / "Dockerfile").read_text("utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text("utf-8"))
IMAGE = f"moderator:{__version__}"
USER = 10001


def manifests() -> list[dict[str, Any]]:
    files = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [
        document
        for file in files
        if file.name != "kustomization.yaml"
        for document in yaml.safe_load_all(file.read_text("utf-8"))
    ]


def named(kind: str, name: str = "") -> dict[str, Any]:
    (found,) = (
        manifest
        for manifest in manifests()
        if manifest["kind"] == kind and name in {"", manifest["metadata"]["name"]}
    )
    return found


def pods() -> Iterator[dict[str, Any]]:
    """The pod of every workload."""
    for manifest in manifests():
        spec = manifest.get("spec", {})
        if manifest["kind"] == "CronJob":
            spec = spec["jobTemplate"]["spec"]
        if "template" in spec:
            yield spec["template"]["spec"]


def containers() -> list[dict[str, Any]]:
    return [container for pod in pods() for container in pod["containers"]]


def commands() -> list[list[str]]:
    """Every way in which the image is run, as arguments of `moderator`."""
    ours = [
        service["command"]
        for service in COMPOSE["services"].values()
        if service["image"] == IMAGE and "entrypoint" not in service
    ]
    units = [
        line.split()[1:]
        for unit in sorted((DEPLOY / "systemd").glob("*.service"))
        for line in re.findall(r"^Exec\w+=(.+)$", unit.read_text("utf-8"), re.MULTILINE)
    ]
    looped = re.findall(r"moderator (canary[^;]*)", COMPOSE["services"]["canary"]["command"][0])
    return [*ours, *units, *(line.split() for line in looped), *(c["args"] for c in containers())]


def variables() -> set[str]:
    """Every variable of ours that any file sets."""
    texts = [file.read_text("utf-8") for file in DEPLOY.rglob("*") if file.is_file()]
    return set(re.findall(r"\bMODERATOR_[A-Z][A-Z_]*", "\n".join([*texts, DOCKERFILE])))


def example(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def filled_in() -> dict[str, str]:
    """The example's secrets as somebody would fill them in."""
    values = dict.fromkeys(example(DEPLOY / "secrets.example.env"), "")
    for name in values:
        values[name] = secrets.token_hex(20)
    for name in ("MODERATOR_EVIDENCE__KEY", "MODERATOR_EVIDENCE__FINGERPRINT_KEY"):
        values[name] = base64.b64encode(secrets.token_bytes(32)).decode()
    values["MODERATOR_WECOM__APPS__MODERATION__ENCODING_AES_KEY"] = "aB3" + secrets.token_hex(20)
    values["MODERATOR_DATABASE__URL"] = f"postgresql+asyncpg://m:{secrets.token_hex(8)}@pg/m"
    return values


def test_the_examples_filled_in_are_a_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings file and variables together leave nothing out, and name nothing unknown."""
    for name, value in filled_in().items():
        monkeypatch.setenv(name, value)

    settings = build_settings(tomllib.loads(SETTINGS.read_text("utf-8")))

    assert settings.server.internal_port == 8081
    assert list(settings.wecom.apps) == ["moderation"]
    assert list(settings.api.tokens) == ["canary"]


def test_the_examples_as_they_are_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody runs with keys that stand in a public file."""
    for name, value in example(DEPLOY / "secrets.example.env").items():
        monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError) as refused:
        build_settings(tomllib.loads(SETTINGS.read_text("utf-8")))

    assert str(refused.value).count("placeholder") >= 5


def test_kubernetes_has_the_same_settings_and_secrets() -> None:
    """One example, in three places."""
    settings, secret = named("ConfigMap"), named("Secret")

    assert settings["data"]["moderator.toml"] == SETTINGS.read_text("utf-8")
    assert secret["stringData"].keys() == example(DEPLOY / "secrets.example.env").keys()


def test_every_variable_is_a_setting() -> None:
    """What the files name is named in the example, or by the image, or is the settings file."""
    known = example(DEPLOY / "secrets.example.env").keys() | {"MODERATOR_CONFIG"}
    of_the_image = {"MODERATOR_SERVER__HOST"}  # tested by running the wheel
    explained = {"MODERATOR_INTERNAL_"}  # Kubernetes' own, which the manifests switch off

    assert variables() <= known | of_the_image | explained


@pytest.mark.parametrize("arguments", commands(), ids=" ".join)
def test_every_command_can_be_called(arguments: list[str]) -> None:
    """With options that exist."""
    options = [argument.partition("=")[0] for argument in arguments if argument.startswith("--")]
    words = [argument for argument in arguments if re.fullmatch(r"[a-z-]+", argument)]
    shown = CliRunner().invoke(
        app, [*(word for word in words if word not in options), "--help"], env={"COLUMNS": "200"}
    )

    assert shown.exit_code == 0, shown.output
    assert all(option in shown.output for option in options)


def test_every_image_of_ours_is_this_version() -> None:
    """Built from the Dockerfile of the same checkout."""
    ours = {service["image"] for service in COMPOSE["services"].values()}

    assert {image for image in ours if image.startswith("moderator")} == {IMAGE}
    assert {container["image"] for container in containers()} == {IMAGE}


def test_no_image_is_whatever_is_newest() -> None:
    """Every image of others has its version."""
    for service in COMPOSE["services"].values():
        assert re.search(r":v?\d", service["image"]), service["image"]


def test_ports_are_those_of_the_settings() -> None:
    """Callbacks and the internal port, wherever they are named."""
    server = tomllib.loads(SETTINGS.read_text("utf-8"))["server"]
    ports = {server["port"], server["internal_port"]}
    (service,) = (c for c in containers() if c["name"] == "moderator")

    assert {port["containerPort"] for port in service["ports"]} == ports
    published = [entry.split(":") for entry in COMPOSE["services"]["moderator"]["ports"]]
    assert {int(entry[-1]) for entry in published} == ports
    assert f"EXPOSE {server['port']}" in DOCKERFILE
    assert ["127.0.0.1", "8081", "8081"] in published
    scraped = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yaml").read_text("utf-8"))
    assert scraped["scrape_configs"][0]["static_configs"][0]["targets"] == ["moderator:8081"]


def test_containers_have_no_privileges_and_write_nowhere() -> None:
    """Compose and Kubernetes alike, as the user of the image."""
    assert f"--uid {USER}" in DOCKERFILE
    for pod in pods():
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] == USER
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]
    for name in ("moderator", "migration", "canary"):
        service = COMPOSE["services"][name]
        assert service["read_only"] is True
        assert service["user"] == f"{USER}:{USER}"
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_the_service_is_asked_whether_it_lives_and_is_ready() -> None:
    """And keeps its spool, and is not taken away everywhere at once."""
    workload = named("StatefulSet")
    (container,) = workload["spec"]["template"]["spec"]["containers"]
    budget = named("PodDisruptionBudget")

    assert container["livenessProbe"]["httpGet"] == {"path": "/livez", "port": "callbacks"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "internal"}
    assert workload["spec"]["replicas"] >= 2
    assert budget["spec"]["maxUnavailable"] == 1
    assert budget["spec"]["selector"] == workload["spec"]["selector"]
    (claim,) = workload["spec"]["volumeClaimTemplates"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    spool = tomllib.loads(SETTINGS.read_text("utf-8"))["spool"]["directory"]
    assert spool.startswith(f"{mounts[claim['metadata']['name']]}/")


def test_selectors_find_the_service() -> None:
    """A service or policy that selects nothing fails without a word."""
    labels = named("StatefulSet")["spec"]["template"]["metadata"]["labels"]
    selectors = [m["spec"]["selector"] for m in manifests() if m["kind"] == "Service"]
    policies = [m for m in manifests() if m["kind"] == "NetworkPolicy"]
    selectors += [policy["spec"]["podSelector"]["matchLabels"] for policy in policies]

    assert all(selector.items() <= labels.items() for selector in selectors)
    assert named("StatefulSet")["spec"]["serviceName"] in {
        m["metadata"]["name"] for m in manifests() if m["kind"] == "Service"
    }


def test_the_operator_scrapes_what_the_alerts_ask_for() -> None:
    """The service's pods, at their internal port, under the alerts' name of the job."""
    monitor = yaml.safe_load((DEPLOY / "kubernetes/monitoring/podmonitor.yaml").read_text("utf-8"))
    pod = named("StatefulSet")["spec"]["template"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    alerts = (DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8")

    assert monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    assert endpoint["port"] in {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
    job = pod["metadata"]["labels"][monitor["spec"]["jobLabel"]]
    assert set(re.findall(r'job="([^"]+)"', alerts)) == {job}


def test_systemd_starts_the_service_without_postgresql() -> None:
    """What only PostgreSQL can do may fail, and nothing makes systemd give up."""
    unit = (DEPLOY / "systemd" / "moderator.service").read_text("utf-8")

    assert re.findall(r"^ExecStartPre=(.)", unit, re.MULTILINE) == ["-"]
    assert "StartLimitIntervalSec=0" in unit.partition("[Service]")[0]


def test_there_is_time_to_end() -> None:
    """Longer than the five seconds for neighbours, both doors and one call of WeCom take."""
    pod = named("StatefulSet")["spec"]["template"]["spec"]
    unit = (DEPLOY / "systemd" / "moderator.service").read_text("utf-8")
    patience = 5 + 2 * _DRAIN_SECONDS + 2 * WeComSettings.model_fields["timeout"].default.seconds

    assert pod["terminationGracePeriodSeconds"] >= patience
    assert int(COMPOSE["services"]["moderator"]["stop_grace_period"].removesuffix("s")) >= patience
    assert int(re.findall(r"TimeoutStopSec=(\d+)", unit)[0]) >= patience


def test_kustomize_takes_every_manifest_but_the_example() -> None:
    """A file that nobody applies is not deployed."""
    folder = DEPLOY / "kubernetes"
    listed = yaml.safe_load((folder / "kustomization.yaml").read_text("utf-8"))["resources"]
    others = {file.name for file in folder.glob("*.yaml")} - {"kustomization.yaml"}

    assert others - set(listed) == {"secret.example.yaml"}


@pytest.mark.parametrize(
    "manifest", manifests(), ids=lambda m: f"{m['kind']}-{m['metadata']['name']}"
)
def test_manifests_are_what_kubernetes_schemas_allow(manifest: dict[str, Any]) -> None:
    """Every field exists and has its type, by the schemas of the oldest version that we name."""
    validate = pytest.importorskip("kubernetes_validate")

    validate.validate(manifest, "1.30", strict=True)


def test_compose_mounts_what_exists() -> None:
    """Files of this repository, or such as its first lines tell people to make."""
    told = (DEPLOY / "compose" / "compose.yaml").read_text("utf-8").partition("name:")[0]
    sources = [
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", ())
        if volume.startswith(".")
    ]
    sources += [secret["file"] for secret in COMPOSE["secrets"].values()]
    for source in sources:
        there = (DEPLOY / "compose" / source).exists()
        assert there or f"deploy/compose/{source.removeprefix('./')}" in told, source


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """As the machine's systemd reads them, the program being somewhere else."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    for unit in sorted((DEPLOY / "systemd").iterdir()):
        text = unit.read_text("utf-8").replace("/opt/moderator/bin/moderator", "/bin/true")
        (tmp_path / unit.name).write_text(text, "utf-8")

    done = subprocess.run(
        [analyze, "verify", "--man=no", *sorted(tmp_path.iterdir())],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert not [line for line in done.stderr.splitlines() if "moderator" in line]


def test_the_unit_is_hardened() -> None:
    """By systemd's own measure of exposure: 0 is best, 10 is a plain service."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not here")
    unit = DEPLOY / "systemd" / "moderator.service"

    done = subprocess.run(
        [analyze, "security", "--offline=yes", "--no-pager", unit],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    if done.returncode and "unrecognized option" in done.stderr:
        pytest.skip("this systemd is too old to judge a file")

    exposure = re.search(r"exposure level for \S+: ([\d.]+)", done.stdout)
    assert exposure is not None, done.stdout + done.stderr
    assert float(exposure[1]) < 2.0
