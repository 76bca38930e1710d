"""What somebody tries who has no business here."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.web.way_in.conftest import PASSWORD, Browser, WayIn

from moderator.domain.access import Right, Role

FORMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("/console/logout", {}),
    ("/console/account/logout", {}),
    ("/console/account/password", {"old": PASSWORD, "new": "a password of mine"}),
    ("/console/account/tokens", {"label": "mine", "rights": ["see"], "days": "1"}),
    ("/console/account/tokens/1/revoke", {}),
    ("/console/access/invitations", {"roles": ["admin"]}),
    ("/console/access/invitations/1/revoke", {}),
    ("/console/access/2/grant", {"roles": ["admin"]}),
    ("/console/access/2/disable", {}),
    ("/console/access/2/enable", {}),
    ("/console/access/2/invitation", {}),
    ("/console/access/2/logout", {}),
    ("/console/access/2/tokens/1/revoke", {}),
)
CALLS: tuple[tuple[str, str, Any], ...] = (
    ("DELETE", "/session", None),
    ("POST", "/tokens", {"label": "mine", "rights": ["see"], "days": 1}),
    ("DELETE", "/tokens/1", None),
    ("POST", "/invitations", {"roles": ["admin"]}),
    ("PUT", "/users/2/grant", {"roles": ["admin"]}),
    ("POST", "/users/2/disable", None),
    ("DELETE", "/users/2/sessions", None),
)


@pytest.mark.parametrize(("path", "fields"), FORMS, ids=[path for path, _ in FORMS])
async def test_a_form_of_another_site_does_nothing(
    way_in: WayIn, path: str, fields: dict[str, Any]
) -> None:
    """The browser sends the cookie along; without the page's own token nothing is done (CSRF)."""
    await way_in.user()
    await way_in.user("other", Role.REVIEWER)
    browser = await way_in.logged_in()
    before = await way_in.told()

    for forged in ({}, {"csrf": ""}, {"csrf": "0" * 64}):
        answer = await browser.http.post(path, data=fields | forged)
        assert answer.status_code == 403
    assert await way_in.told() == before
    assert (await browser.get("/console/account")).status_code == 200


@pytest.mark.parametrize(("method", "path", "body"), CALLS, ids=[f"{m} {p}" for m, p, _ in CALLS])
async def test_a_call_of_another_site_does_nothing(
    way_in: WayIn, method: str, path: str, body: Any
) -> None:
    """The same for the API: a cookie alone changes nothing."""
    await way_in.user()
    await way_in.user("other", Role.REVIEWER)
    browser = await way_in.logged_in()
    before = await way_in.told()

    answer = await browser.http.request(method, f"/api/v1{path}", json=body)

    assert answer.status_code == 403
    assert answer.json()["error"] == "csrf"
    assert await way_in.told() == before


async def test_the_token_of_one_log_in_is_not_that_of_another(way_in: WayIn) -> None:
    """What an attacker reads in their own page does not fit the victim's cookie."""
    await way_in.user()
    await way_in.user("evil", Role.VIEWER)
    victim, evil = await way_in.logged_in(), await way_in.logged_in("evil")
    token = await evil.csrf("/console/account")

    answer = await victim.http.post("/console/access/2/grant", data={"csrf": token})

    assert answer.status_code == 403


async def test_nobody_is_logged_in_by_another_site(way_in: WayIn) -> None:
    """A victim who works under the attacker's name would tell them everything (log-in CSRF)."""
    await way_in.user("evil", Role.VIEWER)
    evil, victim = await way_in.browser(), await way_in.browser()
    token = await evil.csrf("/console/login")
    form = {"name": "evil", "password": PASSWORD, "csrf": token}

    answer = await victim.http.post("/console/login", data=form)

    assert answer.status_code == 403
    assert not victim.session


async def test_a_planted_session_is_not_the_victims(way_in: WayIn) -> None:
    """Whoever plants a secret before the log-in knows none after it (session fixation)."""
    await way_in.user()
    victim, evil = await way_in.browser(), await way_in.browser()
    for browser in (victim, evil):
        browser.http.cookies.set("moderator_session", "planted-" + "a" * 40, domain="desk.test")

    await victim.log_in()

    assert (await evil.get("/console/account")).status_code == 303
    secrets = {cookie.value for cookie in victim.http.cookies.jar}
    assert not any(str(secret).startswith("planted") for secret in secrets)


async def test_an_own_session_planted_on_a_victim_ends_with_their_log_in(way_in: WayIn) -> None:
    """An attacker who plants their own open log-in loses it; the victim gets another."""
    await way_in.user()
    await way_in.user("evil", Role.VIEWER)
    evil, victim = await way_in.logged_in("evil"), await way_in.browser()
    victim.http.cookies.set("moderator_session", evil.session, domain="desk.test")

    await victim.log_in()

    assert (await evil.get("/console/account")).status_code == 303


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.test/console/",
        "//evil.test/console/",
        "/\\evil.test/console/",
        "\\\\evil.test",
        "javascript:alert(1)",
        "console/../..//evil.test",
        "/%2F/evil.test",
        "/console",
        " /console/",
        "\t//evil.test",
        "http:evil.test",
        "/api/v1/session",
    ],
)
async def test_nobody_is_led_elsewhere(way_in: WayIn, back: str) -> None:
    """After the log-in only an address of the console is gone to (open redirect)."""
    await way_in.user()
    browser = await way_in.browser()

    page = await browser.get("/console/login", params={"next": back})
    answer = await browser.log_in(next=back)

    assert 'name="next" value="/console/"' in page.text
    assert answer.headers["location"] == "/console/"


