"""WeCom is slow, breaks off, answers garbage, refuses, or forgets its tokens."""

from typing import Final

from faults.stage import Stage
from moderator.rehearsal.failures import Fault

_SEND: Final = "/message/send"
_GROUP: Final = "/appchat/send"
_TOO_SLOW: Final = 2.5  # seconds; the service waits 1.5
_BATCH: Final = 12


async def slow(stage: Stage, _: int) -> str:
    """It carries calls out and answers when nobody waits any more."""
    return await _meets(stage, Fault.SLOW, seconds=_TOO_SLOW)


async def resetting(stage: Stage, _: int) -> str:
    """Connections break before the work."""
    return await _meets(stage, Fault.RESET)


async def mute(stage: Stage, _: int) -> str:
    """Connections break after the work: it took the message and said so to nobody."""
    return await _meets(stage, Fault.LOST_ANSWER)


async def garbage(stage: Stage, _: int) -> str:
    """HTTP 200 with a page of a gateway, and HTTP 502."""
    stage.stand_in.fail(_SEND, Fault.STATUS, times=1)
    return await _meets(stage, Fault.GARBAGE)


async def refusing(stage: Stage, _: int) -> str:
    """HTTP 200 with errcode -1, "system busy"."""
    return await _meets(stage, Fault.ERRCODE)


async def forgetful(stage: Stage, _: int) -> str:
    """Tokens expire, then are revoked, while messages go out."""
    running = await stage.serve()
    for forget in (stage.stand_in.tokens.expire_all, stage.stand_in.tokens.revoke_all):
        await stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=40)
        forget()
        await stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=40)
        await stage.settled()
    return f"{len(stage.stand_in.journal.calls('/gettoken'))} tokens asked for"


async def _meets(stage: Stage, fault: Fault, *, seconds: float = 0) -> str:
    for path in (_SEND, _GROUP):
        stage.stand_in.fail(path, fault, times=2, seconds=seconds)
    running = await stage.serve()
    await stage.traffic.send(running.url, stage.traffic.messages(_BATCH), rate=40)
    await stage.settled()
    met = [call for call in stage.stand_in.journal.calls() if call.fault]
    return f"{len(met)} calls met it"
