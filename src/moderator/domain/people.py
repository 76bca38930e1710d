"""Who people are, as the company's directory says."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

_DEEPEST: Final = 15  # WeCom allows fewer levels; guards against a loop of parents


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A member.  `departments` are ids, the main one first; `leads` those of them that they lead.

    `superiors` are userids (直属上级).
    """

    userid: str
    name: str = ""
    departments: tuple[int, ...] = ()
    leads: tuple[int, ...] = ()
    superiors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department; `parent` is 0 for the root, `leaders` are userids (部门负责人)."""

    id: int
    name: str = ""
    parent: int = 0
    leaders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known of a member at one time; a violation keeps it of its sender.

    `department` is the main one after its ancestors: `总部/研发部`, or `#7` without its name.
    `departments` are the ids of all of them and of all above them, so that what lies below a
    department is found by its id.  `leaders` lead these departments, the nearest first and never
    the member.  `gaps` says what is not known and why.
    """

    name: str = ""
    department: str = ""
    departments: tuple[int, ...] = ()
    superiors: tuple[str, ...] = ()
    leaders: tuple[str, ...] = ()
    gaps: str = ""


class Change(StrEnum):
    """What changed in the directory, in WeCom's words (`wecom.md` §2.3)."""

    CREATE_USER = "create_user"
    UPDATE_USER = "update_user"
    DELETE_USER = "delete_user"
    CREATE_PARTY = "create_party"
    UPDATE_PARTY = "update_party"
    DELETE_PARTY = "delete_party"

    @property
    def of_person(self) -> bool:
        return self.value.endswith("_user")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactChange:
    """One `change_contact` event; what it does not tell is None and has not changed.

    `key` is the SHA-256 (hex) of the decrypted payload.  `new_userid` is set where a member got
    another userid.  `department` and `parent` are ids.
    """

    key: str
    app: str
    corp: str
    change: Change
    at: datetime
    userid: str = ""
    new_userid: str = ""
    department: int = 0
    name: str | None = None
    parent: int | None = None
    departments: tuple[int, ...] | None = None
    leads: tuple[int, ...] | None = None
    superiors: tuple[str, ...] | None = None


def entry_of(member: Member, departments: Mapping[int, Department], *, gaps: str = "") -> Entry:
    """The member with everything that follows from the departments known."""
    lines = [tuple(_upwards(id_, departments)) for id_ in member.departments]
    return Entry(
        name=member.name,
        department=_path(lines[0], departments) if lines else "",
        departments=tuple(sorted({id_ for line in lines for id_ in line})),
        superiors=member.superiors,
        leaders=tuple(dict.fromkeys(_leaders(member, lines, departments))),
        gaps=gaps,
    )


def _upwards(id_: int, departments: Mapping[int, Department]) -> Iterator[int]:
    """The department and those above it; ends where one is not known."""
    for _ in range(_DEEPEST):
        yield id_
        known = departments.get(id_)
        if known is None or known.parent not in departments:
            return
        id_ = known.parent


def _path(line: tuple[int, ...], departments: Mapping[int, Department]) -> str:
    names = [department.name for id_ in line if (department := departments.get(id_))]
    return "/".join(reversed(names)) or f"#{line[0]}"


def _leaders(
    member: Member, lines: list[tuple[int, ...]], departments: Mapping[int, Department]
) -> Iterator[str]:
    """Of each line upwards the nearest leaders other than the member."""
    for line in lines:
        for id_ in line:
            known = departments.get(id_)
            others = [one for one in known.leaders if not _same(one, member)] if known else []
            if others:
                yield from others
                break


def _same(userid: str, member: Member) -> bool:
    return userid.lower() == member.userid.lower()
