"""Taking the service's own messages back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.results import Result, accepted, cancelled
from moderator.errors import WeComRefused
from moderator.ledger.records import ActionRecord, ClaimedAction
from moderator.settings import Settings
from moderator.wecom.client import WeComClient
from moderator.wecom.errors import Remedy, classify

# What the app that the person wrote to says; all else is said by the app of compliance.
TO_SENDER: Final = frozenset(
    {ActionKind.REMIND_SENDER, ActionKind.WARN_SENDER, ActionKind.ASK_RECALL}
)
_IN_GROUPS: Final = frozenset({ActionKind.NOTIFY_GROUP, ActionKind.PUBLISH_NOTICE})
# Compliance staff keep their card: it is what they judged by.
_KEPT: Final = frozenset({ActionKind.NOTIFY_COMPLIANCE})
_STANDS: Final = frozenset({ActionState.ACCEPTED, ActionState.COMPLIED})


@dataclass(frozen=True, slots=True)
class _Tried:
    notice: ActionRecord
    errcode: int = 0


class Retraction:
    """Recalls every message about a violation that WeCom still takes back."""

    def __init__(self, client: WeComClient, settings: Settings) -> None:
        self._client = client
        self._apps = settings.wecom.apps
        self._speaker = settings.compliance.app

    async def recall(self, action: ClaimedAction) -> Result:
        """Nothing in a group can be recalled, and nothing after 24 hours; the outcome says so."""
        chosen = set(action.detail.split())  # ids; none: all
        notices = [
            other
            for other in action.violation.actions
            if other.state in _STANDS
            and other.kind not in _KEPT
            and (not chosen or str(other.id) in chosen)
        ]
        tried = [await self._take_back(action, one) for one in notices if one.wecom_msgid]
        in_groups = [one for one in notices if one.kind in _IN_GROUPS and not one.wecom_msgid]
        if not tried and not in_groups:
            return cancelled("no notice of this violation was sent")
        return _result(tried, in_groups)

    async def _take_back(self, action: ClaimedAction, notice: ActionRecord) -> _Tried:
        app = action.violation.app if notice.kind in TO_SENDER else self._speaker
        if app not in self._apps:
            return _Tried(notice, _ANOTHER_APP)
        try:
            await self._client.recall(app, notice.wecom_msgid)
        except WeComRefused as refusal:
            if classify(refusal.code) not in _FINAL:
                raise
            return _Tried(notice, refusal.code)
        return _Tried(notice)


_ANOTHER_APP: Final = 40058
_EXPIRED: Final = 42052
_FINAL: Final = frozenset({Remedy.UNSUPPORTED, Remedy.FAIL, Remedy.GONE})


def _result(tried: Sequence[_Tried], in_groups: Sequence[ActionRecord]) -> Result:
    back = [one.notice for one in tried if not one.errcode]
    refused = [one for one in tried if one.errcode]
    sentences = [
        f"WeCom took back: {_kinds(back)}" if back else "",
        *(f"refused ({one.errcode}): {one.notice.kind.value}" for one in refused),
        f"what stands in a group cannot be recalled: {_kinds(in_groups)}" if in_groups else "",
    ]
    outcome = "; ".join(filter(None, sentences))
    if back:
        return accepted(outcome, undoes=tuple(notice.id for notice in back))
    errcode = refused[0].errcode if refused else None
    state = ActionState.EXPIRED if errcode == _EXPIRED else ActionState.UNSUPPORTED
    return Result(state=state, outcome=outcome, errcode=errcode)


def _kinds(notices: Sequence[ActionRecord]) -> str:
    return ", ".join(notice.kind.value for notice in notices)
