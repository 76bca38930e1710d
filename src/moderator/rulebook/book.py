"""All rules, the policy and the screen built from them, as one immutable value."""

from dataclasses import dataclass, field

from moderator.domain.rule import Rule
from moderator.matching.flooding import Flooding
from moderator.matching.screening import Screen
from moderator.policy.policy import Policy
from moderator.rulebook.faults import Fault
from moderator.rulebook.reading import Reading


@dataclass(frozen=True, slots=True)
class Rulebook:
    """What decides about a message.

    `rules` holds the disabled ones too; `screen` and `flooding` were built without them.
    `hash` (64 hex digits) names the content of rules and policy, whatever files they stand in.
    `faults` are those of the files the book was read from.
    """

    rules: tuple[Rule, ...]
    policy: Policy
    screen: Screen
    hash: str
    faults: tuple[Fault, ...] = ()
    flooding: Flooding = field(default_factory=Flooding, repr=False, compare=False)
    reading: Reading = field(default_factory=Reading, repr=False, compare=False)
