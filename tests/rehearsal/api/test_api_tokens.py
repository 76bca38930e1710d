"""gettoken, and what WeCom says to tokens that are not good."""

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_token_is_the_same_while_it_is_good(api: Any, clock: Any) -> None:
    """A second gettoken within the two hours answers the first token."""
    first = await api.gettoken()
    clock.forward(7199)
    second = await api.gettoken()

    assert first == second
    assert first["expires_in"] == 7200
    assert first["errcode"] == 0


async def test_expired_token_is_replaced_and_refused(api: Any, clock: Any) -> None:
    """After two hours the old token is 42001 and gettoken answers another."""
    old = await api.token()
    clock.forward(7200)

    assert (await api.get("getcallbackip"))["errcode"] == 42001
    assert (await api.gettoken())["access_token"] != old


async def test_revoked_token_is_invalid(api: Any, stand_in: Any) -> None:
    """A token that WeCom voided early is 40014."""
    await api.token()
    stand_in.tokens.revoke_all()

    assert (await api.get("getcallbackip"))["errcode"] == 40014


async def test_expiring_on_demand(api: Any, stand_in: Any) -> None:
    """A test can let every token expire at once."""
    await api.token()
    stand_in.tokens.expire_all()

    assert (await api.get("getcallbackip"))["errcode"] == 42001


async def test_missing_token(api: Any) -> None:
    """A call without a token is 41001, also when the token stands in the body."""
    token = await api.token()
    answer = await api.post("message/recall", {"msgid": "1", "access_token": token}, token="")

    assert answer["errcode"] == 41001


@pytest.mark.parametrize(
    ("changes", "errcode"),
    [
        ({"corpsecret": "wrong"}, 40001),
        ({"corpid": "wwother"}, 40013),
        ({"corpid": ""}, 41002),
        ({"corpsecret": ""}, 41004),
    ],
)
async def test_gettoken_refuses(api: Any, changes: dict[str, str], errcode: int) -> None:
    """Each way to ask for a token wrongly has its own errcode."""
    assert (await api.gettoken(**changes))["errcode"] == errcode


async def test_repeated_wrong_secret_bans_the_address(api: Any, clock: Any) -> None:
    """After five wrong secrets every call from the address is 45009 for an hour."""
    await api.token()
    for _ in range(5):
        assert (await api.gettoken(corpsecret="wrong"))["errcode"] == 40001

    assert (await api.gettoken(corpsecret="wrong"))["errcode"] == 45009
    assert (await api.gettoken())["errcode"] == 45009
    assert (await api.get("getcallbackip"))["errcode"] == 45009

    clock.forward(3601)
    assert (await api.get("getcallbackip"))["errcode"] == 0


async def test_token_of_each_secret_is_its_own(api: Any) -> None:
    """Two apps and the contacts secret have three different tokens."""
    tokens = {await api.token(app) for app in ("moderation", "notice", "contacts")}

    assert len(tokens) == 3


async def test_untrusted_address(api: Any, stand_in: Any) -> None:
    """An app without trusted IP gets a token but nothing else: 60020."""
    stand_in.company.change_app("moderation", ip_trusted=False)

    assert (await api.gettoken())["errcode"] == 0
    assert (await api.get("getcallbackip"))["errcode"] == 60020


async def test_tokens_and_secrets_stay_out_of_the_journal(
    api: Any, stand_in: Any, world: Any
) -> None:
    """The journal shows neither the secret that was sent nor the token that was answered."""
    token = await api.token()
    await api.get("getcallbackip")
    written = str(stand_in.journal.as_json())

    assert token not in written
    assert world.app("moderation").secret not in written
