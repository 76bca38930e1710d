"""Plays the scripted day against a running service and reads back what became of it."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from moderator.rehearsal import callbacks
from moderator.rehearsal.callbacks import Head
from moderator.rehearsal.scene import Kind, Line
from moderator.rehearsal.sender import CallbackSender, Timing
from moderator.rehearsal.world import App
from moderator.wecom.envelope import Envelope

_UNSETTLED = {"queued", "sending"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One line as it was played: WeCom's answers to it, and the violation it led to."""

    line: Line
    message_id: str
    statuses: tuple[int | None, ...]
    violation: Mapping[str, Any] | None = None
    doubled: bool = False
    actions: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def found(self) -> str:
        return str(self.violation["category"]) if self.violation else ""

    @property
    def as_scripted(self) -> bool:
        wanted = 403 if self.line.kind is Kind.FORGED else 200
        answered = all(status == wanted for status in self.statuses)
        return answered and self.found == self.line.category and not self.doubled


class Stage:
    """A service, its callback address for one app, and its query API."""

    def __init__(
        self, *, url: str, app: App, corp: str, token: str, http: httpx.AsyncClient
    ) -> None:
        self._http = http
        self._api = f"{url}/api/v1/violations"
        self._headers = {"authorization": f"Bearer {token}"}
        self._app = app
        self._corp = corp
        self._callback = f"{url}/wecom/callback/{app.name}"
        self._first_id = time.time_ns() // 1_000

    async def play(self, lines: Sequence[Line]) -> list[Scene]:
        """Send every line in order; returns once every action is carried out or waits."""
        scenes = [await self._say(number, line) for number, line in enumerate(lines)]
        violations = await self._settled()
        return [_with_violation(scene, violations) for scene in scenes]

    async def _say(self, number: int, line: Line) -> Scene:
        message_id = self._first_id + number
        head = Head(
            corp=self._corp,
            sender=line.sender,
            at=int(time.time()),
            agent_id=self._app.agent_id,
        )
        plain = _plaintext(line, head, message_id)
        sender = self._sender(self._app.token if line.kind is not Kind.FORGED else "guessed")
        times = 2 if line.kind is Kind.REPEATED else 1
        deliveries = [await sender.deliver(plain) for _ in range(times)]
        statuses = tuple(delivery.statuses[0] for delivery in deliveries)
        return Scene(line=line, message_id=str(message_id), statuses=statuses)

    def _sender(self, token: str) -> CallbackSender:
        envelope = Envelope(
            token=token, encoding_aes_key=self._app.encoding_aes_key, receive_id=self._corp
        )
        return CallbackSender(
            self._callback,
            envelope,
            self._http,
            agent_id=self._app.agent_id,
            timing=Timing(deliveries=1),
        )

    async def _settled(self, within: float = 30.0) -> list[dict[str, Any]]:
        async with asyncio.timeout(within):
            while True:
                violations = await self._violations()
                states = {action["state"] for one in violations for action in one["actions"]}
                if not states & _UNSETTLED:
                    return violations
                await asyncio.sleep(0.1)

    async def _violations(self) -> list[dict[str, Any]]:
        listed = await self._get(self._api, limit=200)
        return [await self._get(f"{self._api}/{item['id']}") for item in listed["items"]]

    async def _get(self, url: str, **query: Any) -> dict[str, Any]:
        answer = await self._http.get(url, params=query, headers=self._headers)
        answer.raise_for_status()
        content: dict[str, Any] = answer.json()
        return content


def _plaintext(line: Line, head: Head, message_id: int) -> bytes:
    match line.kind:
        case Kind.IMAGE:
            return callbacks.image(head, message_id, f"media{message_id}")
        case Kind.EVENT:
            return callbacks.event(head, "enter_agent", {"EventKey": ""})
        case Kind.TEXT | Kind.REPEATED | Kind.FORGED:
            return callbacks.text(head, message_id, line.text)


def _with_violation(scene: Scene, violations: Sequence[Mapping[str, Any]]) -> Scene:
    own = [one for one in violations if one["message_id"] == scene.message_id]
    if not own:
        return scene
    return replace(scene, violation=own[0], actions=tuple(own[0]["actions"]), doubled=len(own) > 1)