async def test_guessing_is_slowed_down_and_says_for_how_long(way_in: WayIn) -> None:
    """Also for the right password meanwhile; nothing is verified, and the log tells it once."""
    await way_in.user()
    browser = await way_in.browser()
    for _ in range(5):
        assert (await browser.log_in(password="guess " * 3)).status_code == 401
    verified, told = len(way_in.passwords.verified), await way_in.told()

    answer = await browser.log_in()

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "1"
    assert "秒后再试" in answer.text
    assert (await browser.log_in()).status_code == 429
    assert len(way_in.passwords.verified) == verified
    assert await way_in.told() == [("boss", "login.throttled"), *told]
    way_in.clock.now += timedelta(seconds=1)
    assert (await browser.log_in()).status_code == 303


async def test_a_crowd_of_guesses_gets_no_more_through(way_in: WayIn) -> None:
    """From many addresses in the same moment: five are looked at."""
    await way_in.user()
    browsers = [await way_in.browser(f"10.0.0.{number}") for number in range(12)]

    answers = await asyncio.gather(*(browser.log_in(password="guess") for browser in browsers))

    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 7
    assert len(way_in.passwords.verified) == 5


async def test_guessing_at_invitations_is_slowed_down(way_in: WayIn) -> None:
    """Codes are too long to guess; whoever tries waits all the same."""
    browser = await way_in.browser()
    answers = [
        await browser.send("/console/invitation", code=f"c{n}", name="x", password=PASSWORD)
        for n in range(31)
    ]

    assert [answer.status_code for answer in answers] == [401] * 30 + [429]


async def test_unknown_users_cost_the_same_work(way_in: WayIn) -> None:
    """One verification each, with the same parameters: no clock tells who exists."""
    await way_in.user()
    disabled = await way_in.user("gone", Role.VIEWER)
    await way_in.admission.accounts.enable(disabled, enabled=False, by="root")
    work = []
    for name in ("boss", "nobody", "gone"):
        way_in.passwords.verified.clear()
        before = len(await way_in.told())
        await (await way_in.browser()).log_in(name, "wrong password")
        (kept,) = way_in.passwords.verified
        costs = [part for part in kept.split("$") if part.startswith("m=")]
        work.append((costs, len(kept), len(await way_in.told()) - before))

    assert work[0] == work[1] == work[2]
    assert work[0][0] == ["m=8,t=1,p=1"]


@pytest.mark.parametrize("name", ["bo\0ss", "\0", "x" * 200, "' OR 1=1 --", "老板", "boss (oidc)"])
async def test_a_name_that_nobody_can_have_is_a_wrong_one(way_in: WayIn, name: str) -> None:
    """Whatever is typed, sent or injected: the same answer as ever."""
    await way_in.user()

    answer = await (await way_in.browser()).log_in(name)

    assert answer.status_code == 401
    assert len(way_in.passwords.verified) == 1


async def test_the_hash_of_nobody_fits_no_password(way_in: WayIn) -> None:
    """What stands in for a user who does not exist opens nothing."""
    for password in ("", PASSWORD, "nobody"):
        assert not await way_in.passwords.verify(password, "")


async def test_a_stolen_token_is_worthless_after_its_revocation(way_in: WayIn) -> None:
    """From the very next question on."""
    await way_in.user()
    browser = await way_in.logged_in()
    wanted = {"label": "stolen", "rights": ["administer"], "days": 1}
    made = (await browser.api("POST", "/tokens", json=wanted)).json()
    thief = await way_in.browser("10.6.6.6")
    stolen = {"authorization": f"Bearer {made['token']}"}
    assert (await thief.get("/api/v1/users", headers=stolen)).status_code == 200

    await browser.api("DELETE", f"/tokens/{made['id']}")

    assert (await thief.get("/api/v1/users", headers=stolen)).status_code == 401


async def test_a_token_makes_no_tokens(way_in: WayIn) -> None:
    """Whoever steals one cannot make another that outlives its revocation."""
    await way_in.user()
    browser = await way_in.logged_in()
    made = await token_of(browser, *sorted(set(Right) - BEYOND_ADMIN))
    headers = {"authorization": f"Bearer {made}"}

    for method, path in (("POST", "/tokens"), ("GET", "/tokens"), ("DELETE", "/session")):
        answer = await browser.http.request(method, f"/api/v1{path}", headers=headers)
        assert answer.status_code in {403, 422}, path


BEYOND_ADMIN = {
    *(Right.ACCOUNT, Right.JUDGE, Right.APPROVE, Right.UNMASK),
    *(Right.EXPORT, Right.EDIT_RULES),
}


async def token_of(browser: Browser, *rights: Right) -> str:
    wanted = {"label": "t", "rights": rights, "days": 1}
    answer = await browser.api("POST", "/tokens", json=wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


@pytest.mark.parametrize("right", sorted(BEYOND_ADMIN))
async def test_a_token_gets_nothing_that_its_maker_lacks(way_in: WayIn, right: Right) -> None:
    """An admin judges nothing and reads nothing, nor do their tokens."""
    await way_in.user()
    browser = await way_in.logged_in()
    wanted = {"label": "more", "rights": [right], "days": 1}

    answer = await browser.api("POST", "/tokens", json=wanted)

    assert answer.status_code == 403
    assert answer.json()["error"] == "beyond_rights"


async def test_stored_markup_stays_text(way_in: WayIn) -> None:
    """Names, notes, labels and what a browser says of itself are shown, never run."""
    await way_in.user()
    browser = await way_in.browser()
    browser.http.headers["user-agent"] = MARKUP
    await browser.log_in()
    fields = {"roles": ["viewer"], "note": MARKUP}
    await browser.send("/console/access", "/console/access/invitations", **fields)
    invited = await way_in.admission.invitations.list()
    assert invited[0].note == MARKUP

    for page in ("/console/access", "/console/account"):
        text = (await browser.get(page)).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


MARKUP = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"
