"""Cards with buttons, and what reviewers pressed on them."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What a reviewer says of the proposals of a violation; the keys of the card's buttons."""

    APPROVE = "approve"
    DISMISS = "dismiss"
    LATER = "later"


class Decided(StrEnum):
    """What a card shows once somebody has decided, wherever they did."""

    APPROVED = "approved"
    REFUSED = "refused"
    DISMISSED = "dismissed"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardAnswer:
    """One press of a button (`template_card_event`).

    `key` is the SHA-256 (hex) of the decrypted payload.  `pressed` is the button's key, or the
    option chosen where the button only submits.  `response_code` updates the card once.
    """

    key: str
    app: str
    corp: str
    sender: str
    task: str
    pressed: str
    response_code: str
