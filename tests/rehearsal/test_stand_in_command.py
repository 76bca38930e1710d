"""`moderator stand-in` as a process of its own."""

import asyncio
import signal
import sys
from pathlib import Path

import httpx

from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.world import World
from moderator.settings import build_settings

_COMMAND = "import typer; from moderator.cli.stand_in import stand_in; typer.run(stand_in)"


async def test_command_plays_wecom_until_it_is_stopped(tmp_path: Path, invented: World) -> None:
    """It knows the app of the settings file, prints its address, and ends cleanly on SIGTERM."""
    config = tmp_path / "moderator.toml"
    config.write_text(_toml(invented), "utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _COMMAND, "--port", "0", "--config", str(config),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    try:
        url = (await process.stdout.readline()).decode().split()[-1]
        query = {"corpid": invented.corp, "corpsecret": invented.app("moderation").secret}
        async with httpx.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"{url}/cgi-bin/gettoken", params=query)
    finally:
        process.send_signal(signal.SIGTERM)
        status = await process.wait()

    assert answer.json()["errcode"] == 0
    assert status == 0


def _toml(world: World) -> str:
    values = settings_of(world, api_url="http://127.0.0.1:1")
    build_settings(values)
    app = values["wecom"]["apps"]["moderation"]
    lines = {
        "evidence.key": values["evidence"]["key"],
        "evidence.fingerprint_key": values["evidence"]["fingerprint_key"],
        "wecom.corp_id": world.corp,
        "wecom.apps.moderation.secret": app["secret"],
        "wecom.apps.moderation.token": app["token"],
        "wecom.apps.moderation.encoding_aes_key": app["encoding_aes_key"],
        "compliance.app": "moderation",
        "compliance.chat": "complianceroom",
    }
    text = "\n".join(f'{name} = "{value}"' for name, value in lines.items())
    return f"{text}\nwecom.apps.moderation.agent_id = {app['agent_id']}\n"
