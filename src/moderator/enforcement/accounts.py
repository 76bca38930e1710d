"""Disabling a person's whole WeCom account, and enabling it again (`wecom.md` §6.6)."""

from dataclasses import replace
from typing import Final

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.results import Result, accepted, cancelled, failed, not_done
from moderator.errors import WeComRefused
from moderator.ledger.records import ClaimedAction, ViolationRecord
from moderator.settings import Settings
from moderator.wecom.client import WeComClient
from moderator.wecom.errors import Remedy, classify

_DISABLED: Final = 2  # WeCom's status


class Accounts:
    """Needs the secret of 通讯录同步; whether it worked is looked up with the app's own."""

    def __init__(self, client: WeComClient, settings: Settings) -> None:
        compliance = settings.compliance
        self._client = client
        self._apps = settings.wecom.apps
        self._speaker = compliance.app
        self._can = settings.wecom.contacts_secret is not None
        # Whoever could undo it must not be locked out by it.
        self._exempt = {
            userid.lower()
            for userid in (
                *settings.enforcement.never_disable,
                *compliance.users,
                *compliance.hr_users,
                *compliance.confidentiality_users,
            )
        }

    async def disable(self, action: ClaimedAction) -> Result:
        """Raises `WeComError`."""
        if action.violation.sender.lower() in self._exempt:
            return cancelled("exempt: named in enforcement.never_disable or for compliance")
        return await self._switch(action, enabled=False)

    async def enable(self, action: ClaimedAction) -> Result:
        """Raises `WeComError`; the disabling that it takes back becomes `undone`."""
        result = await self._switch(action, enabled=True)
        if result.state is not ActionState.ACCEPTED:
            return result
        undone = tuple(
            other.id
            for other in action.violation.actions
            if other.kind is ActionKind.DISABLE_ACCOUNT and other.state is ActionState.ACCEPTED
        )
        return replace(result, undoes=undone)

    async def _switch(self, action: ClaimedAction, *, enabled: bool) -> Result:
        if not self._can:
            return not_done(action.kind, "wecom.contacts_secret is not set")
        await self._client.set_enabled(action.violation.sender, enabled=enabled)
        return await self._looked_at(action.violation, enabled=enabled)

    async def _looked_at(self, violation: ViolationRecord, *, enabled: bool) -> Result:
        done = "enabled" if enabled else "disabled"
        app = violation.app if violation.app in self._apps else self._speaker
        try:
            person = await self._client.person(app, violation.sender)
        except WeComRefused as refusal:
            if classify(refusal.code) is Remedy.RETRY:
                raise
            return accepted(f"{done}, says WeCom; the app may not look at it ({refusal.code})")
        if (person.status != _DISABLED) is enabled:
            return accepted(f"{done}: WeCom shows status {person.status}")
        return failed(f"WeCom said yes, and still shows status {person.status}", 0)
