"""Users: made once, changed with a line in the audit log, and out at once when they are out."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from tests.ledger.access.conftest import Clock

from moderator.domain.access import Grant, Role
from moderator.errors import AccountChanged, NameTaken, NotFound
from moderator.ledger.access.accounts import Account, Accounts, Newcomer, Source, follow
from moderator.ledger.access.invitations import Invitations
from moderator.ledger.access.sessions import Sessions, Visit
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.schema.access import invitations

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
REVIEWER = Grant(roles=frozenset({Role.REVIEWER}))
ADMIN = Grant(roles=frozenset({Role.ADMIN}))
BOUND = Grant(roles=frozenset({Role.DEPARTMENT_ADMIN}), departments=frozenset({7, 12}))
VISIT = Visit(method="password", address="10.0.0.1", browser="Firefox")


class House:
    """Everything that keeps users, by one clock."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.clock = Clock()
        self.accounts = Accounts(engine, clock=self.clock)
        self.invitations = Invitations(engine, clock=self.clock)
        self.sessions = Sessions(
            engine, idle=timedelta(minutes=30), lifetime=timedelta(hours=12), clock=self.clock
        )
        self.audit = Audit(engine)

    async def local(self, name: str = "wang", grant: Grant = REVIEWER) -> Account:
        _, code = await self.invitations.invite(grant, by="root", lasts=timedelta(hours=1))
        made = await self.invitations.redeem(code, name=name, display=name, password="hash")
        assert made is not None
        return made

    async def told(self) -> list[tuple[str, str, str]]:
        """Actor, action and subject of what the audit log holds, oldest first."""
        rows = await self.audit.page()
        return [(row.deed.actor, row.deed.action, row.deed.subject) for row in reversed(rows)]


@pytest.fixture
def house(database: Engine) -> House:
    return House(database)


def somebody(subject: str = "https://id.test u-1", name: str = "li.na (oidc)") -> Newcomer:
    return Newcomer(name=name, display="李娜", source=Source.OIDC, subject=subject)


async def test_an_invitation_makes_a_user_with_its_rights(house: House) -> None:
    """Roles and bound are those of the invitation, not of anything that the newcomer says."""
    made = await house.local(grant=BOUND)

    assert made.grant == BOUND
    assert made.actor().departments == frozenset({7, 12})
    assert await house.told() == [
        ("root", "user.invited", "invitation/1"),
        ("root", "user.created", f"user/{made.id}"),
    ]


async def test_a_code_works_once(house: House) -> None:
    """Also for two who use it in the same moment."""
    _, code = await house.invitations.invite(ADMIN, by="root", lasts=timedelta(hours=1))

    made = await asyncio.gather(
        *(
            house.invitations.redeem(code, name=f"n{turn}", display="", password="hash")
            for turn in range(5)
        )
    )

    assert len([one for one in made if one]) == 1
    assert await house.invitations.look(code) is None
    assert await house.invitations.list() == []


async def test_a_code_expires(house: House) -> None:
    """Nobody comes in with a code that lay in a mailbox for too long."""
    _, code = await house.invitations.invite(ADMIN, by="root", lasts=timedelta(hours=1))
    house.clock.now += timedelta(hours=1)

    assert await house.invitations.look(code) is None
    assert await house.invitations.redeem(code, name="late", display="", password="hash") is None


async def test_a_revoked_code_is_worthless(house: House) -> None:
    """And revoking it again says that there is none."""
    made, code = await house.invitations.invite(ADMIN, by="root", lasts=timedelta(hours=1))
    await house.invitations.revoke(made.id, by="root")

    assert await house.invitations.look(code) is None
    with pytest.raises(NotFound):
        await house.invitations.revoke(made.id, by="root")


async def test_a_taken_name_leaves_the_code_good(house: House) -> None:
    """Whoever chose a name that there is may choose another."""
    await house.local("wang")
    _, code = await house.invitations.invite(REVIEWER, by="root", lasts=timedelta(hours=1))

    with pytest.raises(NameTaken):
        await house.invitations.redeem(code, name="wang", display="", password="hash")

    assert await house.invitations.redeem(code, name="wang2", display="", password="h") is not None


