"""Who looks at a case is known afterwards."""

from typing import Any

import httpx

from moderator.app import create_app
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.rehearsal import callbacks
from moderator.rehearsal.invention import MODERATION_APP
from moderator.settings import build_settings
from moderator.wecom.envelope import Envelope


async def test_whoever_reads_a_case_is_named(
    values: dict[str, Any], database_url: str, database: Engine
) -> None:
    """The holder of the token and the case, before the answer is there."""
    values["database"] = {"url": database_url}
    settings = build_settings(values)
    app = settings.wecom.apps[MODERATION_APP]
    envelope = Envelope(
        token=app.token.get_secret_value(),
        encoding_aes_key=app.encoding_aes_key.get_secret_value(),
        receive_id=settings.wecom.corp_id,
    )
    corp, agent = settings.wecom.corp_id, app.agent_id
    head = callbacks.Head(corp=corp, sender="ZhangSan", at=1_790_000_000, agent_id=agent)
    sealed = envelope.seal(callbacks.text(head, 1, "买六合彩"), timestamp="1", nonce="1")
    query = {"msg_signature": sealed.signature, "timestamp": "1", "nonce": "1"}
    token = settings.api.tokens["rehearsal"].get_secret_value()
    transport = httpx.ASGITransport(create_app(settings, database))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        await http.post(f"/wecom/callback/{MODERATION_APP}", params=query, content=sealed.body)
        http.headers["Authorization"] = f"Bearer {token}"
        (case,) = (await http.get("/api/v1/violations")).json()["items"]
        answer = await http.get(f"/api/v1/violations/{case['id']}")

    assert answer.status_code == 200
    (read,) = [
        row.deed for row in await Audit(database).page() if row.deed.action == "evidence.read"
    ]
    assert (read.actor, read.subject) == ("rehearsal", f"violation/{case['id']}")
