"""Settings: one file, the environment over it, every fault at once."""

import base64
import secrets
from pathlib import Path
from typing import Any

import pytest

from moderator.errors import SettingsError
from moderator.settings import Settings, build_settings, load_settings


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def complete() -> dict[str, Any]:
    return {
        "evidence": {"key": key(), "fingerprint_key": key()},
        "wecom": {
            "corp_id": "ww1234567890",
            "apps": {
                "guard": {
                    "agent_id": 1000002,
                    "secret": secrets.token_urlsafe(32),
                    "token": secrets.token_hex(8),
                    "encoding_aes_key": secrets.token_hex(22)[:43],
                }
            },
        },
        "compliance": {"app": "guard", "users": ["LiJing"]},
    }


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MODERATOR_CONFIG", raising=False)


def faults_of(values: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        build_settings(values)
    return str(caught.value)


def test_complete_settings_are_accepted() -> None:
    """What the README calls the smallest file is enough."""
    assert build_settings(complete()).wecom.apps["guard"].agent_id == 1000002


def test_everything_that_is_missing_is_named_at_once() -> None:
    """A newcomer sees the whole list, not the first entry of it."""
    faults = faults_of({})

    for name in ("evidence.key", "evidence.fingerprint_key", "wecom.corp_id", "wecom.apps"):
        assert name in faults
    assert "MODERATOR_EVIDENCE__KEY" in faults


def test_several_wrong_values_are_all_named() -> None:
    """Wrong values are listed together with the variable that would set them."""
    values = complete()
    values["server"] = {"port": 99999}
    values["wecom"]["apps"]["guard"]["encoding_aes_key"] = "too short"
    values["database"] = {"url": "mysql://nowhere"}

    faults = faults_of(values)

    assert "server.port" in faults
    assert "MODERATOR_WECOM__APPS__GUARD__ENCODING_AES_KEY" in faults
    assert "database.url" in faults


@pytest.mark.parametrize("placeholder", ["", "changeme", "your-secret", "<secret>", "xxxx"])
def test_placeholders_are_refused(placeholder: str) -> None:
    """A secret copied from the documentation does not start the service."""
    values = complete()
    values["wecom"]["apps"]["guard"]["secret"] = placeholder

    assert "wecom.apps.guard.secret" in faults_of(values)


def test_no_fault_shows_a_value() -> None:
    """A mistyped secret is not printed on the operator's screen."""
    values = complete()
    values["evidence"]["key"] = "hunter2-hunter2"

    assert "hunter2" not in faults_of(values)


def test_an_unknown_setting_is_a_fault() -> None:
    """A typing error in a name is found at start-up."""
    values = complete()
    values["server"] = {"prot": 80}

    assert "server.prot" in faults_of(values)


def test_a_short_bearer_token_is_refused() -> None:
    """Tokens that can be guessed do not open the API."""
    values = complete()
    values["api"] = {"tokens": {"desk": "short"}}

    assert "api.tokens.desk" in faults_of(values)


def test_the_compliance_app_must_exist() -> None:
    """An app that speaks for compliance is one of the configured apps."""
    values = complete()
    values["compliance"]["app"] = "nobody"

    assert "compliance.app" in faults_of(values)


def test_compliance_must_reach_somebody() -> None:
    """Neither a group nor a user would mean that nobody hears of a violation."""
    values = complete()
    values["compliance"]["users"] = []

    assert "compliance (MODERATOR_COMPLIANCE): needs a chat or" in faults_of(values)


def test_one_list_names_missing_wrong_and_disagreeing_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is wrong between settings is told also while single ones are wrong."""
    monkeypatch.setenv("MODERATOR_API__TOKENS", "{not json")
    monkeypatch.setenv("MODERATOR_DATABASE_URL", "postgresql+asyncpg://db/moderator")
    values = complete()
    values["evidence"].pop("key")
    values["server"] = {"port": 99999}
    values["compliance"] = {"app": "nobody"}

    faults = faults_of(values).splitlines()

    assert sorted(fault.split(" ")[0].rstrip(":") for fault in faults) == [
        "MODERATOR_DATABASE_URL",
        "api.tokens",
        "compliance",
        "compliance.app",
        "evidence.key",
        "server.port",
    ]


def test_a_missing_compliance_app_does_not_hide_that_nobody_hears() -> None:
    """Two faults of one group are told together."""
    faults = faults_of(complete() | {"compliance": {}})

    assert "compliance.app (MODERATOR_COMPLIANCE__APP): Field required" in faults
    assert "needs a chat or at least one user" in faults


@pytest.mark.parametrize("name", ["MODERATOR_SEVER__PORT", "MODERATOR_DATABASE_URL", "Moderator_x"])
def test_an_unknown_variable_is_a_fault(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in a variable is found at start-up; its value is not shown."""
    monkeypatch.setenv(name, "s3cr3t")

    faults = faults_of(complete())

    assert name in faults
    assert "s3cr3t" not in faults


def test_what_kubernetes_announces_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Kubernetes service called `moderator` puts its address into every pod beside it."""
    monkeypatch.setenv("MODERATOR_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("MODERATOR_SERVICE_PORT", "8080")
    monkeypatch.setenv("MODERATOR_SERVICE_PORT_HTTP", "8080")
    monkeypatch.setenv("MODERATOR_PORT", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("MODERATOR_PORT_8080_TCP", "tcp://10.0.0.1:8080")
    monkeypatch.setenv("MODERATOR_PORT_8080_TCP_ADDR", "10.0.0.1")
    assert build_settings(complete()).server.port == 8080

    monkeypatch.setenv("MODERATOR_PORT", "9090")
    assert "MODERATOR_PORT" in faults_of(complete())


def test_the_folder_of_rules_must_exist(tmp_path: Path) -> None:
    """A mistyped folder is found with the other faults, not when the rules are read."""
    present = build_settings(complete() | {"rules": {"directory": str(tmp_path)}})

    assert present.rules.directory == tmp_path
    absent = complete() | {"rules": {"directory": str(tmp_path / "absent")}}
    assert "rules.directory" in faults_of(absent)


@pytest.mark.parametrize(
    "address",
    [
        "embedded:",
        "embedded:///some/dir",
        "postgresql+asyncpg://mod:S3cr3t%2FPw@db.bank/moderator?sslmode=require",
        "postgresql+asyncpg://mod@[::1]:5432/moderator",
        "postgresql+asyncpg://mod@one:5432,two:5432/moderator?target_session_attrs=read-write",
        "postgresql+asyncpg:///moderator?host=/run/postgresql",
    ],
)
def test_an_address_of_a_database_is_accepted(address: str) -> None:
    """Embedded, over TCP to one or several hosts, and over a socket."""
    settings = build_settings(complete() | {"database": {"url": address}})

    assert settings.database.url.get_secret_value() == address


def test_without_an_address_the_database_is_embedded() -> None:
    """The smallest settings need no server."""
    assert build_settings(complete()).database.url.get_secret_value() == "embedded:"


@pytest.mark.parametrize("sign", ["/", "?", "#", "@", "["])
@pytest.mark.parametrize("before", ["S3cr3t", "1234"])  # a number could be a port
def test_an_unencoded_password_is_a_fault_that_does_not_show_it(before: str, sign: str) -> None:
    """A sign in the password that tears the address apart is named without the password."""
    address = f"postgresql+asyncpg://mod:{before}{sign}Pw@db.bank/moderator"

    faults = faults_of(complete() | {"database": {"url": address}})

    assert "percent-encode the password" in faults
    assert before not in faults


@pytest.mark.parametrize("host", ["db:99999", "db:", "db:port", "one,two:x", "", "db#1"])
def test_an_impossible_host_of_the_database_is_a_fault(host: str) -> None:
    """A port that is none is found with the other faults, not at the first message."""
    values = complete() | {"database": {"url": f"postgresql+asyncpg://{host}"}}

    assert "database.url" in faults_of(values)


def test_the_database_password_does_not_show_in_a_printed_settings_object() -> None:
    """Settings can be logged without giving the database away."""
    address = "postgresql+asyncpg://mod:S3cr3tPw@db.bank/moderator"

    assert "S3cr3tPw" not in repr(build_settings(complete() | {"database": {"url": address}}))


@pytest.mark.parametrize(
    "address",
    ["https://wecom.bank", "http://127.0.0.1:8090", "http://[::1]:8090", "http://localhost:8090"],
)
def test_a_stand_in_on_this_machine_may_be_asked_without_tls(address: str) -> None:
    """Plain HTTP is for what does not leave the machine."""
    values = complete()
    values["wecom"]["api_url"] = address

    assert str(build_settings(values).wecom.api_url) == f"{address}/"


@pytest.mark.parametrize("host", ["qyapi.weixin.qq.com", "127.0.0.1.bank", "10.0.0.1", "[fe80::1]"])
def test_secrets_leave_the_machine_only_encrypted(host: str) -> None:
    """Calls of the API carry the app's secret and its token in their query."""
    values = complete()
    values["wecom"]["api_url"] = f"http://{host}"

    assert "wecom.api_url" in faults_of(values)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable overrides one value and leaves its neighbours."""
    file = tmp_path / "moderator.toml"
    file.write_text("[server]\nport = 8081\nhost = '127.0.0.2'\n" + toml_of(complete()), "utf-8")
    monkeypatch.setenv("MODERATOR_SERVER__PORT", "9090")

    settings = load_settings(file)

    assert settings.server.port == 9090
    assert settings.server.host == "127.0.0.2"


def test_the_file_can_be_named_by_a_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`MODERATOR_CONFIG` stands in for `--config`."""
    file = tmp_path / "moderator.toml"
    file.write_text(toml_of(complete()), "utf-8")
    monkeypatch.setenv("MODERATOR_CONFIG", str(file))

    assert isinstance(load_settings(None), Settings)


@pytest.mark.parametrize("content", ["[server", "\xff", "a=" + "{a=" * 2000])
def test_an_unreadable_file_is_one_sentence(tmp_path: Path, content: str) -> None:
    """A broken or missing file is a fault that names it."""
    file = tmp_path / "broken.toml"
    file.write_bytes(content.encode("latin-1"))

    with pytest.raises(SettingsError, match=r"broken\.toml"):
        load_settings(file)
    with pytest.raises(SettingsError, match=r"absent\.toml"):
        load_settings(tmp_path / "absent.toml")


@pytest.mark.parametrize("value", ["LiJing", "[" * 5000])
def test_an_unreadable_variable_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    """A list written as bare words in a variable is a fault, not a traceback."""
    monkeypatch.setenv("MODERATOR_COMPLIANCE__USERS", value)

    assert "compliance.users (MODERATOR_COMPLIANCE__USERS): the variable holds no JSON" in (
        faults_of(complete())
    )


def test_secrets_do_not_show_in_a_printed_settings_object() -> None:
    """Settings can be logged without giving anything away."""
    values = complete()

    assert values["evidence"]["key"] not in repr(build_settings(values))


def toml_of(values: dict[str, Any]) -> str:
    guard = values["wecom"]["apps"]["guard"]
    lines = [
        "[evidence]",
        *(f'{name} = "{value}"' for name, value in values["evidence"].items()),
        "[wecom]",
        f'corp_id = "{values["wecom"]["corp_id"]}"',
        "[wecom.apps.guard]",
        f"agent_id = {guard['agent_id']}",
        *(f'{name} = "{guard[name]}"' for name in ("secret", "token", "encoding_aes_key")),
        "[compliance]",
        'app = "guard"',
        'users = ["LiJing"]',
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    "secret",
    ["nonsense", "whsec_", "whsec_" + "!" * 32, "whsec_" + base64.b64encode(b"short").decode()],
)
def test_a_secret_of_reports_is_whsec_and_24_to_64_bytes(secret: str) -> None:
    """As Standard Webhooks writes them; the value is not repeated in the fault."""
    faults = faults_of(complete() | {"siem": {"url": "https://siem.test/", "secrets": [secret]}})

    assert "siem.secrets.0" in faults
    assert "nonsense" not in faults


def test_reports_need_a_secret_and_an_encrypted_way() -> None:
    """What says who did what does not travel in the clear, and not unsigned."""
    assert "siem.secrets" in faults_of(complete() | {"siem": {"url": "https://siem.test/"}})
    assert "siem.url" in faults_of(complete() | {"siem": {"url": "http://siem.test/"}})


def test_robots_are_named_by_their_group() -> None:
    """Their keys are secrets."""
    given = secrets.token_hex(16)
    settings = build_settings(complete() | {"robots": {"keys": {"wr1": given}}})

    assert settings.robots.keys["wr1"].get_secret_value() == given
    assert given not in repr(settings)
