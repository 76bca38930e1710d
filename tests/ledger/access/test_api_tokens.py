"""API tokens: they do what they were made for, as long as their owner may, and no longer."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from tests.ledger.access.conftest import Clock

from moderator.domain.access import Grant, Right, Role
from moderator.errors import NameTaken, NotFound
from moderator.ledger.access.accounts import Account, Accounts, Newcomer, Source
from moderator.ledger.access.api_tokens import ApiTokens
from moderator.ledger.audit import Audit
from moderator.ledger.database.engine import Engine
from moderator.ledger.schema.access import api_tokens

EXPORTS = frozenset({Right.SEE, Right.EXPORT})
MONTH = timedelta(days=30)


@pytest.fixture
def accounts(database: Engine, clock: Clock) -> Accounts:
    return Accounts(database, clock=clock)


@pytest.fixture
def tokens(database: Engine, clock: Clock) -> ApiTokens:
    return ApiTokens(database, clock=clock)


@pytest.fixture
async def owner(accounts: Accounts) -> Account:
    newcomer = Newcomer(name="wang (wecom)", display="王", source=Source.WECOM, subject="wang")
    grant = Grant(roles=frozenset({Role.REVIEWER}))
    made = await accounts.add(newcomer, grant, by="root")
    assert made is not None
    return made


async def test_a_token_asks_in_the_name_of_its_owner(tokens: ApiTokens, owner: Account) -> None:
    """The log shows the owner and what the token is for; it may do what it was made for."""
    _, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)

    actor = await tokens.find(value)

    assert actor is not None
    assert actor.name == "wang (wecom) (weekly)"
    assert actor.rights == EXPORTS
    assert not actor.may(Right.JUDGE)


async def test_its_value_is_not_kept(database: Engine, tokens: ApiTokens, owner: Account) -> None:
    """Not in the table, nor in the audit log, nor in what is listed."""
    made, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)
    async with database.begin() as transaction:
        kept = [dict(row) for row in await transaction.rows(select(api_tokens))]
    logged = await Audit(database).page()

    secret = value.removeprefix("mdr_")
    assert secret not in f"{kept}{logged}{made}{await tokens.list()}"


async def test_it_never_does_more_than_its_owner_may(
    tokens: ApiTokens, owner: Account, accounts: Accounts
) -> None:
    """What its owner lost, it lost; and it sees their departments only."""
    _, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)
    bound = Grant(roles=frozenset({Role.DEPARTMENT_ADMIN}), departments=frozenset({7}))
    await accounts.change(owner.id, bound, by="boss")

    actor = await tokens.find(value)

    assert actor is not None
    assert actor.rights == {Right.SEE}
    assert actor.departments == frozenset({7})


async def test_it_expires(tokens: ApiTokens, owner: Account, clock: Clock) -> None:
    """A forgotten token ends by itself."""
    _, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)
    clock.now += MONTH

    assert await tokens.find(value) is None


async def test_a_revoked_token_is_refused_at_once(
    database: Engine, tokens: ApiTokens, owner: Account
) -> None:
    """Whoever stole it has nothing; whoever revokes it twice learns who was first."""
    made, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)
    await tokens.revoke(made.id, by="wang", owner=owner.id)

    assert await tokens.find(value) is None
    assert (await tokens.revoke(made.id, by="boss")).revoked_by == "wang"
    revocations = [row for row in await Audit(database).page() if "revoked" in row.deed.action]
    assert len(revocations) == 1


async def test_nobody_revokes_what_is_not_theirs(tokens: ApiTokens, owner: Account) -> None:
    """To another user the token does not exist."""
    made, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)

    with pytest.raises(NotFound):
        await tokens.revoke(made.id, by="other", owner=owner.id + 1)

    assert await tokens.find(value) is not None


async def test_a_disabled_owner_has_no_tokens(
    tokens: ApiTokens, owner: Account, accounts: Accounts
) -> None:
    """Their programs are out with them."""
    _, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)
    await accounts.enable(owner.id, enabled=False, by="boss")

    assert await tokens.find(value) is None


async def test_its_last_use_is_known(tokens: ApiTokens, owner: Account, clock: Clock) -> None:
    """To the minute, so that a busy program does not write at every question."""
    _, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)
    began = clock.now
    await tokens.find(value)
    clock.now += timedelta(seconds=30)
    await tokens.find(value)

    (listed,) = await tokens.list(owner.id)
    assert listed.used_at == began


@pytest.mark.parametrize("value", ["", "mdr_", "mdr_x", "x" * 5000, "\udcff"])
async def test_what_is_no_token_is_nobody(tokens: ApiTokens, value: str) -> None:
    """Whatever is sent in its place."""
    assert await tokens.find(value) is None


@pytest.mark.parametrize(
    "label", [*Source, "WeCom", " oidc ", "cli", "ｃｌｉ", "ＷｅＣｏｍ", "w\u200becom"]
)
async def test_no_label_makes_its_holder_another_user(
    tokens: ApiTokens, owner: Account, label: str
) -> None:
    """`wang` with a token for `wecom` would be `wang (wecom)`, who is somebody else."""
    with pytest.raises(ValueError, match="label"):
        await tokens.create(owner, label, EXPORTS, lasts=MONTH)

    assert await tokens.list() == []


async def test_a_token_that_passes_for_another_user_is_refused(
    database: Engine, tokens: ApiTokens, owner: Account
) -> None:
    """Also one that was made when any label would do."""
    _, value = await tokens.create(owner, "weekly", EXPORTS, lasts=MONTH)
    async with database.begin() as transaction:
        await transaction.rows(update(api_tokens).values(label="wecom"))

    assert await tokens.find(value) is None


async def test_an_owner_who_lost_every_role_has_no_tokens(
    tokens: ApiTokens, accounts: Accounts
) -> None:
    """What the provider took of a person it took of their programs."""
    newcomer = Newcomer(name="li (oidc)", display="李", source=Source.OIDC, subject="li")
    grant = Grant(roles=frozenset({Role.REVIEWER}))
    account = await accounts.welcome(newcomer, grant)
    assert account is not None
    _, value = await tokens.create(account, "weekly", EXPORTS, lasts=MONTH)

    await accounts.welcome(newcomer, None)

    assert await tokens.find(value) is None


@pytest.mark.parametrize("label", ["bot", "Bot", "ｂｏｔ", " bot ", "bo\u200bt"])
async def test_two_tokens_of_one_owner_are_told_apart(
    tokens: ApiTokens, owner: Account, label: str
) -> None:
    """By what people read, in any width and case; a revoked one stands in nobody's way."""
    first, _ = await tokens.create(owner, "bot", EXPORTS, lasts=MONTH)
    with pytest.raises(NameTaken):
        await tokens.create(owner, label, EXPORTS, lasts=MONTH)

    await tokens.revoke(first.id, by="wang")

    made, _ = await tokens.create(owner, label, EXPORTS, lasts=MONTH)
    assert made.label == label
