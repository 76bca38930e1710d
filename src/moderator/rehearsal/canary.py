"""A real callback with a banned word, and the proof that the service recorded it."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Final

import httpx

from moderator.domain import canary
from moderator.rehearsal.callbacks import Head, text
from moderator.rehearsal.recorded import QueryFailed, RecordedViolation, ViolationList
from moderator.rehearsal.run import Target
from moderator.rehearsal.sender import CallbackSender, Timing, callback_client

_BETWEEN_LOOKS: Final = 0.2  # seconds
_EARLIER: Final = 300.0  # seconds by which the clocks of both machines may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """How one canary fared: what is wrong, empty if nothing is, and how long it took."""

    app: str
    fault: str
    seconds: float


async def fly(target: Target, *, api: str, within: float) -> Flight:
    """Send the canary to `target` and ask at `api` until it is recorded or `within` s are over."""
    began = time.perf_counter()
    async with callback_client() as http:
        fault = await _flown(target, api, within, http)
    return Flight(app=target.app, fault=fault, seconds=time.perf_counter() - began)


async def _flown(target: Target, api: str, within: float, http: httpx.AsyncClient) -> str:
    msgid, now = secrets.randbits(62), int(time.time())
    sender = CallbackSender(
        target.callback,
        target.envelope,
        http,
        agent_id=target.agent_id,
        timing=Timing(patience=min(within, 5.0), spacing=1.0),
    )
    head = Head(corp=target.corp, sender=canary.SENDER, at=now, agent_id=target.agent_id)
    delivery = await sender.deliver(text(head, msgid, canary.TEXT))
    if not delivery.answered:
        return f"the callback was answered {delivery.status or 'not at all'}"
    violations = ViolationList(api, target.api_token, http, sender=canary.SENDER)
    return await _recorded(violations, str(msgid), now - _EARLIER, within)


async def _recorded(violations: ViolationList, msgid: str, since: float, within: float) -> str:
    until = time.perf_counter() + within
    while True:
        fault = await _fault(violations, msgid, since)
        if not fault or time.perf_counter() >= until:
            return fault
        await asyncio.sleep(_BETWEEN_LOOKS)


async def _fault(violations: ViolationList, msgid: str, since: float) -> str:
    try:
        recorded = await violations.since(since)
    except QueryFailed as failed:
        return f"cannot be looked up: {failed}"
    return _verdict([each for each in recorded if each.message_id == msgid])


def _verdict(found: list[RecordedViolation]) -> str:
    if not found:
        return "answered 200, but not recorded as a violation"
    if len(found) > 1:
        return f"recorded {len(found)} times"
    if found[0].category != canary.CATEGORY:
        return f"recorded as {found[0].category}, not as {canary.CATEGORY}"
    return ""
