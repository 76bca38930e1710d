"""Who a userid is, as the company's directory says now."""

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from moderator.errors import WeComRefused
from moderator.wecom.client import Department, Person, WeComClient
from moderator.wecom.errors import Remedy, classify

_FRESH: Final = timedelta(minutes=10)  # departments change a few times a month
_DEEPEST: Final = 15  # WeCom allows fewer levels; guards against a loop of parents


class Entry(NamedTuple):
    """A member's name and department, from the company's root down (`总部/研发部`)."""

    name: str
    department: str


class Directory:
    """Looks members up; a company's department list is kept for ten minutes per app."""

    def __init__(self, client: WeComClient, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._kept: dict[str, tuple[float, Mapping[int, Department]]] = {}

    async def look_up(self, app: str, userid: str) -> Entry:
        """Raises `WeComError`; without permission for departments their ids stand for names."""
        person = await self._client.person(app, userid)
        if not person.departments:
            return Entry(person.name, "")
        return Entry(person.name, path(person, await self._departments(app)))

    async def _departments(self, app: str) -> Mapping[int, Department]:
        until, departments = self._kept.get(app, (0.0, {}))
        if self._clock() < until:
            return departments
        departments = await self._list(app)
        self._kept[app] = (self._clock() + _FRESH.total_seconds(), departments)
        return departments

    async def _list(self, app: str) -> Mapping[int, Department]:
        try:
            return await self._client.departments(app)
        except WeComRefused as refusal:
            if classify(refusal.code) is Remedy.RETRY:
                raise
            return {}


def path(person: Person, departments: Mapping[int, Department]) -> str:
    """The person's first department after its ancestors; `#7` where its name is unknown."""
    names: list[str] = []
    current = person.departments[0]
    while (department := departments.get(current)) and len(names) < _DEEPEST:
        names.append(department.name)
        current = department.parent
    return "/".join(reversed(names)) or f"#{person.departments[0]}"
