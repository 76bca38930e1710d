"""Signed, encrypted callbacks, and what was answered to each: WeCom's memory of a run."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from faults.checking import Sent
from moderator.rehearsal import callbacks
from moderator.rehearsal.callbacks import Head
from moderator.rehearsal.run import Target
from moderator.rehearsal.sender import OK, CallbackSender, Timing, callback_client

_BREAKS = ("有人买六合彩吗", "今晚六合彩开奖，跟我买稳赚", "拉我进了个六合彩群")
_CLEAN = ("周报已经发到群里了", "会议改到三点", "投影仪坏了，已经报修", "好的，收到")
_ONCE = Timing(patience=5.0, deliveries=1)


@dataclass(slots=True)
class Said:
    """One message and the statuses of its deliveries; None where no answer came."""

    msgid: int
    sender: str
    breaks_a_rule: bool
    plain: bytes
    statuses: list[int | None] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def answered(self) -> bool:
        return OK in self.statuses


class Traffic:
    """What a few people write to one app; few, so that each of them offends again and again."""

    def __init__(self, target: Target, people: Sequence[str], chance: random.Random) -> None:
        self._target = target
        self._people = people
        self._chance = chance
        self.said: list[Said] = []

    def messages(self, count: int, *, violations: float = 0.7, padding: int = 0) -> list[Said]:
        """New messages of which that share breaks a rule; `padding` more letters in each."""
        chance = self._chance
        made = [self._message(chance.random() < violations, padding) for _ in range(count)]
        self.said += made
        return made

    async def send(
        self, url: str, messages: Sequence[Said], *, rate: float = 0, deliveries: int = 1
    ) -> None:
        """Deliver each, `deliveries` times, in that order; `rate` a second, or all at once."""
        async with callback_client() as http:
            address = f"{url}/wecom/callback/{self._target.app}"
            sender = CallbackSender(address, self._target.envelope, http, timing=_ONCE)
            began = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                for number, message in enumerate(list(messages) * deliveries):
                    if rate:
                        due = began + number / rate - time.perf_counter()
                        await asyncio.sleep(max(0.0, due))
                    tasks.create_task(_deliver(sender, message))

    async def again(self, url: str) -> None:
        """What WeCom does with a callback that was not answered 200."""
        await self.send(url, [said for said in self.said if not said.answered])

    def sent(self) -> list[Sent]:
        """What the checker compares."""
        return [
            Sent(
                msgid=str(said.msgid),
                sender=said.sender,
                breaks_a_rule=said.breaks_a_rule,
                answered=said.answered,
            )
            for said in self.said
        ]

    def _message(self, breaks_a_rule: bool, padding: int) -> Said:  # noqa: FBT001 - its name says what it is
        sender = self._chance.choice(self._people)
        msgid = self._chance.getrandbits(62)
        head = Head(
            corp=self._target.corp,
            sender=sender,
            at=int(time.time()),
            agent_id=self._target.agent_id,
        )
        text = self._chance.choice(_BREAKS if breaks_a_rule else _CLEAN)
        return Said(
            msgid, sender, breaks_a_rule, callbacks.text(head, msgid, text + "。" + "好" * padding)
        )


async def _deliver(sender: CallbackSender, message: Said) -> None:
    delivery = await sender.deliver(message.plain)
    message.statuses += delivery.statuses
    message.seconds.append(delivery.seconds)
