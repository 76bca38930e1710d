"""What every call of the API passes first: whoever keeps within WeCom's limits stands here."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Family(StrEnum):
    """Parts of the API that fail and recover together."""

    MESSAGE = "message"
    APPCHAT = "appchat"
    WEBHOOK = "webhook"
    CONTACTS = "contacts"
    CUSTOMERS = "customers"
    SIEM = "siem"  # not WeCom's, but called by the same worker
    OTHER = "other"


_FAMILIES = {
    "message": Family.MESSAGE,
    "appchat": Family.APPCHAT,
    "webhook": Family.WEBHOOK,
    "user": Family.CONTACTS,
    "department": Family.CONTACTS,
    "externalcontact": Family.CUSTOMERS,
    "siem": Family.SIEM,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that is about to be made.

    `app` is its name in the settings; `credential` stands for what it shows to WeCom, empty where
    a key in the address does.  `users` are the members it puts something before, `about` is the
    member it asks about or changes.  `people` are in the group that it writes to.  `robot` stands
    for a group robot's key.
    """

    path: str
    app: str = ""
    credential: str = ""
    agent: int = 0
    users: tuple[str, ...] = ()
    about: str = ""
    people: int = 0
    robot: str = ""

    @property
    def family(self) -> Family:
        return _FAMILIES.get(self.path.removeprefix("/cgi-bin/").split("/")[0], Family.OTHER)


class Gate(Protocol):
    """Lets calls pass, and learns from how they end.

    `counts_people` says whether it has to know how many people are in a group that is written to.
    """

    @property
    def counts_people(self) -> bool: ...

    def passing(self, call: Call) -> AbstractAsyncContextManager[None]:
        """Around the call; raises `WeComHeld` or `WeComPaused` instead of letting it begin."""
        ...

    def fetching(self, call: Call) -> AbstractAsyncContextManager[None]:
        """Around the fetching of a token for `call`; raises `WeComPaused`."""
        ...


class OpenGate:
    """Lets everything pass: for a person who tries something out by hand."""

    counts_people = False

    @asynccontextmanager
    async def passing(self, call: Call) -> AsyncIterator[None]:
        del call
        yield

    @asynccontextmanager
    async def fetching(self, call: Call) -> AsyncIterator[None]:
        del call
        yield


def stands_for(*secrets: str) -> str:
    """A name for secrets that tells nothing of them, and changes when they do."""
    return hashlib.sha256("\n".join(secrets).encode()).hexdigest()[:16]
