"""The service refuses settings by which anyone, or nobody, could enter the console."""

import secrets
from pathlib import Path
from typing import Any

import pytest

from moderator.errors import SettingsError
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.settings import build_settings

PROVIDER = {
    "issuer": "https://id.company.cn",
    "client_id": "desk",
    "client_secret": secrets.token_hex(16),
    "roles": {"desk": ["reviewer"]},
}
HOME = {"address": "https://desk.company.cn"}
SCAN = {"app": MODERATION_APP, "people": {"zhangsan": ["auditor"]}}


def faults(**changes: Any) -> tuple[str, ...]:
    """What is wrong with usual settings that were changed like this."""
    values = settings_of(invent_world(people=10), api_url="http://127.0.0.1:9/")
    try:
        build_settings(values | changes)
    except SettingsError as error:
        return error.faults
    return ()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"console": {"plain_http": True}},
        {"console": {"plain_http": True}, "server": {"host": "::1"}},
        {"server": {"host": "0.0.0.0"}, "console": {}},
        {"oidc": PROVIDER, "console": HOME},
        {"oidc": {k: v for k, v in PROVIDER.items() if k != "client_secret"}, "console": HOME},
        {"wecom_login": SCAN, "console": HOME},
        {
            "console": {"plain_http": True},
            "server": {"host": "0.0.0.0", "internal_port": 8081, "internal_host": "127.0.0.1"},
        },
    ],
)
def test_a_console_that_is_shut_is_served(changes: dict[str, Any]) -> None:
    """Cookies over TLS, or on this machine alone; roles for some, and none for the rest."""
    assert faults(**changes) == ()


@pytest.mark.parametrize(
    ("changes", "name", "why"),
    [
        (
            {"console": {"plain_http": True}, "server": {"host": "0.0.0.0"}},
            "console.plain_http",
            "in the clear",
        ),
        (
            {
                "console": {"plain_http": True},
                "server": {"internal_port": 8081, "internal_host": "10.0.0.5"},
            },
            "console.plain_http",
            "10.0.0.5",
        ),
        ({"oidc": PROVIDER}, "console.address", "is needed"),
        ({"wecom_login": SCAN}, "console.address", "is needed"),
        ({"oidc": PROVIDER | {"client_id": ""}, "console": HOME}, "oidc.client_id", "any token"),
        ({"oidc": PROVIDER | {"roles": {}}, "console": HOME}, "oidc.roles", "nobody could enter"),
        (
            {"oidc": PROVIDER | {"roles_claim": "iss"}, "console": HOME},
            "oidc.roles_claim",
            "everybody at the provider",
        ),
        (
            {"oidc": PROVIDER | {"roles_claim": "aud"}, "console": HOME},
            "oidc.roles_claim",
            "everybody at the provider",
        ),
        ({"wecom_login": SCAN | {"app": "other"}, "console": HOME}, "wecom_login.app", "no app"),
        (
            {"wecom_login": SCAN | {"people": {"li": ["department_admin"]}}, "console": HOME},
            "wecom_login.people.li",
            "needs departments",
        ),
        (
            {"oidc": PROVIDER | {"issuer": "http://id.company.cn"}, "console": HOME},
            "oidc.issuer",
            "https",
        ),
        ({"console": {"address": "http://desk.company.cn"}}, "console.address", "https"),
        ({"console": {"address": "https://desk.company.cn/x"}}, "console.address", "no path"),
        ({"console": {"lifetime": "P60D"}}, "console.lifetime", "less than or equal"),
        ({"console": {"idle": "P1D"}}, "console.idle", "less than or equal"),
        ({"oidc": PROVIDER | {"roles": {"desk": []}}}, "oidc.roles.desk", "at least 1"),
        ({"oidc": PROVIDER | {"roles": {"desk": ["root"]}}}, "oidc.roles.desk", "Input should be"),
    ],
)
def test_a_console_that_anyone_or_nobody_could_enter_is_refused(
    changes: dict[str, Any], name: str, why: str
) -> None:
    """The fault names the setting, and says what would happen."""
    found = faults(**changes)

    assert any(fault.startswith(name) and why in fault for fault in found), found


def test_without_a_console_there_is_nothing_to_refuse() -> None:
    """A service whose desk is elsewhere may listen as it likes."""
    closed = {"enabled": False, "plain_http": True}

    assert faults(console=closed, server={"host": "0.0.0.0"}) == ()


def test_tls_of_its_own_needs_no_proxy(tmp_path: Path) -> None:
    """With a certificate the log-ins do not cross the network in the clear."""
    certificate = tmp_path / "chain.pem"
    certificate.write_text("", "utf-8")
    server = {"host": "0.0.0.0", "certificate": str(certificate)}

    assert faults(console={"plain_http": True}, server=server) == ()
