"""Members and departments (`wecom.md` §6.6, §7.2, §8)."""

from typing import Any

from moderator.rehearsal.answers import Answer, Asked, Refused, whole_number
from moderator.rehearsal.company import Caller, Company
from moderator.rehearsal.world import ACTIVE, DISABLED, Department, Person, subtree

_LARGEST_PAGE = 10_000


def get_user(company: Company, caller: Caller, asked: Asked) -> Answer:
    """One member's details, for an app that sees the member."""
    if caller.app is None:
        raise Refused(48009)
    person = _known(company, asked.query.get("userid", ""))
    if not company.sees(caller.app, person):
        raise Refused(60011)
    return Answer(body=_details(person))


def update_user(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Disable (`enable` 0) or enable (1) an account; only with the contacts secret."""
    if caller.app is not None:
        raise Refused(48002)
    person = _known(company, str(asked.body.get("userid") or ""))
    if "enable" in asked.body:
        if asked.body["enable"] not in {0, 1}:
            raise Refused(40035, "enable")
        status = ACTIVE if asked.body["enable"] else DISABLED
        company.change_person(person.userid, status=status)
    return Answer(body={"errmsg": "updated"})


def list_ids(company: Company, caller: Caller, asked: Asked) -> Answer:
    """Pages of `{userid, department}`; what the contacts secret may still read."""
    if caller.app is not None:
        raise Refused(48002)
    start = whole_number(asked.body.get("cursor"), 0)
    limit = min(whole_number(asked.body.get("limit"), _LARGEST_PAGE), _LARGEST_PAGE)
    pairs = [
        {"userid": person.userid, "department": department}
        for person in company.people()
        for department in person.departments
    ]
    following = str(start + limit) if start + limit < len(pairs) else ""
    return Answer(body={"dept_user": pairs[start : start + limit], "next_cursor": following})


def list_departments(company: Company, caller: Caller, asked: Asked) -> Answer:
    """The departments that the app sees, or those below `id`."""
    if caller.app is None:
        raise Refused(48009)
    visible = _visible(company, caller, asked)
    return Answer(body={"department": [_department(company, one) for one in visible]})


def list_department_ids(company: Company, caller: Caller, asked: Asked) -> Answer:
    """The same without names, for the contacts secret too."""
    visible = _visible(company, caller, asked)
    ids = [{"id": one.id, "parentid": one.parent, "order": one.id} for one in visible]
    return Answer(body={"department_id": ids})


def _visible(company: Company, caller: Caller, asked: Asked) -> list[Department]:
    visible = set(company.departments)
    if caller.app is not None:
        visible &= company.visible_departments(caller.app)
    if wanted := asked.query.get("id"):
        visible &= _below(company, wanted)
    return [department for id_, department in company.departments.items() if id_ in visible]


def _below(company: Company, wanted: str) -> frozenset[int]:
    if not wanted.isdigit() or int(wanted) not in company.departments:
        raise Refused(60123)
    return subtree(company.departments.values(), int(wanted))


def _known(company: Company, userid: str) -> Person:
    if not userid:
        raise Refused(41009)
    person = company.person(userid)
    if person is None:
        raise Refused(60111)
    return person


def _department(company: Company, department: Department) -> dict[str, Any]:
    return {
        "id": department.id,
        "name": department.name,
        "department_leader": [
            person.userid for person in company.people() if department.id in person.leads
        ],
        "parentid": department.parent,
        "order": department.id,
    }


def _details(person: Person) -> dict[str, Any]:
    return {
        "userid": person.userid,
        "name": person.name,
        "department": list(person.departments),
        "main_department": person.departments[0],
        "position": person.position,
        "is_leader_in_dept": [int(one in person.leads) for one in person.departments],
        "direct_leader": [person.leader] if person.leader else [],
        "status": person.status,
        "alias": "",
    }
