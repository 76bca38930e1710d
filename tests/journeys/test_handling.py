"""What happens then: from a message to what the person sees, with real processes on both sides.

The journal of the stand-in WeCom is what people saw: each intended message is in it once.
"""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from moderator.rehearsal.failures import Fault
from moderator.rehearsal.invention import WORK_GROUP
from moderator.rehearsal.stand_in import StandIn

Start = Any  # the fixtures' own types; test folders are no packages
Meet = Any
Deployment = dict[str, Any]

pytestmark = pytest.mark.slow

SEND = "/message/send"
GROUP_SEND = "/appchat/send"
ADVERTISEMENT = "低价代开发票，各行业都有"
STRIKE = "大家明天一起罢工"
SOON = {"enforcement": {"lease": 3, "poll": 0.2}}


def member(stand_in: StandIn) -> str:
    """Somebody in the work group, who does not own it."""
    return stand_in.company.people()[5].userid


def seen(stand_in: StandIn, path: str) -> Counter[str]:
    """How often each text was really shown to somebody."""
    return Counter(
        str(call.payload[call.payload["msgtype"]]["content"])
        for call in stand_in.journal.delivered(path)
    )


def kinds(violation: Any) -> dict[str, str]:
    return {action["kind"]: action["state"] for action in violation["actions"]}


async def test_the_first_advertisement_is_warned_the_second_removes(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet
) -> None:
    """S3 第二篇 8(五)1: 警告一次, 第二次再发者直接清退出群; nobody has to approve it."""
    staff = meet(await start("serve", settings=deployment))
    person = member(stand_in)

    await staff.say(person, 1, ADVERTISEMENT)
    first = await staff.settled(1)
    still_in = person in stand_in.company.groups[WORK_GROUP].members
    await staff.say(person, 2, ADVERTISEMENT + "！")
    second = await staff.settled(2)

    assert kinds(first)["warn_sender"] == "accepted"
    assert "remove_from_group" not in kinds(first)
    assert still_in
    assert kinds(second)["remove_from_group"] == "accepted"
    assert person not in stand_in.company.groups[WORK_GROUP].members
    assert sorted(seen(stand_in, SEND).values()) == [1, 1]
    assert sorted(seen(stand_in, GROUP_SEND).values()) == [1, 1]


async def test_three_warnings_are_proposed_as_one_demerit(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet
) -> None:
    """S3 第四篇 四(三): 警告三次为一次记过; the machine proposes, HR decides."""
    deployment["compliance"]["hr_users"] = [stand_in.company.people()[7].userid]
    staff = meet(await start("serve", settings=deployment))
    person = stand_in.company.people()[70].userid

    found = []
    for number in (1, 2, 3):
        await staff.say(person, number, f"{ADVERTISEMENT}{number}")
        found.append(await staff.settled(number))
    (proposal,) = [one for one in found[2]["actions"] if one["kind"] == "propose_to_hr"]
    await staff.post(f"/actions/{proposal['id']}/approve")
    approved = await staff.settled(3)

    assert [kinds(one).get("propose_to_hr") for one in found] == [None, None, "proposed"]
    assert proposal["detail"].endswith("记过")
    assert kinds(approved)["propose_to_hr"] == "accepted"
    told = [call for call in stand_in.journal.delivered(SEND) if call.reached[0] != person]
    assert [call.reached for call in told] == [(stand_in.company.people()[7].userid,)]


async def test_two_racing_messages_are_the_first_and_the_second_offence(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet
) -> None:
    """One person, two worker processes, the same moment: one warning each, in order, no double."""
    services = await asyncio.gather(*(start("serve", settings=deployment) for _ in range(2)))
    one, other = (meet(service) for service in services)
    person = member(stand_in)

    await asyncio.gather(
        one.say(person, 1, ADVERTISEMENT), other.say(person, 2, ADVERTISEMENT + "！")
    )
    found = [await one.settled(number) for number in (1, 2)]

    assert sorted(violation["offence"] for violation in found) == [1, 2]
    texts = list(seen(stand_in, SEND))
    assert sorted(seen(stand_in, SEND).values()) == [1, 1]
    assert ["第 1 次" in texts[0], "第 2 次" in texts[1]] == [True, True]
    assert sorted(seen(stand_in, GROUP_SEND).values()) == [1, 1]
    removals = [call for call in stand_in.journal.calls("/appchat/update") if not call.errcode]
    assert [call.payload["del_user_list"] for call in removals] == [[person]]


async def test_a_removal_waits_for_a_person_who_may_also_refuse(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet
) -> None:
    """Nothing happens before; whoever is second learns who was first."""
    staff = meet(await start("serve", settings=deployment))
    refused, approved = (stand_in.company.people()[number].userid for number in (5, 6))
    for number, person in enumerate((refused, approved), 1):
        await staff.say(person, number, STRIKE)
    proposals = []
    for number in (1, 2):
        actions = (await staff.settled(number))["actions"]
        proposals += [one["id"] for one in actions if one["state"] == "proposed"]
    before = stand_in.company.groups[WORK_GROUP].members

    await staff.post(f"/actions/{proposals[0]}/refuse", {"reason": "正当诉求"})
    await staff.post(f"/actions/{proposals[1]}/approve")
    late = await staff.post(f"/actions/{proposals[0]}/approve")
    found = [await staff.settled(number) for number in (1, 2)]

    assert {refused, approved} <= set(before)
    assert [kinds(one)["remove_from_group"] for one in found] == ["cancelled", "accepted"]
    assert late.status_code == 409
    assert "decided by rehearsal" in late.json()["detail"]
    members = stand_in.company.groups[WORK_GROUP].members
    assert (refused in members, approved in members) == (True, False)


