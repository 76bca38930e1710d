"""Logging in at the company's provider and with WeCom: real servers, a browser in between."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.web.way_in.conftest import Browser, Opening, WayIn

from moderator.identity.oidc import Provider
from moderator.ledger.access.attempts import Attempts, Guessed
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import MODERATION_APP, invent_world
from moderator.rehearsal.provider import ProviderStandIn
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.rehearsal.world import Person
from moderator.settings import build_settings
from moderator.web.admission import return_address
from moderator.web.elsewhere import OidcSite, WeComSite
from moderator.wecom.client import WeComClient
from moderator.wecom.login import ScanLogin

CLIENT = "desk"
SECRET = "p8" * 16
ADDRESS = "https://desk.test"
PEOPLE = {
    "u-1": {"preferred_username": "wang.lei", "name": "王磊", "groups": ["desk"]},
    "u-2": {"preferred_username": "li.na", "name": "李娜", "groups": ["sales"]},
    "u-3": {"preferred_username": "boss", "name": "冒名", "groups": ["desk"]},
}
OIDC = {
    "client_id": CLIENT,
    "client_secret": SECRET,
    "roles": {"desk": ["reviewer"], "lead": ["department_admin"]},
    "departments": {"lead": [7]},
}


@dataclass
class Abroad:
    """The way in, with another site that is a server of its own."""

    way_in: WayIn
    http: httpx.AsyncClient

    async def leave(self, browser: Browser, site: str, back: str = "") -> str:
        """Where the console sends a browser to."""
        answer = await browser.get(f"/console/login/{site}", params={"next": back})
        assert answer.status_code == 303
        return str(answer.headers["location"])

    async def there(self, address: str, choice: str) -> str:
        """What somebody chooses there; the path at the desk that they are sent back to."""
        answer = await self.http.get(f"{address}&{choice}")
        back = urlsplit(answer.headers["location"])
        assert f"{back.scheme}://{back.netloc}" == ADDRESS
        return f"{back.path}?{back.query}"

    async def enter(self, browser: Browser, site: str, choice: str, back: str = "") -> Any:
        address = await self.leave(browser, site, back)
        return await browser.get(await self.there(address, choice))


@dataclass
class AtProvider(Abroad):
    provider: ProviderStandIn


@dataclass
class AtWeCom(Abroad):
    stand_in: StandIn


@pytest.fixture
async def company(opening: Opening) -> AsyncIterator[AtProvider]:
    stand_in = ProviderStandIn(CLIENT, SECRET, PEOPLE)
    async with serving(stand_in) as issuer, httpx.AsyncClient() as http:
        console = {"address": ADDRESS}
        settings = opening(oidc=OIDC | {"issuer": issuer}, console=console).settings
        back = return_address(settings.console, OidcSite.name)
        site = OidcSite(Provider(settings.oidc, http, redirect_uri=back))
        way_in = opening((site,), oidc=OIDC | {"issuer": issuer}, console=console)
        yield AtProvider(way_in, http, stand_in)


async def test_the_company_log_in_lets_in(company: AtProvider) -> None:
    """With the roles of their groups, to where they wanted; the log tells by which way."""
    browser = await company.way_in.browser()

    answer = await company.enter(browser, "oidc", "as=u-1", "/console/account")

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/account")
    told = (await browser.get("/api/v1/session")).json()
    assert (told["name"], told["roles"]) == ("wang.lei (oidc)", ["reviewer"])
    (row, *_) = await company.way_in.admission.audit.page()
    assert (row.deed.action, row.deed.detail["method"]) == ("login.succeeded", "oidc")


async def test_whose_groups_give_nothing_stays_out(company: AtProvider) -> None:
    """Being of the company is not enough; the log tells who tried."""
    browser = await company.way_in.browser()

    answer = await company.enter(browser, "oidc", "as=u-2")

    assert answer.status_code == 403
    assert "还没有权限" in answer.text
    assert not browser.session
    assert (await company.way_in.told())[0] == ("li.na (oidc)", "login.failed")


async def test_nobody_from_there_passes_for_somebody_from_here(company: AtProvider) -> None:
    """A name at the provider is another name than the same one here."""
    await company.way_in.user("boss")
    browser = await company.way_in.browser()

    await company.enter(browser, "oidc", "as=u-3")

    told = (await browser.get("/api/v1/session")).json()
    assert (told["name"], told["roles"]) == ("boss (oidc)", ["reviewer"])


async def test_an_answer_fits_only_the_browser_that_left(company: AtProvider) -> None:
    """A link with an attacker's code logs nobody in under the attacker's name."""
    evil, victim = await company.way_in.browser(), await company.way_in.browser()
    address = await company.leave(evil, "oidc")
    link = await company.there(address, "as=u-1")
    await company.leave(victim, "oidc")

    answer = await victim.get(link)

    assert answer.status_code == 403
    assert "页面已过期" in answer.text
    assert not victim.session


@pytest.mark.parametrize("query", ["", "code=x", "code=x&state=guessed", "state="])
async def test_an_answer_to_no_question_lets_nobody_in(company: AtProvider, query: str) -> None:
    """Whatever comes to the address without having left from here."""
    browser = await company.way_in.browser()

    answer = await browser.get(f"/console/login/oidc/return?{query}")

    assert answer.status_code == 403
    assert company.provider.asked.count("token") == 0


async def test_who_refuses_there_is_told_so(company: AtProvider) -> None:
    """They may try again, or another way."""
    browser = await company.way_in.browser()

    answer = await company.enter(browser, "oidc", "as=nobody")

    assert answer.status_code == 403
    assert "未获得授权" in answer.text


async def test_an_answer_counts_once(company: AtProvider) -> None:
    """Whoever finds the address in a history cannot use it again."""
    browser = await company.way_in.browser()
    address = await company.leave(browser, "oidc")
    link = await company.there(address, "as=u-1")
    await browser.get(link)
    session = browser.session

    again = await browser.get(link)

    assert again.status_code == 403
    assert browser.session == session


async def test_a_forged_token_lets_nobody_in(company: AtProvider) -> None:
    """What cannot be believed is said as such, without its content."""
    company.provider.amend = lambda claims: claims | {"nonce": "of another log-in"}
    browser = await company.way_in.browser()

    answer = await company.enter(browser, "oidc", "as=u-1")

    assert answer.status_code == 502
    assert not browser.session


async def test_nobody_is_led_elsewhere_from_there(company: AtProvider) -> None:
    """Also by this way only an address of the console is gone to."""
    browser = await company.way_in.browser()

    answer = await company.enter(browser, "oidc", "as=u-1", "//evil.test/")

    assert answer.headers["location"] == "/console/"


@pytest.fixture
async def wecom(opening: Opening) -> AsyncIterator[AtWeCom]:
    world = invent_world(people=20)
    stand_in = create_stand_in(world)
    async with serving(stand_in) as url, httpx.AsyncClient() as http:
        values = settings_of(world, api_url=url)
        login = {
            "app": MODERATION_APP,
            "address": f"{url}/rehearsal/scan",
            "people": {plain(stand_in).userid.upper(): ["auditor"]},
            "leaders": True,
        }
        console = {"address": ADDRESS, "plain_http": True}
        settings = build_settings(values | {"wecom_login": login, "console": console})
        client = WeComClient(settings.wecom, http)
        back = return_address(settings.console, WeComSite.name)
        scan = ScanLogin(settings.wecom_login, settings.wecom, client, redirect_uri=back)
        way_in = opening((WeComSite(scan, settings.wecom_login),), console=console)
        yield AtWeCom(way_in, http, stand_in)
        await client.close()


def plain(stand_in: StandIn) -> Person:
    """Somebody who leads nothing."""
    return next(person for person in stand_in.company.people() if not person.leads)


async def test_a_scan_lets_in_whom_the_settings_name(wecom: AtWeCom) -> None:
    """userids do not care about case; the roles are those of the settings."""
    person = plain(wecom.stand_in)
    browser = await wecom.way_in.browser()

    answer = await wecom.enter(browser, "wecom", f"userid={person.userid}")

    assert answer.status_code == 303
    told = (await browser.get("/api/v1/session")).json()
    assert (told["name"], told["roles"]) == (f"{person.userid.lower()} (wecom)", ["auditor"])


async def test_a_leader_sees_what_they_lead(wecom: AtWeCom) -> None:
    """部门负责人 come in as admins of their departments, and of nothing else."""
    leader = max(wecom.stand_in.company.people(), key=lambda one: len(one.leads))
    assert leader.leads
    browser = await wecom.way_in.browser()

    await wecom.enter(browser, "wecom", f"userid={leader.userid}")

    told = (await browser.get("/api/v1/session")).json()
    assert told["roles"] == ["department_admin"]
    assert told["departments"] == sorted(leader.leads)


@pytest.mark.parametrize("who", ["@outsider", "nobody in particular"])
async def test_a_scan_lets_in_nobody_else(wecom: AtWeCom, who: str) -> None:
    """Customers and whoever has no role stay out."""
    people = wecom.stand_in.company.people()
    other = [person.userid for person in people if not person.leads][1]
    browser = await wecom.way_in.browser()

    answer = await wecom.enter(browser, "wecom", f"userid={who if who[0] == '@' else other}")

    assert answer.status_code == 403
    assert not browser.session


async def test_somebody_who_was_disabled_there_stays_out(wecom: AtWeCom) -> None:
    """A phone that still scans is no member that still works here."""
    person = plain(wecom.stand_in)
    wecom.stand_in.company.change_person(person.userid, status=2)
    browser = await wecom.way_in.browser()

    answer = await wecom.enter(browser, "wecom", f"userid={person.userid}")

    assert answer.status_code == 403


async def test_a_code_that_wecom_does_not_know_lets_nobody_in(wecom: AtWeCom) -> None:
    """Neither an invented one nor one that is longer than WeCom's."""
    browser = await wecom.way_in.browser()
    for code in ("invented", "x" * 513):
        address = await wecom.leave(browser, "wecom")
        link = await wecom.there(address, "userid=@refuses")

        answer = await browser.get(f"{link}&code={code}")

        assert answer.status_code == 502
        assert not browser.session


