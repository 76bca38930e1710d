"""Carrying out actions: each kind of action is one duty, and ends in a state with a reason.

`accepted` is what WeCom answered, not what a person received.  What WeCom allows nobody to do is
`unsupported`, says why (`wecom.md` §9) and becomes a task for the person who can.  Failures that
another try may mend are raised.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, assert_never

from moderator.domain.decision import ActionKind
from moderator.enforcement.accounts import Accounts
from moderator.enforcement.approval import Approval
from moderator.enforcement.asking import Asking
from moderator.enforcement.directory import Directory
from moderator.enforcement.post import Post
from moderator.enforcement.recipients import Recipients
from moderator.enforcement.removal import Removal
from moderator.enforcement.reporting import Reporting
from moderator.enforcement.results import Result, accepted, failed
from moderator.enforcement.retraction import TO_SENDER, Retraction
from moderator.enforcement.stationery import StationeryShelf
from moderator.enforcement.telling import Telling
from moderator.ledger.actions.requests import Requests
from moderator.ledger.reading.violations import Violations
from moderator.ledger.records import ClaimedAction, ViolationRecord
from moderator.settings import Settings
from moderator.wecom.client import WeComClient
from moderator.wecom.siem import Siem

# What only the app can do to which the person wrote.
_BY_ITS_APP: Final = TO_SENDER | {ActionKind.IDENTIFY_SENDER, ActionKind.REMOVE_FROM_GROUP}


def _now() -> datetime:
    return datetime.now(UTC)


class Sanctions:
    """Every `ActionKind`."""

    def __init__(  # noqa: PLR0913 - one part for each thing that duties need
        self,
        client: WeComClient,
        violations: Violations,
        directory: Directory,
        requests: Requests,
        shelf: StationeryShelf,
        approval: Approval,
        *,
        settings: Settings,
        siem: Siem | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._violations = violations
        self._directory = directory
        self._approval = approval
        self._apps = settings.wecom.apps
        post = Post(client, shelf, settings)
        recipients = Recipients(client, directory, post, settings)
        self._telling = Telling(post, recipients, settings.compliance)
        self._asking = Asking(post, recipients, requests, settings.enforcement, clock=clock)
        self._removal = Removal(client, settings.wecom.apps)
        self._accounts = Accounts(client, settings)
        self._retraction = Retraction(client, settings)
        self._reporting = Reporting(siem)

    async def carry_out(self, action: ClaimedAction) -> Result:  # noqa: C901, PLR0911, PLR0912
        """Raises `WeComError` as the client does, and `LedgerError`."""
        violation = action.violation
        if action.kind in _BY_ITS_APP and violation.app not in self._apps:
            return failed(f"the app {violation.app} is not in the settings any more")
        match action.kind:
            case ActionKind.IDENTIFY_SENDER:
                return await self._identify(violation)
            case ActionKind.REMIND_SENDER | ActionKind.WARN_SENDER:
                return await self._telling.sender(action)
            case ActionKind.ASK_RECALL:
                return await self._asking.recall(action)
            case ActionKind.NOTIFY_GROUP:
                return await self._telling.group(action)
            case ActionKind.NOTIFY_GROUP_OWNER:
                return await self._telling.group_owner(action)
            case ActionKind.NOTIFY_SUPERIOR:
                return await self._telling.superior(action)
            case ActionKind.NOTIFY_DEPARTMENT_ADMIN:
                return await self._telling.department_admin(action)
            case ActionKind.NOTIFY_COMPLIANCE:
                return await self._telling.compliance(action)
            case ActionKind.ASK_REVIEWERS:
                return await self._approval.ask(action)
            case ActionKind.UPDATE_CARD:
                return await self._approval.show(action)
            case ActionKind.NOTIFY_CONFIDENTIALITY:
                return await self._telling.confidentiality(action)
            case ActionKind.PROPOSE_TO_HR:
                return await self._telling.human_resources(action)
            case ActionKind.PUBLISH_NOTICE:
                return await self._telling.public(action)
            case ActionKind.REMOVE_FROM_GROUP:
                return await self._removal.remove(violation)
            case ActionKind.ASK_OWNER_TO_REMOVE | ActionKind.ASK_OWNER_TO_MUTE:
                return await self._asking.owner(action)
            case ActionKind.DISABLE_ACCOUNT:
                return await self._accounts.disable(action)
            case ActionKind.ENABLE_ACCOUNT:
                return await self._accounts.enable(action)
            case ActionKind.REPORT_TO_SIEM:
                return await self._reporting.report(action)
            case ActionKind.RECALL_NOTICE:
                return await self._retraction.recall(action)
            case kind:
                assert_never(kind)

    async def _identify(self, violation: ViolationRecord) -> Result:
        """Keep name, departments and superiors as they are now with the record."""
        entry = await self._directory.look_up(violation.app, violation.sender)
        await self._violations.identify(violation.id, entry)
        return accepted(entry.gaps or "name and departments are kept with the record")
