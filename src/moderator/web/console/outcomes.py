"""Why an action was decided and what came of it, in the reader's language.

Both are kept in the words of the log.  What is not known by its shape is shown as it is.
"""

import re
from dataclasses import dataclass
from typing import Final

from moderator.policy.policy import Policy
from moderator.web.console.catalogue import Catalogue
from moderator.web.console.policy_words import PolicyWords
from moderator.web.console.wording import worded

_STEP: Final = re.compile(r"(?P<ladder>[\w-]+)/(?P<at>[\w-]+)(?:: (?P<why>.*))?")


@dataclass(frozen=True, slots=True)
class OutcomeWords:
    """Says reasons and outcomes; steps are named as the policy in use has them."""

    policy: Policy
    catalogue: Catalogue

    def outcome(self, text: str) -> str:
        return worded(text, self.catalogue)

    def detail(self, text: str) -> str:
        """What an action is about: a measure of the policy, or the situation of a follow-up."""
        parts = [self.catalogue.word("situation", part) for part in text.split()]
        if parts == text.split():
            return text
        named = [self.catalogue.word("action", part) for part in parts]
        return self.catalogue.say("outcome.listed").join(named)

    def reason(self, text: str) -> str:
        """`secrets/2: approval`: the step that called for it, and what is to be said of that."""
        step = _STEP.fullmatch(text)
        named = self._step(step["ladder"], step["at"]) if step else ""
        if step is None or not named:
            return self.outcome(text)
        why = self.outcome(step["why"]) if step["why"] else ""
        return self.catalogue.say("outcome.step", step=named, why=why) if why else named

    def _step(self, ladder_id: str, at: str) -> str:
        words = PolicyWords(self.policy, self.catalogue)
        if ladder_id == "units":
            found = [one for one in self.policy.conversions if one.id == at]
            return words.conversion(found[0]) if found else ""
        ladders = [one for one in self.policy.ladders if one.id == ladder_id]
        if not ladders or not at.isdigit():
            return ""
        return self.catalogue.say("outcome.rung", ladder=words.ladder(ladders[0]), count=int(at))
