"""Carrying actions out: one method for each kind, each ends in a state with a reason.

`accepted` is what WeCom said, never what a person received.  What WeCom allows nobody to do is
`unsupported` and says why (`wecom.md` §9).  Failures that another try may mend are raised.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, assert_never

from moderator.domain.decision import ActionKind, ActionState
from moderator.enforcement.allowance import TO_GROUP, TO_MEMBER, Allowance
from moderator.enforcement.directory import Directory
from moderator.enforcement.notices import compliance_card, warning
from moderator.enforcement.removal import Removal
from moderator.enforcement.results import Result, accepted, cancelled, failed
from moderator.ledger.records import ActionRecord, ClaimedAction, ViolationRecord
from moderator.ledger.violations import Violations
from moderator.settings import ComplianceSettings, WeComSettings
from moderator.wecom import messages
from moderator.wecom.client import SentMessage, WeComClient


def _now() -> datetime:
    return datetime.now(UTC)


class Sanctions:
    """Every `ActionKind` against the WeCom API."""

    def __init__(
        self,
        client: WeComClient,
        violations: Violations,
        *,
        wecom: WeComSettings,
        compliance: ComplianceSettings,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._client = client
        self._violations = violations
        self._apps = wecom.apps
        self._compliance = compliance
        self._directory = Directory(client)
        self._removal = Removal(client, wecom.apps)
        self._clock = clock
        self._to_members = Allowance(TO_MEMBER)
        self._to_groups = Allowance(TO_GROUP)

    async def carry_out(self, action: ClaimedAction) -> Result:
        """Raises `WeComError` as the client does, `LedgerError`, and `Crowded` before a call."""
        violation = action.violation
        app_speaks = action.kind is not ActionKind.NOTIFY_COMPLIANCE
        if app_speaks and violation.app not in self._apps:
            return failed(f"the app {violation.app} is not in the settings any more")
        match action.kind:
            case ActionKind.IDENTIFY_SENDER:
                return await self.identify_sender(violation)
            case ActionKind.WARN_SENDER:
                return await self.warn_sender(violation)
            case ActionKind.NOTIFY_COMPLIANCE:
                return await self.notify_compliance(violation)
            case ActionKind.REMOVE_FROM_GROUP:
                return await self._removal.remove(violation)
            case ActionKind.RECALL_NOTICE:
                return await self.recall_notice(violation)
            case kind:
                assert_never(kind)

    async def identify_sender(self, violation: ViolationRecord) -> Result:
        """Keep name and department as they are now with the record."""
        entry = await self._directory.look_up(violation.app, violation.sender)
        await self._violations.identify(violation.id, entry.name, entry.department)
        return accepted("name and department are kept with the record")

    async def warn_sender(self, violation: ViolationRecord) -> Result:
        payload = messages.text(warning(violation), users=[violation.sender])
        sent = await self._send(violation.app, [violation.sender], payload)
        if violation.sender.lower() in _lower(sent):
            return failed("WeCom left the person out: outside the app's visible range or gone")
        return accepted("WeCom took the warning", sent.msgid)

    async def notify_compliance(self, violation: ViolationRecord) -> Result:
        card = compliance_card(violation)
        if self._compliance.chat:
            return await self._notify_group(card)
        return await self._notify_users(card)

    async def recall_notice(self, violation: ViolationRecord) -> Result:
        """Take back the warnings of this violation; raises code 42052 after 24 hours."""
        warnings = [action for action in violation.actions if _stands(action)]
        for sent in warnings:
            await self._client.recall(violation.app, sent.wecom_msgid)
        if not warnings:
            return cancelled("no warning of this violation was sent")
        undone = tuple(sent.id for sent in warnings)
        return accepted("WeCom took the warning back", undoes=undone)

    async def _send(
        self, app: str, users: Sequence[str], payload: Mapping[str, Any]
    ) -> SentMessage:
        # WeCom counts by app, whatever it is called here; userids are the same in either case.
        agent = self._apps[app].agent_id
        self._to_members.spend([f"{agent}/{user.lower()}" for user in users], self._clock())
        return await self._client.send_message(app, payload)

    async def _notify_group(self, card: str) -> Result:
        app, chat = self._compliance.app, self._compliance.chat
        self._to_groups.spend([chat], self._clock())
        await self._client.send_to_group(app, chat, messages.markdown(card))
        return accepted("WeCom took the card for the compliance group")

    async def _notify_users(self, card: str) -> Result:
        users = self._compliance.users
        payload = messages.markdown(card, users=users)
        sent = await self._send(self._compliance.app, users, payload)
        missed = [user for user in users if user.lower() in _lower(sent)]
        if len(missed) == len(users):
            return failed("WeCom left out everybody who should be told")
        left_out = f", but left out {', '.join(missed)}" if missed else ""
        return accepted(f"WeCom took the card for compliance{left_out}", sent.msgid)


def _stands(action: ActionRecord) -> bool:
    warned = action.kind is ActionKind.WARN_SENDER and action.state is ActionState.ACCEPTED
    return warned and bool(action.wecom_msgid)


def _lower(sent: SentMessage) -> set[str]:
    # userids are the same in upper and lower case, and WeCom may answer in either.
    return {userid.lower() for userid in sent.invalid_users}