async def test_codes_are_not_kept(database: Engine, house: House) -> None:
    """A thief of the database finds nothing to enter."""
    _, code = await house.invitations.invite(ADMIN, by="root", lasts=timedelta(hours=1))
    async with database.begin() as transaction:
        found = await transaction.rows(select(invitations))

    assert code not in str([dict(row) for row in found])


async def test_other_rights_end_what_is_open(house: House) -> None:
    """Whoever may do less may do less at once; the log says what they could do before."""
    account = await house.local()
    secret = await house.sessions.begin(account, VISIT)

    changed = await house.accounts.change(account.id, BOUND, by="boss")

    assert changed.grant == BOUND
    assert await house.sessions.find(secret) is None
    (row,) = await house.audit.page(limit=1)
    assert (row.deed.actor, row.deed.action) == ("boss", "user.changed")
    assert row.deed.detail["before"] == {"roles": ["reviewer"], "departments": None}


async def test_a_disabled_user_is_out_at_once(house: House) -> None:
    """And in again when enabled, with what they could do before, logged in anew."""
    account = await house.local()
    secret = await house.sessions.begin(account, VISIT)

    await house.accounts.enable(account.id, enabled=False, by="boss")
    assert await house.sessions.find(secret) is None

    again = await house.accounts.enable(account.id, enabled=True, by="boss")
    assert again.disabled_at is None
    assert await house.sessions.find(secret) is None


async def test_a_new_password_by_invitation_ends_what_is_open(house: House) -> None:
    """Whoever knew the old one is out."""
    account = await house.local()
    secret = await house.sessions.begin(account, VISIT)
    _, code = await house.invitations.renew(account, by="boss", lasts=timedelta(hours=1))

    renewed = await house.invitations.redeem(code, name="", display="", password="new hash")

    assert renewed is not None
    assert renewed.id == account.id
    assert await house.sessions.find(secret) is None
    found = await house.accounts.credentials("wang")
    assert found is not None
    assert found[1] == "new hash"


async def test_a_password_that_was_changed_meanwhile_stays(house: House) -> None:
    """Whoever proved the old one cannot replace the new one."""
    account = await house.local()
    house.clock.now += timedelta(seconds=1)
    await house.accounts.set_password(account, "by an invitation", by="boss")

    with pytest.raises(AccountChanged):
        await house.accounts.set_password(account, "by a thief", by="wang")

    found = await house.accounts.credentials("wang")
    assert found is not None
    assert found[1] == "by an invitation"


async def test_a_better_hash_does_not_bring_an_old_password_back(house: House) -> None:
    """A password that was changed meanwhile stays changed."""
    account = await house.local()
    await house.accounts.set_password(account, "newer", by="wang")

    await house.accounts.rehash(account.id, "hash", "better")

    found = await house.accounts.credentials("wang")
    assert found is not None
    assert found[1] == "newer"


async def test_who_is_told_of_comes_in_and_is_made_anew_each_time(house: House) -> None:
    """What the provider says of somebody holds from their next log-in on."""
    first = await house.accounts.welcome(somebody(), REVIEWER)
    second = await house.accounts.welcome(somebody(), BOUND)

    assert first is not None
    assert second is not None
    assert (first.id, first.managed) == (second.id, True)
    assert second.grant == BOUND


async def test_nobody_comes_in_unless_somebody_says_so(house: House) -> None:
    """Being known at the provider is not enough, and leaves nothing here."""
    assert await house.accounts.welcome(somebody(), None) is None
    assert await house.accounts.list() == []


async def test_whoever_leaves_the_group_stays_out(house: House) -> None:
    """What the provider gave it also takes; what was open ends."""
    account = await house.accounts.welcome(somebody(), REVIEWER)
    assert account is not None
    secret = await house.sessions.begin(account, VISIT)

    assert await house.accounts.welcome(somebody(), None) is None
    assert await house.sessions.find(secret) is None


