"""Callbacks whose settings differ from those of the running service."""

import pytest
from tests.cli.diagnosis.conftest import Answering, Examine, Values, app_of, faults, only_fault

from moderator.app import create_app
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.invention import (
    MODERATION_APP,
    encoding_aes_key,
)
from moderator.rehearsal.serving import serving
from moderator.settings import build_settings


async def test_the_running_service_answers_with_the_same_key(
    run: Examine, values: Values, database: Engine
) -> None:
    """Asked for a signed word, as WeCom asks when the address is saved."""
    async with serving(create_app(build_settings(values), database)) as url:
        findings = await run(url)

    assert faults(findings) == []
    assert any("same token and key" in finding.what for finding in findings)


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("token", "another-token-of-the-console", "another Token"),
        pytest.param("encoding_aes_key", encoding_aes_key(), "another EncodingAESKey", id="key"),
        ("receive_id", "ww99999999999999", "another corp id"),
    ],
)
async def test_what_differs_from_the_running_service_is_named(
    run: Examine, values: Values, database: Engine, setting: str, value: str, named: str
) -> None:
    """Token, key and receiver are told from each other by how far a request gets."""
    async with serving(create_app(build_settings(values), database)) as url:
        app_of(values)[setting] = value
        found = only_fault(await run(url))

    assert found.about == f"callback of {MODERATION_APP}"
    assert named in found.what
    assert "接收消息 → 设置API接收" in found.mend


async def test_an_app_that_the_service_does_not_know_is_told(
    run: Examine, values: Values, database: Engine
) -> None:
    """Added to the settings, and not restarted."""
    async with serving(create_app(build_settings(values), database)) as url:
        apps = values["wecom"]["apps"]
        apps["renamed"] = apps.pop(MODERATION_APP)
        values["compliance"]["app"] = "renamed"
        found = only_fault(await run(url))

    assert ("HTTP 404" in found.what, "renamed" in found.cause) == (True, True)


async def test_something_else_at_the_address_is_told(run: Examine) -> None:
    """A proxy's page is not the signed word."""
    async with serving(Answering(200)) as url:
        findings = await run(url)

    assert {finding.about for finding in faults(findings)} >= {f"callback of {MODERATION_APP}"}
    assert all("instead of the signed word" in finding.what for finding in faults(findings))


async def test_a_service_that_does_not_run_is_told(run: Examine) -> None:
    """Nobody listens."""
    findings = faults(await run("http://127.0.0.1:1"))

    assert all("no answer from" in finding.what for finding in findings)
    assert findings
