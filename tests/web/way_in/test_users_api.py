"""`/api/v1/session`, `/tokens`, `/users`, `/invitations` and `/audit`."""

from typing import Any

import pytest
from tests.web.way_in.conftest import PASSWORD, Opening, WayIn

from moderator.domain.access import Right, Role


async def test_whoever_asks_is_told_who_they_are(way_in: WayIn) -> None:
    """With their rights and their bound, and the token that changes need."""
    await way_in.user("lead", Role.DEPARTMENT_ADMIN, bound={7, 3})
    browser = await way_in.logged_in("lead")

    told = (await browser.get("/api/v1/session")).json()

    assert told["name"] == "lead"
    assert told["departments"] == [3, 7]
    assert set(told["rights"]) == {"see", "see_outbox", "judge", "unmask", "account"}
    assert len(told["csrf"]) == 64


async def test_a_token_of_the_settings_is_no_user(opening: Opening) -> None:
    """It has every role but admin, no session, and no tokens of its own."""
    way_in = opening()
    (token,) = way_in.settings.api.tokens.values()
    browser = await way_in.browser()
    headers = {"authorization": f"Bearer {token.get_secret_value()}"}

    told = (await browser.get("/api/v1/session", headers=headers)).json()

    assert (told["name"], told["csrf"]) == ("rehearsal", "")
    assert "administer" not in told["rights"]
    assert (await browser.get("/api/v1/tokens", headers=headers)).status_code == 403
    assert (await browser.get("/api/v1/users", headers=headers)).status_code == 403


async def test_a_token_is_shown_once(way_in: WayIn) -> None:
    """Then it is listed without its value, until it is revoked and after."""
    await way_in.user("rev", Role.REVIEWER)
    browser = await way_in.logged_in("rev")
    wanted = {"label": "weekly export", "rights": ["see", "export"], "days": 7}

    made = (await browser.api("POST", "/tokens", json=wanted)).json()
    listed = (await browser.get("/api/v1/tokens")).json()["items"]
    revoked = (await browser.api("DELETE", f"/tokens/{made['id']}")).json()

    assert made["token"].startswith("mdr_")
    assert [one["label"] for one in listed] == ["weekly export"]
    assert "token" not in listed[0]
    assert revoked["revoked_by"] == "rev"


@pytest.mark.parametrize(
    "wanted",
    [
        {"label": "", "rights": ["see"]},
        {"label": "x(y)", "rights": ["see"]},
        {"label": "x", "rights": []},
        {"label": "x", "rights": ["nothing"]},
        {"label": "x", "rights": ["see"], "days": 0},
        {"label": "x", "rights": ["see"], "days": 367},
        {"label": "x", "rights": ["see"], "for_ever": True},
    ],
)
async def test_a_token_that_cannot_be_is_refused(way_in: WayIn, wanted: dict[str, Any]) -> None:
    """Without a label or rights, for ever, or with a label that would pass for another's name."""
    await way_in.user("rev", Role.REVIEWER)
    browser = await way_in.logged_in("rev")

    assert (await browser.api("POST", "/tokens", json=wanted)).status_code == 422


async def test_logging_out_everywhere(way_in: WayIn) -> None:
    """All log-ins of whoever asks end."""
    await way_in.user()
    first, second = await way_in.logged_in(), await way_in.logged_in()

    answer = await first.api("DELETE", "/session?everywhere=true")

    assert answer.json() == {"number": 2}
    assert (await second.get("/api/v1/session")).status_code == 401


async def test_an_admin_invites_and_the_code_is_shown_once(way_in: WayIn) -> None:
    """With the rights that the admin chose, department bound included."""
    await way_in.user()
    browser = await way_in.logged_in()
    wanted = {"roles": ["department_admin"], "departments": [7], "note": "李娜"}

    made = (await browser.api("POST", "/invitations", json=wanted)).json()
    listed = (await browser.get("/api/v1/invitations")).json()["items"]
    newcomer = await way_in.browser()
    await newcomer.send("/console/invitation", code=made["code"], name="li", password=PASSWORD)

    assert "code" not in listed[0]
    assert (await newcomer.get("/api/v1/session")).json()["departments"] == [7]
    assert (await browser.get("/api/v1/invitations")).json()["items"] == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"roles": []},
        {"roles": ["department_admin"]},
        {"roles": ["admin"], "departments": [7]},
        {"roles": ["auditor", "viewer"], "departments": [7]},
        {"roles": ["viewer"], "departments": []},
        {"roles": ["viewer"], "departments": [0]},
        {"roles": ["boss"]},
    ],
)
async def test_rights_that_make_no_sense_are_refused(way_in: WayIn, wanted: dict[str, Any]) -> None:
    """Above all a bound on somebody whose work cannot be bound, which would be none."""
    await way_in.user()
    browser = await way_in.logged_in()

    assert (await browser.api("POST", "/invitations", json=wanted)).status_code == 422