async def test_a_dismissal_takes_back_what_can_be_taken_back(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet
) -> None:
    """The warning is recalled, the strike is given back: the next one is the first again."""
    staff = meet(await start("serve", settings=deployment))
    person = member(stand_in)
    await staff.say(person, 1, ADVERTISEMENT)
    warned = await staff.settled(1)
    body = {"decision": "dismiss", "note": "误报", "version": warned["version"]}
    await staff.post(f"/violations/{warned['id']}/decision", body)
    (recall,) = await stand_in.journal.wait_for("/message/recall", within=60)
    dismissed = await staff.settled(1)
    await staff.say(person, 2, ADVERTISEMENT + "！")
    following = await staff.settled(2)

    assert recall.reached == (person,)
    assert kinds(dismissed)["warn_sender"] == "undone"
    assert following["offence"] == 1
    assert "remove_from_group" not in kinds(following)


async def test_a_token_that_expires_in_the_middle_costs_nothing(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet
) -> None:
    """One more gettoken, no lost and no doubled message, no attempt."""
    staff = meet(await start("serve", settings=deployment))
    person = member(stand_in)
    await staff.say(person, 1, ADVERTISEMENT)
    await staff.settled(1)
    stand_in.tokens.expire_all()
    await staff.say(person, 2, ADVERTISEMENT + "！")
    found = await staff.settled(2)

    assert {action["attempts"] for action in found["actions"] if action["attempts"]} == {1}
    assert set(kinds(found).values()) == {"accepted"}
    assert len(stand_in.journal.calls("/gettoken")) == 2
    assert sorted(seen(stand_in, SEND).values()) == [1, 1]


async def test_a_crash_between_commit_and_call_loses_nothing(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet
) -> None:
    """Killed while it still asks for its token: another process does it after the lease, once."""
    stand_in.fail("/gettoken", Fault.SLOW, seconds=5)
    first = await start("serve", settings=deployment | SOON)
    await meet(first).say(member(stand_in), 1, ADVERTISEMENT)
    await stand_in.journal.wait_for("/gettoken", within=60)
    await first.kill()
    assert stand_in.journal.calls(SEND) == []

    staff = meet(await start("serve", settings=deployment))
    found = await staff.settled(1)

    assert kinds(found)["warn_sender"] == kinds(found)["notify_compliance"] == "accepted"
    assert list(seen(stand_in, SEND).values()) == [1]
    assert list(seen(stand_in, GROUP_SEND).values()) == [1]


@pytest.mark.parametrize(("path", "most"), [(SEND, 1), (GROUP_SEND, 2)])
async def test_a_crash_between_call_and_settle_repeats_at_most_once_and_says_so(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet, path: str, most: int
) -> None:
    """WeCom recognises a repeated warning; a card to a group it may show twice, and we know it."""
    stand_in.fail(path, Fault.SLOW, seconds=5)
    first = await start("serve", settings=deployment | SOON)
    await meet(first).say(member(stand_in), 1, ADVERTISEMENT)
    await stand_in.journal.wait_for(path, within=60)
    await first.kill()

    staff = meet(await start("serve", settings=deployment))
    found = await staff.settled(1)

    kind = "warn_sender" if path == SEND else "notify_compliance"
    (action,) = [one for one in found["actions"] if one["kind"] == kind]
    assert (action["state"], action["attempts"]) == ("accepted", 2)
    assert action["history"][0]["outcome"] == "lease ended"
    assert len(stand_in.journal.calls(path)) == 2
    assert list(seen(stand_in, path).values()) == [most]


async def test_a_pause_outlives_the_process_and_holds_the_next_one(
    start: Start, deployment: Deployment, stand_in: StandIn, meet: Meet
) -> None:
    """A wrong secret: `kill -9`, a new start, and still WeCom is asked once; ops see why."""
    for name in stand_in.company.apps:
        stand_in.company.change_app(name, secret=f"another-{name}-" + "1" * 30)
    first = await start("serve", settings=deployment)
    staff = meet(first)
    await staff.say(member(stand_in), 1, ADVERTISEMENT)
    while not (await staff.get("/pauses"))["items"]:
        pass
    await first.kill()

    second = await start("serve", settings=deployment)
    staff = meet(second)
    await staff.say(stand_in.company.people()[8].userid, 2, ADVERTISEMENT)
    while not (held := [one for one in (await staff.violation(2))["actions"] if one["held_by"]]):
        pass
    async with httpx.AsyncClient() as http:
        health = (await http.get(f"{second.url}/healthz", timeout=30)).json()
        told = (await http.get(f"{second.url}/metrics", timeout=30)).text

    assert len(stand_in.journal.calls("/gettoken")) == 1
    assert {(one["state"], one["attempts"]) for one in held} == {("queued", 0)}
    assert health["parts"]["outbox"]["condition"] == "degraded"
    assert "errcode 40001" in health["parts"]["outbox"]["facts"]["pauses"][0]
    assert 'moderator_wecom_holds_total{cause="paused"' in told
