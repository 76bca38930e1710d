"""Carrying actions out: one method for each kind, each ends in a state with a reason.

`accepted` is what WeCom said, never what a person received.  What WeCom allows nobody to do is
`unsupported` and says why (`wecom.md` §9).  Failures that another try may mend are raised.
"""

from collections.abc import Mapping
from typing import Any, assert_never

from moderator.domain.decision import ActionKind
from moderator.enforcement.directory import Directory
from moderator.enforcement.notices import compliance_card, warning
from moderator.enforcement.removal import Removal
from moderator.enforcement.results import Result, accepted, failed, unsupported
from moderator.ledger.records import ClaimedAction, ViolationRecord
from moderator.ledger.violations import Violations
from moderator.settings import ComplianceSettings, WeComSettings
from moderator.wecom.client import SentMessage, WeComClient


class Sanctions:
    """Every `ActionKind` against the WeCom API."""

    def __init__(
        self,
        client: WeComClient,
        violations: Violations,
        *,
        wecom: WeComSettings,
        compliance: ComplianceSettings,
    ) -> None:
        self._client = client
        self._violations = violations
        self._apps = wecom.apps
        self._compliance = compliance
        self._directory = Directory(client)
        self._removal = Removal(client, wecom.apps)

    async def carry_out(self, action: ClaimedAction) -> Result:
        """Raises `WeComError` as the client does, and `LedgerError`."""
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
        payload = _message(violation.sender, "text", warning(violation))
        sent = await self._client.send_message(violation.app, payload)
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
        warnings = [
            action.wecom_msgid
            for action in violation.actions
            if action.kind is ActionKind.WARN_SENDER and action.wecom_msgid
        ]
        for msgid in warnings:
            await self._client.recall(violation.app, msgid)
        if not warnings:
            return unsupported("no warning of this violation was sent")
        return accepted("WeCom took the warning back")

    async def _notify_group(self, card: str) -> Result:
        payload = {"msgtype": "markdown", "markdown": {"content": card}}
        await self._client.send_to_group(self._compliance.app, self._compliance.chat, payload)
        return accepted("WeCom took the card for the compliance group")

    async def _notify_users(self, card: str) -> Result:
        users = self._compliance.users
        payload = _message("|".join(users), "markdown", card)
        sent = await self._client.send_message(self._compliance.app, payload)
        missed = [user for user in users if user.lower() in _lower(sent)]
        if len(missed) == len(users):
            return failed("WeCom left out everybody who should be told")
        left_out = f", but left out {', '.join(missed)}" if missed else ""
        return accepted(f"WeCom took the card for compliance{left_out}", sent.msgid)


def _message(to: str, kind: str, content: str) -> Mapping[str, Any]:
    return {"touser": to, "msgtype": kind, kind: {"content": content}}


def _lower(sent: SentMessage) -> set[str]:
    # userids are the same in upper and lower case, and WeCom may answer in either.
    return {userid.lower() for userid in sent.invalid_users}
