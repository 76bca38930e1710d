"""WeCom's limits, a little below what it documents (`wecom.md` §6.1, §6.4, §6.5, §7.3).

Other programs send through the same apps, and WeCom's clock is not ours.  What exceeds the limits
of receivers is dropped and nobody is told; what exceeds the others is refused and blocks more.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from moderator.ledger.limits.allowances import Charge
from moderator.wecom.gate import Call

Windows = tuple[tuple[int, timedelta], ...]  # (at most, in so long), …

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)

TO_MEMBER: Final[Windows] = ((25, _MINUTE), (900, _HOUR))  # of 30 and 1,000, per app
TO_GROUPS: Final[Windows] = ((180, _MINUTE), (9_000, _DAY))  # of 200 and 10,000, per member
GROUP_PEOPLE: Final[Windows] = ((18_000, _MINUTE), (270_000, _HOUR))  # 人次 of 20,000 and 300,000
GROUP_CHANGES: Final[Windows] = ((900, _HOUR),)  # of 1,000
ROBOT: Final[Windows] = ((18, _MINUTE),)  # of 20, per key
API: Final[Windows] = ((9_000, _MINUTE), (135_000, _HOUR))  # of 10,000 and 150,000, per API

_SEND: Final = "/cgi-bin/appchat/send"
_CHANGE: Final = "/cgi-bin/appchat/update"


def charges(call: Call) -> list[Charge]:
    """What the call spends; the frequency of its API comes first."""
    return [*frequency(call), *_to_receivers(call)]


def frequency(call: Call) -> list[Charge]:
    """The window that WeCom closes when it refuses `call` with 45009, and the longer ones."""
    if call.robot:
        return _each(f"robot/{call.robot}", ROBOT)
    return _each(f"api{call.path.removeprefix('/cgi-bin')}", API)


def _to_receivers(call: Call) -> Iterator[Charge]:
    for user in dict.fromkeys(user.lower() for user in call.users):
        yield from _each(f"member/{call.agent}/{user}", TO_MEMBER)
    if call.path == _SEND:
        # A member may be in all groups: as if everybody were.
        yield from _each("groups", TO_GROUPS)
        yield from _each("groups/people", GROUP_PEOPLE, call.people)
    if call.path == _CHANGE:
        yield from _each("groups/changes", GROUP_CHANGES)


def _each(receiver: str, windows: Windows, amount: int = 1) -> list[Charge]:
    return [
        Charge(receiver=receiver, most=most, window=window, amount=min(amount, most))
        for most, window in windows
    ]
