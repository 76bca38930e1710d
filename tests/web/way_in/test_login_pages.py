"""Logging in with a name and a password, and becoming a user by invitation."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from tests.web.way_in.conftest import PASSWORD, Opening, WayIn

from moderator.domain.access import Grant, Role
from moderator.ledger.access.sessions import ROTATED_EVERY, Visit
from moderator.web.entrance import LoginRefused, Reason

ADMIN = Grant(roles=frozenset({Role.ADMIN}))
VISIT = Visit(method="password", address="10.0.0.1", browser="Firefox")


async def test_nobody_sees_a_page_without_logging_in(way_in: WayIn) -> None:
    """They are led to the log-in, and from there to where they wanted."""
    browser = await way_in.browser()
    answer = await browser.get("/console/account?a=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/login?next=%2Fconsole%2Faccount%3Fa%3D1"

    await way_in.user()
    page = await browser.get(answer.headers["location"])
    assert 'name="next" value="/console/account?a=1"' in page.text
    entered = await browser.log_in(next="/console/account?a=1")

    assert (entered.status_code, entered.headers["location"]) == (303, "/console/account?a=1")
    assert (await browser.get("/console/account")).status_code == 200


async def test_the_first_admin_comes_by_a_code(way_in: WayIn) -> None:
    """The console asks for the code, a name and a password; then they are in."""
    _, code = await way_in.admission.invitations.invite(
        ADMIN, by="root@host (cli)", lasts=timedelta(hours=1)
    )
    browser = await way_in.browser()

    answer = await browser.send(
        "/console/invitation", code=f" {code} ", name="Boss", display="老板", password=PASSWORD
    )

    assert answer.status_code == 303
    session = (await browser.get("/api/v1/session")).json()
    assert (session["name"], session["roles"]) == ("boss", ["admin"])
    assert await way_in.told() == [
        ("boss", "login.succeeded"),
        ("root@host (cli)", "user.created"),
        ("root@host (cli)", "user.invited"),
    ]


@pytest.mark.parametrize(
    ("fields", "status", "reason"),
    [
        ({"code": "wrong"}, 401, "邀请码不对"),
        ({"name": "has space"}, 422, "用户名只能用"),
        ({"name": "rehearsal"}, 409, "已被使用"),
        ({"name": "taken"}, 409, "已被使用"),
        ({"password": "short"}, 422, "密码太短"),
        ({"password": "aaaaaaaaaaaaaaaa"}, 422, "密码太简单"),
        ({"password": "newbienewbie"}, 422, "密码太简单"),
    ],
    ids=["code", "name", "of a token", "taken", "short", "one letter", "the name"],
)
async def test_an_invitation_is_refused_with_a_reason(
    way_in: WayIn, fields: dict[str, str], status: int, reason: str
) -> None:
    """The code stays good: what was refused can be mended."""
    await way_in.user("taken")
    invitations = way_in.admission.invitations
    _, code = await invitations.invite(ADMIN, by="root", lasts=timedelta(hours=1))
    browser = await way_in.browser()
    usual = {"code": code, "name": "newbie", "display": "", "password": PASSWORD}

    answer = await browser.send("/console/invitation", **(usual | fields))

    assert answer.status_code == status
    assert reason in answer.text
    assert await invitations.look(code) is not None


async def test_cookies_are_out_of_reach(opening: Opening) -> None:
    """HttpOnly, SameSite, Secure and for this host alone, unless plain HTTP was stated."""
    way_in = opening(console={"plain_http": False})
    await way_in.user()
    answer = await (await way_in.browser()).get("/console/login")
    secure = answer.headers["set-cookie"]
    plain = (await (await opening().browser()).get("/console/login")).headers["set-cookie"]

    assert secure.startswith("__Host-moderator_form=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/"):
        assert part in secure
        assert part in plain
    assert "Secure" in secure
    assert "Secure" not in plain
    assert "Domain" not in secure


@pytest.mark.parametrize(("name", "password"), [("boss", "wrong password"), ("nobody", PASSWORD)])
async def test_a_wrong_name_or_password_is_one_answer(
    way_in: WayIn, name: str, password: str
) -> None:
    """Nobody learns from it whether there is such a user; the log keeps no typed name."""
    await way_in.user()
    browser = await way_in.browser()

    answer = await browser.log_in(name, password)

    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text
    assert not browser.session
    (newest, *_) = await way_in.told()
    assert newest == ("boss" if name == "boss" else "", "login.failed")


async def test_a_disabled_user_gets_the_same_answer(way_in: WayIn) -> None:
    """Also with the right password."""
    user = await way_in.user()
    await way_in.admission.accounts.enable(user, enabled=False, by="root")

    answer = await (await way_in.browser()).log_in()

    assert answer.status_code == 401
    assert "用户名或密码不对" in answer.text


async def test_a_hash_of_other_parameters_is_made_anew(way_in: WayIn) -> None:
    """At the next log-in, without anybody noticing."""
    user = await way_in.user()
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    accounts = way_in.admission.accounts
    await accounts.set_password(await accounts.one(user), old, by="root")

    await way_in.logged_in()

    found = await way_in.admission.accounts.credentials("boss")
    assert found is not None
    assert "m=8,t=1,p=1" in found[1]
    await way_in.logged_in()


async def test_logging_out_ends_the_log_in(way_in: WayIn) -> None:
    """The cookie is taken away, and is worth nothing to whoever kept it."""
    await way_in.user()
    browser = await way_in.logged_in()
    kept = browser.session

    answer = await browser.send("/console/account", "/console/logout")

    assert answer.headers["location"] == "/console/login"
    assert not browser.session
    browser.http.cookies.set("moderator_session", kept)
    assert (await browser.get("/console/account")).status_code == 303


async def test_a_new_password_ends_all_other_log_ins(way_in: WayIn) -> None:
    """This one goes on under a new secret; the old password opens nothing any more."""
    await way_in.user()
    browser, other = await way_in.logged_in(), await way_in.logged_in()
    before = browser.session

    answer = await browser.send(
        "/console/account", "/console/account/password", old=PASSWORD, new="another good password"
    )

    assert answer.status_code == 303
    assert browser.session != before
    assert (await browser.get("/console/account")).status_code == 200
    assert (await other.get("/console/account")).status_code == 303
    assert (await (await way_in.browser()).log_in()).status_code == 401


async def test_changing_the_password_asks_for_the_old_one(way_in: WayIn) -> None:
    """Whoever sits down at an open desk does not take it over."""
    await way_in.user()
    browser = await way_in.logged_in()

    answer = await browser.send(
        "/console/account", "/console/account/password", old="guessed", new="another good password"
    )

    assert answer.status_code == 422
    assert "用户名或密码不对" in answer.text
    await way_in.logged_in()


async def test_without_passwords_there_is_no_form(opening: Opening) -> None:
    """A company with a provider of its own need not keep any here."""
    way_in = opening(console={"passwords": False})
    browser = await way_in.browser()

    page = await browser.get("/console/login")

    assert 'type="password"' not in page.text
    for answer in (
        await browser.get("/console/invitation"),
        await browser.http.post("/console/login"),
    ):
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/console/login")


async def test_pages_come_in_both_languages(way_in: WayIn) -> None:
    """Chinese first; English to whose browser asks for it."""
    browser = await way_in.browser()

    chinese = await browser.get("/console/login")
    english = await browser.get("/console/login", headers={"accept-language": "en-GB,en"})

    assert "用户名" in chinese.text
    assert "User name" in english.text


async def test_a_session_goes_on_under_new_secrets(way_in: WayIn) -> None:
    """With the next page after a quarter of an hour; a form of before is still taken."""
    await way_in.user()
    browser = await way_in.logged_in()
    before, form = browser.session, await browser.csrf("/console/account")
    way_in.clock.now += ROTATED_EVERY

    page = await browser.get("/console/account")

    assert page.status_code == 200
    assert "HttpOnly" in page.headers["set-cookie"]
    assert browser.session != before
    answer = await browser.http.post("/console/account/logout", data={"csrf": form})
    assert answer.headers["location"] == "/console/login"
    assert not browser.session


async def test_a_page_of_the_api_renews_the_secret_too(way_in: WayIn) -> None:
    """And whoever logs out with that request is logged out, not renewed."""
    await way_in.user()
    browser = await way_in.logged_in()
    csrf = (await browser.get("/api/v1/session")).json()["csrf"]
    way_in.clock.now += ROTATED_EVERY
    before = browser.session
    assert (await browser.get("/api/v1/session")).json()["csrf"] == csrf
    assert browser.session != before

    way_in.clock.now += ROTATED_EVERY
    answer = await browser.http.delete("/api/v1/session", headers={"x-csrf-token": csrf})

    assert answer.status_code == 200
    assert len(answer.headers.get_list("set-cookie")) == 1
    assert not browser.session


async def test_who_proved_an_old_password_is_not_let_in(way_in: WayIn) -> None:
    """It was changed between the proof and the session."""
    user = await way_in.user()
    accounts, entrance = way_in.admission.accounts, way_in.admission.entrance
    proved = await entrance.by_password("boss", PASSWORD, VISIT)
    way_in.clock.now += timedelta(seconds=1)
    await accounts.set_password(await accounts.one(user), "another hash", by="root")

    with pytest.raises(LoginRefused) as refused:
        await entrance.begin(proved, VISIT, replaces="")

    assert refused.value.reason is Reason.WRONG
    assert (await way_in.told())[0] == ("boss", "login.failed")