async def test_answers_are_counted_as_guesses_before_anybody_is_asked(company: AtProvider) -> None:
    """One address cannot keep the provider busy with answers that it makes up."""
    attempts = Attempts(company.way_in.engine, clock=company.way_in.clock)
    for _ in range(29):
        await attempts.admit(Guessed.address("10.0.0.1"))
    browser = await company.way_in.browser()

    statuses = [await made_up(company, browser) for _ in range(2)]

    assert statuses == [502, 429]
    assert company.provider.asked.count("token") == 1


async def made_up(company: AtProvider, browser: Browser) -> int:
    """What the desk answers to a code that the provider never gave."""
    state = parse_qs(urlsplit(await company.leave(browser, "oidc")).query)["state"][0]
    query = {"state": state, "code": "made up"}
    return (await browser.get("/console/login/oidc/return", params=query)).status_code


async def test_who_comes_in_from_there_has_guessed_nothing(company: AtProvider) -> None:
    """A whole office may log in from one address."""
    attempts = Attempts(company.way_in.engine, clock=company.way_in.clock)
    for _ in range(28):
        await attempts.admit(Guessed.address("10.0.0.1"))

    for _ in range(3):
        browser = await company.way_in.browser()
        assert (await company.enter(browser, "oidc", "as=u-1")).status_code == 303
