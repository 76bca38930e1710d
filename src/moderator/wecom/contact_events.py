"""`change_contact` events: what changed in the company's directory (`wecom.md` §2.3)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from moderator.domain.people import Change, ContactChange

_PREFIX: Final = "change_contact/"
_LARGEST_ID: Final = 2**31 - 1


def contact_change(
    event: str, fields: Mapping[str, str], *, key: str, app: str, corp: str, at: datetime
) -> ContactChange | None:
    """Read the fields of a decrypted event; None for other events and incomplete ones.

    WeCom leaves out of an update what has not changed.
    """
    change = _change(event)
    if change is None:
        return None
    userid, department = fields.get("UserID", ""), _id(fields.get("Id", ""))
    if not (userid if change.of_person else department):
        return None
    departments = _departments(fields)
    return ContactChange(
        key=key,
        app=app,
        corp=corp,
        change=change,
        at=at,
        userid=userid,
        new_userid=fields.get("NewUserID", ""),
        department=department,
        name=fields.get("Name"),
        parent=_id(fields["ParentId"]) if "ParentId" in fields else None,
        departments=departments,
        leads=_leads(fields),
        superiors=_names(fields["DirectLeader"]) if "DirectLeader" in fields else None,
    )


def _change(event: str) -> Change | None:
    changes = {_PREFIX + change.value: change for change in Change}
    return changes.get(event)


def _departments(fields: Mapping[str, str]) -> tuple[int, ...] | None:
    """The ids, that of the main department first."""
    if "Department" not in fields:
        return None
    ids, main = _ids(fields["Department"]), _id(fields.get("MainDepartment", ""))
    return tuple(sorted(ids, key=lambda id_: id_ != main))


def _leads(fields: Mapping[str, str]) -> tuple[int, ...] | None:
    if "Department" not in fields or "IsLeaderInDept" not in fields:
        return None
    marks = fields["IsLeaderInDept"].split(",")
    pairs = zip(_ids(fields["Department"]), marks, strict=False)
    return tuple(id_ for id_, mark in pairs if mark.strip() == "1")


def _ids(listed: str) -> tuple[int, ...]:
    return tuple(id_ for part in listed.split(",") if (id_ := _id(part)))


def _id(text: str) -> int:
    """A department's id; 0 for what is none."""
    digits = text.strip()
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0
    return number if number <= _LARGEST_ID else 0


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name for part in listed.split(",") if (name := part.strip()))