async def test_what_an_admin_gave_here_stays(house: House) -> None:
    """Rights that were given by hand are not the provider's to change."""
    await house.accounts.add(somebody(), ADMIN, by="boss")

    found = await house.accounts.welcome(somebody(), REVIEWER)

    assert found is not None
    assert found.grant == ADMIN


async def test_a_name_given_to_another_person_is_not_theirs(house: House) -> None:
    """A provider may give a name anew; the account stays with whom it was made for."""
    first = await house.accounts.welcome(somebody("https://id.test u-1"), REVIEWER)
    second = await house.accounts.welcome(somebody("https://id.test u-2"), REVIEWER)

    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert second.name == "https://id.test u-2 (oidc)"


async def test_who_gets_a_userid_that_another_had_gets_another_name(house: House) -> None:
    """A renamed person keeps the name by which the audit log knows them."""
    wang = Newcomer(name="wang (wecom)", display="王", source=Source.WECOM, subject="wang")
    first = await house.accounts.welcome(wang, REVIEWER)
    async with house.engine.begin() as transaction:
        await follow(transaction, Source.WECOM, "wang", "wang.lei", at=NOW)

    second = await house.accounts.welcome(wang, REVIEWER)

    assert first is not None
    assert second is not None
    assert (await house.accounts.one(first.id)).name == "wang (wecom)"
    assert (first.id != second.id, second.name) == (True, "wang.2 (wecom)")


async def test_nobody_is_expected_twice(house: House) -> None:
    """One person is one user."""
    assert await house.accounts.add(somebody(), REVIEWER, by="boss") is not None
    assert await house.accounts.add(somebody(), ADMIN, by="boss") is None


async def test_whoever_loses_all_roles_there_loses_them_here(house: House) -> None:
    """Nothing is left of what they might do, once and audited; told anew, they come in again."""
    account = await house.accounts.welcome(somebody(), REVIEWER)
    assert account is not None

    for _ in range(2):
        assert await house.accounts.welcome(somebody(), None) is None

    assert (await house.accounts.one(account.id)).grant.roles == frozenset()
    changes = [told for told in await house.told() if told[1] == "user.changed"]
    assert changes == [("oidc", "user.changed", f"user/{account.id}")]
    assert await house.accounts.welcome(somebody(), REVIEWER) is not None


async def test_a_code_for_a_password_ends_with_the_use_of_another(house: House) -> None:
    """Whoever finds the second one in a mailbox changes nothing."""
    account = await house.local()
    codes = [
        (await house.invitations.renew(account, by="boss", lasts=timedelta(hours=1)))[1]
        for _ in range(2)
    ]

    await house.invitations.redeem(codes[0], name="", display="", password="new hash")

    assert await house.invitations.look(codes[1]) is None
    assert await house.invitations.redeem(codes[1], name="", display="", password="evil") is None


async def test_a_code_for_a_password_ends_with_its_change(house: House) -> None:
    """Whoever has chosen another by hand needs none any more."""
    account = await house.local()
    _, code = await house.invitations.renew(account, by="boss", lasts=timedelta(hours=1))

    await house.accounts.set_password(account, "newer", by="wang")

    assert await house.invitations.look(code) is None


async def test_the_codes_of_and_for_a_disabled_user_end(house: House) -> None:
    """Nobody comes in by somebody who is out; codes of others stay good."""
    account = await house.local(grant=ADMIN)
    lasts = timedelta(hours=1)
    _, theirs = await house.invitations.invite(ADMIN, by=account.name, lasts=lasts)
    _, renewal = await house.invitations.renew(account, by="boss", lasts=lasts)
    _, other = await house.invitations.invite(ADMIN, by="boss", lasts=lasts)

    await house.accounts.enable(account.id, enabled=False, by="boss")

    assert await house.invitations.look(theirs) is None
    assert await house.invitations.look(renewal) is None
    assert await house.invitations.look(other) is not None
    ended = [told for told in await house.told() if told[:2] == ("boss", "user.uninvited")]
    assert len(ended) == 2
