"""Who a userid is: asked of WeCom once, then known from memory and from PostgreSQL."""

import asyncio
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from moderator.domain.people import Department, Entry, Member, entry_of
from moderator.errors import WeComRefused
from moderator.ledger.directory.people import Known, People
from moderator.wecom import client as wecom
from moderator.wecom.errors import Remedy, classify

FRESH: Final = timedelta(hours=24)
_REMEMBERED: Final = timedelta(minutes=1)  # another process may hear of a change
_GAP_REMEMBERED: Final = timedelta(minutes=10)  # what WeCom refuses it will refuse again
_GAP_SHOWN: Final = timedelta(hours=1)
_MOST: Final = 10_000

# Why an app may not look at a member, or at nobody.
_NOT_PERMITTED: Final = {
    48002: "the app has no permission for this call",
    48004: "the app's authorisation was withdrawn",
    48006: "the permission was withdrawn because it was not used",
    48009: "not from this address with the contacts secret",
    60011: "outside the app's visible range (可见范围)",
}


def _now() -> datetime:
    return datetime.now(UTC)


class Directory:
    """Looks members of one corp up."""

    def __init__(
        self,
        client: wecom.WeComClient,
        people: People,
        *,
        corp: str,
        fresh: timedelta = FRESH,
        clock: Callable[[], datetime] = _now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """What was fetched holds for `fresh`, unless an event says that it changed."""
        self._client = client
        self._people = people
        self._corp = corp
        self._fresh = fresh
        self._clock = clock
        self._monotonic = monotonic
        self._remembered: OrderedDict[tuple[str, str], tuple[float, Entry]] = OrderedDict()
        self._departments_asked: dict[str, tuple[float, str]] = {}
        self._fetching: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._gaps: dict[str, float] = {}

    @property
    def gaps(self) -> tuple[str, ...]:
        """What WeCom refused to tell within the last hour, in sentences."""
        now = self._monotonic()
        return tuple(sorted(gap for gap, until in self._gaps.items() if now < until))

    async def look_up(self, app: str, userid: str) -> Entry:
        """Whatever is known; `Entry.gaps` says what is not, where WeCom refuses to tell.

        Raises `WeComError` where asking again may help, and `LedgerError`.
        """
        until, entry = self._remembered.get((app, userid.lower()), (0.0, Entry()))
        if self._monotonic() < until:
            return entry
        known = await self._people.find(self._corp, userid)
        if known is not None and self._is_fresh(known):
            entry = known.entry
        else:
            entry = await self._fetch(app, userid, known)
        self._remember(app, userid, entry)
        return entry

    def _is_fresh(self, known: Known) -> bool:
        return known.fetched_at is not None and self._clock() - known.fetched_at < self._fresh

    async def _fetch(self, app: str, userid: str, known: Known | None) -> Entry:
        try:
            person = await self._client.person(app, userid)
        except WeComRefused as refusal:
            return await self._without(app, userid, known, refusal)
        member = _member(person)
        await self._people.keep(self._corp, member, at=self._clock())
        found = await self._people.find(self._corp, userid)
        if found is not None and self._is_fresh(found):
            return found.entry
        gaps = await self._fetch_departments(app)
        found = await self._people.find(self._corp, userid)
        return replace(found.entry if found else entry_of(member, {}), gaps=gaps)

    async def _without(
        self, app: str, userid: str, known: Known | None, refusal: WeComRefused
    ) -> Entry:
        """What was known before, with the reason; raises `refusal` where it is another one."""
        if classify(refusal.code) is Remedy.GONE:
            await self._people.mark_gone(self._corp, userid, at=self._clock())
            gaps = f"WeCom does not know the member any more (errcode {refusal.code})"
        elif refusal.code in _NOT_PERMITTED:
            gaps = self._gap(app, "user/get", refusal)
        else:
            raise refusal
        return replace(known.entry if known else Entry(), gaps=gaps)

    async def _fetch_departments(self, app: str) -> str:
        """Fetch all departments that the app sees; the reason why it may not, or nothing.

        Whoever comes while they are being fetched waits for them instead of asking too.
        """
        async with self._fetching[app]:
            until, gaps = self._departments_asked.get(app, (0.0, ""))
            if self._monotonic() < until:
                return gaps
            gaps = await self._list_departments(app)
            held = self._monotonic() + _GAP_REMEMBERED.total_seconds()
            self._departments_asked[app] = held, gaps
            return gaps

    async def _list_departments(self, app: str) -> str:
        try:
            departments = await self._client.departments(app)
        except WeComRefused as refusal:
            if refusal.code not in _NOT_PERMITTED:
                raise
            return self._gap(app, "department/list", refusal)
        seen = map(_department, departments.values())
        await self._people.keep_departments(self._corp, seen, at=self._clock())
        return ""

    def _gap(self, app: str, call: str, refusal: WeComRefused) -> str:
        why = _NOT_PERMITTED[refusal.code]
        gap = f"{app}: {call} is refused: {why} (errcode {refusal.code})"
        self._gaps[gap] = self._monotonic() + _GAP_SHOWN.total_seconds()
        return gap

    def _remember(self, app: str, userid: str, entry: Entry) -> None:
        held = _GAP_REMEMBERED if entry.gaps else _REMEMBERED
        until = self._monotonic() + held.total_seconds()
        self._remembered[app, userid.lower()] = until, entry
        if len(self._remembered) > _MOST:
            self._remembered.popitem(last=False)


def _member(person: wecom.Person) -> Member:
    main = person.main_department
    return Member(
        userid=person.userid,
        name=person.name,
        departments=tuple(sorted(person.departments, key=lambda id_: id_ != main)),
        leads=person.leads,
        superiors=person.superiors,
    )


def _department(department: wecom.Department) -> Department:
    return Department(
        id=department.id,
        name=department.name,
        parent=department.parent,
        leaders=department.leaders,
    )