async def test_an_admin_changes_what_others_may(way_in: WayIn) -> None:
    """At once: their log-in ends, and the next one has the new rights."""
    await way_in.user()
    user = await way_in.user("rev", Role.REVIEWER)
    browser, reviewer = await way_in.logged_in(), await way_in.logged_in("rev")

    changed = await browser.api("PUT", f"/users/{user}/grant", json={"roles": ["viewer"]})

    assert changed.json()["grant"] == {"roles": ["viewer"], "departments": None}
    assert (await reviewer.get("/api/v1/session")).status_code == 401
    await reviewer.log_in("rev")
    assert "judge" not in (await reviewer.get("/api/v1/session")).json()["rights"]


async def test_nobody_raises_or_shuts_out_themselves(way_in: WayIn) -> None:
    """Another admin has to do it."""
    user = await way_in.user()
    browser = await way_in.logged_in()

    grant = {"roles": ["admin", "reviewer"]}
    raised = await browser.api("PUT", f"/users/{user}/grant", json=grant)
    out = await browser.api("POST", f"/users/{user}/disable")

    assert (raised.status_code, out.status_code) == (409, 409)


async def test_an_admin_lets_out_and_in_again(way_in: WayIn) -> None:
    """A disabled user is out at once; enabled, they log in as before."""
    await way_in.user()
    user = await way_in.user("rev", Role.REVIEWER)
    browser, reviewer = await way_in.logged_in(), await way_in.logged_in("rev")

    await browser.api("POST", f"/users/{user}/disable")
    assert (await reviewer.get("/api/v1/session")).status_code == 401
    await browser.api("POST", f"/users/{user}/enable")
    assert (await reviewer.log_in("rev")).status_code == 303


async def test_an_admin_ends_log_ins_and_tokens_of_others(way_in: WayIn) -> None:
    """And sees which there are."""
    await way_in.user()
    user = await way_in.user("rev", Role.REVIEWER)
    browser, reviewer = await way_in.logged_in(), await way_in.logged_in("rev")
    wanted = {"label": "t", "rights": ["see"], "days": 1}
    made = (await reviewer.api("POST", "/tokens", json=wanted)).json()

    listed = (await browser.get(f"/api/v1/users/{user}/tokens")).json()["items"]
    revoked = await browser.api("DELETE", f"/users/{user}/tokens/{made['id']}")
    ended = await browser.api("DELETE", f"/users/{user}/sessions")

    assert [one["id"] for one in listed] == [made["id"]]
    assert revoked.json()["revoked_by"] == "boss"
    assert ended.json() == {"number": 1}


async def test_a_new_password_is_by_invitation(way_in: WayIn) -> None:
    """An admin never learns or sets a password of others."""
    await way_in.user()
    user = await way_in.user("rev", Role.REVIEWER)
    browser = await way_in.logged_in()

    made = (await browser.api("POST", f"/users/{user}/invitation")).json()
    other = await way_in.browser()
    answer = await other.send(
        "/console/invitation", code=made["code"], password="a quite new password"
    )

    assert made["name"] == "rev"
    assert answer.status_code == 303
    assert (await way_in.browser()) is not None
    assert (await (await way_in.browser()).log_in("rev")).status_code == 401


async def test_somebody_from_elsewhere_is_expected(way_in: WayIn) -> None:
    """With a name that nobody from here can have; they have no password to be renewed."""
    await way_in.user()
    browser = await way_in.logged_in()
    wanted = {"source": "wecom", "subject": "ZhangSan", "name": "张三", "roles": ["viewer"]}

    made = (await browser.api("POST", "/users", json=wanted)).json()
    again = await browser.api("POST", "/users", json=wanted)
    renewed = await browser.api("POST", f"/users/{made['id']}/invitation")

    assert made["name"] == "张三 (wecom)"
    assert (again.status_code, renewed.status_code) == (409, 409)


