"""What a rehearsal sends: decided by seed and run id alone, message by message."""

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass

from moderator.rehearsal.chat import clean, violation
from moderator.rehearsal.invention import PEOPLE, invent_people


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One message; `category` is what it must be recorded under, empty for clean chat."""

    number: int
    msgid: int
    sender: str
    text: str
    category: str

    @property
    def key(self) -> tuple[str, str]:
        """How the service's API names it: MsgId and sender."""
        return str(self.msgid), self.sender


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`rate` messages a second for `seconds`; `violations` of each hundred break a rule.

    Equal plans are equal to the letter, MsgIds included.
    """

    rate: float
    seconds: float
    violations: float
    seed: int
    run_id: str

    @property
    def total(self) -> int:
        return round(self.rate * self.seconds)

    def messages(self) -> Iterator[Planned]:
        senders = tuple(person.userid for person in invent_people(PEOPLE, 1))
        for number in range(self.total):
            yield self._message(number, senders)

    def _message(self, number: int, senders: tuple[str, ...]) -> Planned:
        chance = random.Random(f"{self.seed}/{self.run_id}/{number}")  # noqa: S311 - not a secret
        says = violation(chance) if self._breaks_a_rule(number) else clean(chance)
        return Planned(
            number=number,
            msgid=self._msgid(number),
            sender=chance.choice(senders),
            text=says.text,
            category=says.category,
        )

    def _breaks_a_rule(self, number: int) -> bool:
        share = self.violations / 100
        return int((number + 1) * share) > int(number * share)

    def _msgid(self, number: int) -> int:
        digest = hashlib.sha256(f"{self.seed}/{self.run_id}/{number}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 1  # WeCom's are 64-bit and positive
