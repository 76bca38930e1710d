"""The whole service with secrets in files, led through errors of every kind."""

import asyncio
import base64
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import psutil
import pytest

from moderator.rehearsal import callbacks
from moderator.rehearsal.invention import MODERATION_APP
from moderator.settings import Settings, build_settings
from moderator.wecom.envelope import Envelope

pytestmark = pytest.mark.slow

_COMMAND = (sys.executable, "-c", "from moderator.cli.main import run; run()")
_RUNNING = re.compile(rb"running on (http://[0-9.:]+)")
_PLAIN = "喜鹊登枝有人买六合彩吗"


def secret_values(values: Mapping[str, Any]) -> dict[str, str]:
    """Every secret by its variable."""
    found = {
        "DATABASE__URL": values["database"]["url"],
        "EVIDENCE__KEY": values["evidence"]["key"],
        "EVIDENCE__FINGERPRINT_KEY": values["evidence"]["fingerprint_key"],
        "WECOM__CONTACTS_SECRET": secrets.token_urlsafe(32),
        "API__TOKENS__REHEARSAL": values["api"]["tokens"]["rehearsal"],
        "SIEM__SECRETS": json.dumps(["whsec_" + base64.b64encode(os.urandom(32)).decode()]),
        "ROBOTS__KEYS__WR1": secrets.token_urlsafe(24),
    }
    for name, app in values["wecom"]["apps"].items():
        for field in ("secret", "token", "encoding_aes_key"):
            found[f"WECOM__APPS__{name.upper()}__{field.upper()}"] = app[field]
    return found


def markers(found: Mapping[str, str], password: str) -> set[str]:
    """What must be found nowhere, in each form in which it might."""
    plain = {value.strip('[]"') for name, value in found.items() if name != "DATABASE__URL"}
    plain |= {password, _PLAIN, _PLAIN[:4]}
    encoded = {base64.b64encode(one.encode()).decode() for one in plain}
    return plain | encoded | {quote(one, safe="") for one in plain}


def environment(values: dict[str, Any], found: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What is secret in files, the rest in variables."""
    kept = {name: value for name, value in os.environ.items() if "MODERATOR" not in name}
    open_apps = {
        name: {"agent_id": app["agent_id"]} for name, app in values["wecom"]["apps"].items()
    }
    plain = {
        "WECOM": {**values["wecom"], "apps": open_apps},
        "COMPLIANCE": values["compliance"],
        "RULES": values["rules"],
        "SPOOL": values["spool"],
        "SERVER": {"port": 0, "processes": 2},
        "SIEM": {"url": "http://127.0.0.1:1/"},
        "LOG": {"level": "debug"},
    }
    for name, value in found.items():
        (folder / name).write_text(value, "utf-8")
        kept[f"MODERATOR_{name}_FILE"] = str(folder / name)
    return kept | {f"MODERATOR_{name}": json.dumps(value) for name, value in plain.items()}


async def test_no_secret_and_no_text_leaves_by_any_way(
    values: dict[str, Any], database_url: str, tmp_path: Path
) -> None:
    """Not in answers, logs, error pages, metrics, the doctor's words, arguments or variables."""
    password = secrets.token_urlsafe(24)
    values["database"] = {"url": _with_password(database_url, password)}
    found = secret_values(values)
    surroundings = environment(values, found, tmp_path)
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, "serve", env=surroundings, stdout=-1, stderr=-1
    )
    assert process.stderr
    assert process.stdout
    said = bytearray()
    async with asyncio.timeout(60):
        while not (running := _RUNNING.search(said)):
            line = await process.stderr.readline()
            assert line, bytes(said)
            said += line
    heard = asyncio.create_task(process.stderr.read())
    said += _visible(process.pid)
    said += await _everything_that_goes_wrong(running[1].decode(), build_settings(values))
    process.send_signal(signal.SIGTERM)
    said += await heard + await process.stdout.read()
    await process.wait()
    said += await _told("doctor", environment=surroundings)
    broken = surroundings | {
        "MODERATOR_DATABASE__URL_FILE": str(tmp_path / "WECOM__CONTACTS_SECRET")
    }
    said += await _told("serve", environment=broken)

    assert b"gettoken" in said  # it did try to use its secrets
    assert b"MODERATOR_DATABASE__URL" in said  # and did complain about the wrong one
    assert b"'violation'" in said or b'"violation"' in said  # and did find what was written
    text = said.decode("utf-8", "replace")
    assert [one for one in markers(found, password) if one in text] == []