async def test_the_audit_log_is_read_by_what_one_looks_for(way_in: WayIn) -> None:
    """By who did what to what, when; in pages that stay stable while rows are added."""
    await way_in.user("aud", Role.AUDITOR)
    browser = await way_in.logged_in("aud")
    await (await way_in.browser("10.0.0.2")).log_in("aud", "wrong password")

    async def found(**query: Any) -> list[str]:
        answer = await browser.get("/api/v1/audit", params=query)
        assert answer.status_code == 200, answer.text
        return [item["action"] for item in answer.json()["items"]]

    assert await found(action="login") == ["login.failed", "login.succeeded"]
    assert await found(action="login.failed") == ["login.failed"]
    assert await found(action="log") == []
    assert await found(actor="root") == ["user.created", "user.invited"]
    assert await found(subject="invitation/1") == ["user.invited"]
    assert await found(since="2026-03-03T00:00:00Z") == []
    assert len(await found(until="2026-03-03T00:00:00Z")) == 4
    first = (await browser.get("/api/v1/audit", params={"limit": 3})).json()
    second = await browser.get("/api/v1/audit", params={"limit": 3, "cursor": first["next"]})
    assert [item["number"] for item in first["items"]] == [4, 3, 2]
    assert [item["number"] for item in second.json()["items"]] == [1]
    assert second.json()["next"] is None


async def test_the_console_shows_users_and_makes_codes(way_in: WayIn) -> None:
    """The same by forms: invite, change, disable, each shown on the page that follows."""
    await way_in.user()
    user = await way_in.user("rev", Role.REVIEWER)
    browser, page = await way_in.logged_in(), f"/console/access/{user}"

    made = await browser.send(
        "/console/access", "/console/access/invitations", roles=["viewer"], departments="7，8"
    )
    wrong = await browser.send("/console/access", "/console/access/invitations", departments="x")
    changed = await browser.send(page, f"{page}/grant", roles=["viewer"], departments="")
    disabled = await browser.send(page, f"{page}/disable")

    assert made.status_code == 200
    assert "只显示这一次" in made.text
    assert wrong.status_code == 422
    assert changed.headers["location"] == f"{page}?done=changed"
    assert disabled.headers["location"] == f"{page}?done=disabled"
    shown = await browser.get(f"{page}?done=disabled")
    assert "已停用" in shown.text
    (invitation,) = await way_in.admission.invitations.list()
    assert invitation.grant.departments == frozenset({7, 8})


async def test_the_console_makes_tokens(way_in: WayIn) -> None:
    """The value stands on the page that answers, and on none after it."""
    await way_in.user("rev", Role.REVIEWER)
    browser = await way_in.logged_in("rev")

    made = await browser.send(
        "/console/account", "/console/account/tokens", label="nightly", rights=["see"], days="7"
    )
    again = await browser.get("/console/account")
    revoked = await browser.send("/console/account", "/console/account/tokens/1/revoke")

    assert "mdr_" in made.text
    assert "mdr_" not in again.text
    assert "nightly" in again.text
    assert revoked.status_code == 303


def test_every_right_and_role_has_its_words() -> None:
    """In both languages, for the pages that list them."""
    from moderator.web.console.catalogue import catalogues

    for catalogue in catalogues().values():
        assert all(catalogue.has(f"right.{right}") for right in Right)
        assert all(catalogue.has(f"role.{role}") for role in Role)
        assert all(catalogue.has(f"role.text_{role}") for role in Role)


@pytest.mark.parametrize("label", ["wecom", "OIDC", "cli"])
async def test_no_token_is_made_that_passes_for_another_user(way_in: WayIn, label: str) -> None:
    """Over the API with the reason, in the console with a sentence beside the form."""
    await way_in.user()
    browser = await way_in.logged_in()
    wanted = {"label": label, "rights": ["see"], "days": 1}

    answer = await browser.api("POST", "/tokens", json=wanted)
    page = await browser.send("/console/account", "/console/account/tokens", **wanted)

    assert (answer.status_code, page.status_code) == (422, 422)
    assert "the label must be none of cli, local, oidc, wecom" in answer.json()["detail"]
    assert "被误认为另一个用户" in page.text
    assert (await browser.get("/api/v1/tokens")).json()["items"] == []


async def test_no_token_passes_for_another_of_its_owner(way_in: WayIn) -> None:
    """A full-width label beside the same: over the API a conflict, in the console a sentence."""
    await way_in.user()
    browser = await way_in.logged_in()
    await browser.api("POST", "/tokens", json={"label": "bot", "rights": ["see"], "days": 1})
    wanted = {"label": "ｂｏｔ", "rights": ["see"], "days": 1}

    answer = await browser.api("POST", "/tokens", json=wanted)
    page = await browser.send("/console/account", "/console/account/tokens", **wanted)

    assert (answer.status_code, answer.json()["error"]) == (409, "label_taken")
    assert page.status_code == 422
    assert "与你的另一个令牌混淆" in page.text
    assert len((await browser.get("/api/v1/tokens")).json()["items"]) == 1
