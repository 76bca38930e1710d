"""Why an action was decided and what came of it, in the reader's language.

Both are kept in the words of the log.  What is not known by its shape is shown as it is.
"""

import re
from dataclasses import dataclass
from typing import Final

from moderator.policy.policy import Policy
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.policy_words import PolicyWords

_TOLD: Final = r"(?:; compliance is told)?"
_SHAPES: Final = tuple(
    (re.compile(expression), key)
    for expression, key in (
        (rf"the message names no group{_TOLD}", "no_group"),
        (rf"nobody is known as (?P<whom>.+?){_TOLD}", "nobody"),
        (rf"(?P<chat>.+) is no group of an app of ours, .*?{_TOLD}", "foreign_group"),
        (r"the person has left the company, as WeCom said on (?P<day>\S+)", "left"),
        (r"may have arrived already, .*", "perhaps_arrived"),
        (r"the app (?P<app>\S+) is not in the settings any more", "no_app"),
        (r"WeCom sends to none of (?P<users>.+)", "none_reached"),
        (r"WeCom left out every reviewer: .*", "no_reviewer_reached"),
        (r"WeCom left out (?P<users>.+): outside the app's visible range or gone", "left_out"),
        (r"WeCom said yes, and still shows status \d+", "not_done"),
        (r"the receiver is gone for good \(HTTP 410\)", "receiver_gone"),
        (r"the card cannot be changed any more", "card_fixed"),
        (rf"no group to publish in is in the settings{_TOLD}", "no_notice_group"),
        (rf"the service cannot write to the group (?P<chat>\S+?){_TOLD}", "silent_group"),
        (r"lease ended", "lease_ended"),
        (r"held by an alarm on rule (?P<rule>\S+)", "alarm"),
        (r"alarm on rule (?P<rule>\S+)", "alarm_raised"),
        (r"approval", "approval"),
        (r"daily cap of (?P<most>\d+)", "cap"),
        (r"record_only", "record_only"),
        (r"exempt by (?P<id>[^:]+): (?P<why>.*)", "exempt"),
    )
)
_STEP: Final = re.compile(r"(?P<ladder>[\w-]+)/(?P<at>[\w-]+)(?:: (?P<why>.*))?")


@dataclass(frozen=True, slots=True)
class OutcomeWords:
    """Says reasons and outcomes; steps are named as the policy in use has them."""

    policy: Policy
    catalogue: Catalogue

    def outcome(self, text: str) -> str:
        for shape, key in _SHAPES:
            if found := shape.fullmatch(text):
                values = {name: self._named(value) for name, value in found.groupdict().items()}
                return self.catalogue.say(f"outcome.{key}", **values)
        return text

    def reason(self, text: str) -> str:
        """`secrets/2: approval`: the step that called for it, and what is to be said of that."""
        step = _STEP.fullmatch(text)
        named = self._step(step["ladder"], step["at"]) if step else ""
        if step is None or not named:
            return self.outcome(text)
        why = self.outcome(step["why"]) if step["why"] else ""
        return self.catalogue.say("outcome.step", step=named, why=why) if why else named

    def _named(self, value: str) -> str:
        """An office by its name in the reader's language."""
        key = f"office.{value.replace(' ', '_').lower()}"
        return self.catalogue.say(key) if self.catalogue.has(key) else value

    def _step(self, ladder_id: str, at: str) -> str:
        words = PolicyWords(self.policy, self.catalogue)
        if ladder_id == "units":
            found = [one for one in self.policy.conversions if one.id == at]
            return words.conversion(found[0]) if found else ""
        ladders = [one for one in self.policy.ladders if one.id == ladder_id]
        if not ladders or not at.isdigit():
            return ""
        return self.catalogue.say("outcome.rung", ladder=words.ladder(ladders[0]), count=int(at))
