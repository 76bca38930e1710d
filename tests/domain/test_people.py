"""What follows from a member and the departments."""

from moderator.domain.people import Department, Entry, Member, entry_of

TREE = {
    1: Department(id=1, name="总部", leaders=("CEO",)),
    2: Department(id=2, name="研发部", parent=1, leaders=("LiSi",)),
    3: Department(id=3, name="前端组", parent=2, leaders=("ZhangSan",)),
    7: Department(id=7, name="工会", parent=1),
}


def test_a_member_stands_under_all_departments_above_their_own() -> None:
    """The path is the main department's; the ids are of every line upwards."""
    member = Member(userid="WangWu", name="王五", departments=(3, 7), superiors=("ZhangSan",))

    assert entry_of(member, TREE) == Entry(
        name="王五",
        department="总部/研发部/前端组",
        departments=(1, 2, 3, 7),
        superiors=("ZhangSan",),
        leaders=("ZhangSan", "CEO"),
    )


def test_nobody_is_their_own_leader() -> None:
    """Of who leads a department, in whatever case, it is the next department's leader."""
    assert entry_of(Member(userid="zhangsan", departments=(3,)), TREE).leaders == ("LiSi",)


def test_an_unknown_department_is_its_number() -> None:
    """Without permission for names the id stands for the path."""
    entry = entry_of(Member(userid="a", departments=(9, 2)), TREE)

    assert (entry.department, entry.departments) == ("#9", (1, 2, 9))


def test_departments_above_each_other_come_to_an_end() -> None:
    """What cannot be in WeCom does not hang the service."""
    loop = {1: Department(id=1, name="a", parent=2), 2: Department(id=2, name="b", parent=1)}

    assert entry_of(Member(userid="a", departments=(1,)), loop).departments == (1, 2)


def test_a_member_of_no_department_has_none() -> None:
    """Nothing is invented."""
    assert entry_of(Member(userid="a", name="甲"), TREE) == Entry(name="甲")
