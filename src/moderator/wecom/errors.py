"""What an errcode asks of the caller (`wecom.md` §7.4, after WeCom's global error-code page)."""

from enum import StrEnum
from typing import Final


class Remedy(StrEnum):
    """The only sensible next step after a refusal."""

    RETRY = "retry"  # busy or too many calls: the same call later
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 -- the name of a step
    PAUSE_APP = "pause_app"  # nothing this app calls will work until a person changes something
    GONE = "gone"  # the person or the group is no longer there
    UNSUPPORTED = "unsupported"  # WeCom does not allow this to anyone, or no longer
    FAIL = "fail"  # our request or our permissions are wrong; asking again changes nothing


BUSY: Final = -1
WRONG_SECRET: Final = (40001, 40013, 41004)  # secret or corp id; asking again gets us banned
PERMISSION: Final = (48002, 48006, 48009)  # of one call; the app's others may work
TOO_MANY_CALLS: Final = 45009
NO_SUCH_MEMBER: Final = (40003, 46004, 60111)

_REMEDIES = {
    Remedy.RETRY: (BUSY, 6000, TOO_MANY_CALLS, 45033),
    Remedy.REFRESH_TOKEN: (40014, 41001, 42001),
    Remedy.PAUSE_APP: (
        *WRONG_SECRET,
        *(40056, 50003, 301002),  # agent id, or the app is switched off
        *PERMISSION,
        *(48004, 60020),  # permission taken back, address not trusted
    ),
    # Member left; group dissolved; not in the group any more.
    Remedy.GONE: (*NO_SUCH_MEMBER, 49008, 86216),
    # Recall too late; group not ours, not internal, or owner only.
    Remedy.UNSUPPORTED: (42052, 86008, 86101, 86224, 90501, 92002, 301005, 301059),
}


def classify(code: int) -> Remedy:
    """Return the remedy for `code`; codes without one of their own are `FAIL`."""
    return next((remedy for remedy, codes in _REMEDIES.items() if code in codes), Remedy.FAIL)