async def _everything_that_goes_wrong(url: str, settings: Settings) -> bytes:
    """All answers, with their headers, to what is asked rightly, wrongly and by strangers."""
    token = settings.api.tokens["rehearsal"].get_secret_value()
    rightly = {"Authorization": f"Bearer {token}"}
    wrongly = {"Authorization": f"Bearer {token[:-1]}"}
    address = f"/wecom/callback/{MODERATION_APP}"
    genuine, query = _delivery(settings)
    seen = bytearray()
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        asked = [
            *[http.get(path) for path in ("/livez", "/readyz", "/metrics", "/version", "/nowhere")],
            *[http.get(path) for path in ("/api/docs", "/api/openapi.json", "/healthz")],
            http.get("/api/v1/violations", headers=wrongly),
            http.get("/api/v1/violations?limit=x&before=y", headers=rightly),
            http.get("/api/v1/violations/999999", headers=rightly),
            http.post("/api/v1/violations/1/decision", content=b"{", headers=rightly),
            http.post("/api/v1/violations/1/decision", content=b" " * 300_000),
            http.put("/api/v1/violations", headers=rightly),
            http.get(address, params=query | {"echostr": "AAAA"}),
            http.post(address, params=query, content=b"<xml>" + genuine),
            http.post(address, params=query | {"msg_signature": "0" * 40}, content=genuine),
            http.post(address, params=query, content=b"\xff" * 2_000_000),
            http.post("/wecom/callback/nobody", params=query, content=genuine),
            http.post(address, params=query, content=genuine),
        ]
        for answer in [await one for one in asked]:
            seen += repr(answer.headers.raw).encode() + answer.content
        assert answer.status_code == 200
        async with asyncio.timeout(20):  # until the worker has tried to call WeCom
            page = b""
            while b"gettoken" not in page:
                page = (await http.get("/metrics")).content
        return bytes(seen + page + (await http.get("/healthz")).content)


def _delivery(settings: Settings) -> tuple[bytes, dict[str, str]]:
    app = settings.wecom.apps[MODERATION_APP]
    envelope = Envelope(
        token=app.token.get_secret_value(),
        encoding_aes_key=app.encoding_aes_key.get_secret_value(),
        receive_id=settings.wecom.corp_id,
    )
    corp = settings.wecom.corp_id
    head = callbacks.Head(corp=corp, sender="ZhangSan", at=1_790_000_000, agent_id=app.agent_id)
    sealed = envelope.seal(callbacks.text(head, 1, _PLAIN), timestamp="1790000000", nonce="1")
    query = {"msg_signature": sealed.signature, "timestamp": "1790000000", "nonce": "1"}
    return sealed.body, query


def _visible(pid: int) -> bytes:
    """What any user of the machine sees of the processes, and what an inspector of them sees."""
    service = psutil.Process(pid)
    processes = [service, *service.children(recursive=True)]
    shown = [part for one in processes for part in (*one.cmdline(), *one.environ().values())]
    return "\n".join(shown).encode()


async def _told(*arguments: str, environment: dict[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, *arguments, env=environment, stdout=-1, stderr=-1
    )
    async with asyncio.timeout(60):
        return b"".join(await process.communicate())


def _with_password(url: str, password: str) -> str:
    scheme, _, rest = url.partition("://")
    user, _, place = rest.rpartition("@")
    name = user.partition(":")[0] or "postgres"
    return f"{scheme}://{name}:{password}@{place}"


def test_every_marker_would_be_seen() -> None:
    """The search itself finds what it looks for, whatever it is encoded in."""
    found = {"X": "s3cr3t/+="}
    looked_for = markers(found, "p4ss")
    written = f"a={quote('s3cr3t/+=', safe='')} b={base64.b64encode(b'p4ss').decode()}"

    assert len([one for one in looked_for if one in written]) >= 2
    assert urlencode({"a": "s3cr3t/+="}).removeprefix("a=") in looked_for
