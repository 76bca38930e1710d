"""Approval inside WeCom: a card with buttons, pressed over real callbacks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.conftest import SmallRules

from moderator.app import create_app
from moderator.ledger.database.engine import create_engine
from moderator.rehearsal import callbacks
from moderator.rehearsal.api.cards import press
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import WORK_GROUP, invent_world
from moderator.rehearsal.journal import Call
from moderator.rehearsal.run import Target
from moderator.rehearsal.sender import CallbackSender, callback_client
from moderator.rehearsal.serving import serving
from moderator.rehearsal.stand_in import StandIn, create_stand_in
from moderator.settings import build_settings


@dataclass
class Office:
    """A company with two reviewers; one member of its work group misbehaves."""

    stand_in: StandIn
    target: Target
    sender: CallbackSender
    http: httpx.AsyncClient
    reviewers: tuple[str, str]
    offender: str

    async def misbehave(self, number: int = 1) -> dict[str, Any]:
        """A violation with a removal that needs approval; the card's payload."""
        head = self._head(self.offender)
        await self.sender.deliver(callbacks.text(head, number, "买六合彩吗"))
        cards = [
            call
            for call in await self.stand_in.journal.wait_for("message/send", number, within=20)
            if call.payload.get("msgtype") == "template_card"
        ]
        card: dict[str, Any] = cards[-1].payload["template_card"]
        return card | {"touser": cards[-1].payload["touser"]}

    async def press(
        self, card: dict[str, Any], key: str, by: str, *, misspelt: bool = False
    ) -> bytes:
        """Press a button; the event, to be delivered again."""
        code = press(self.stand_in.company, "moderation")
        plain = callbacks.card_press(
            self._head(by),
            key=key,
            task_id=card["task_id"],
            response_code=code,
            misspelt=misspelt,
        )
        assert (await self.sender.deliver(plain)).answered
        return plain

    async def updates(self, count: int) -> list[str]:
        """What stands on the card where its buttons were, each time that it changed."""
        calls = await self.stand_in.journal.wait_for("update_template_card", count, within=20)
        return [call.payload["button"]["replace_name"] for call in calls]

    async def removals(self) -> list[Call]:
        return await self.stand_in.journal.wait_for("appchat/update", within=20)

    async def violation(self) -> dict[str, Any]:
        (listed,) = (await self.http.get("/api/v1/violations")).json()["items"]
        found: dict[str, Any] = (await self.http.get(f"/api/v1/violations/{listed['id']}")).json()
        return found

    def _head(self, sender: str) -> callbacks.Head:
        return callbacks.Head(
            corp=self.target.corp, sender=sender, at=1_790_000_000, agent_id=1000002
        )


@pytest.fixture
async def office(database_url: str, small_rules: SmallRules) -> AsyncIterator[Office]:
    rules = small_rules.call_for("identify_sender", "remove_from_group")
    world = invent_world()
    stand_in = create_stand_in(world)
    members = next(group for group in world.groups if group.chat == WORK_GROUP).members
    reviewers = (world.people[100].userid, world.people[101].userid)
    async with serving(stand_in) as wecom:
        values = settings_of(world, api_url=wecom, database_url=database_url)
        values["rules"] = {"directory": str(rules), "watch": False}
        values["compliance"] |= {"reviewers": reviewers}
        settings = build_settings(values)
        engine = create_engine(settings.database)
        token = settings.api.tokens["rehearsal"].get_secret_value()
        async with serving(create_app(settings, engine)) as url, callback_client() as http:
            target = Target.of(settings, url=url, app="moderation", api_token=token)
            bearer = {"authorization": f"Bearer {token}"}
            async with httpx.AsyncClient(base_url=url, headers=bearer) as api:
                yield Office(
                    stand_in=stand_in,
                    target=target,
                    sender=CallbackSender(target.callback, target.envelope, http),
                    http=api,
                    reviewers=reviewers,
                    offender=members[5],
                )
        await engine.dispose()


@pytest.mark.parametrize("misspelt", [False, True])
async def test_a_reviewer_approves_by_card(office: Office, *, misspelt: bool) -> None:
    """同意 under either spelling: the person is removed, and the card says who agreed."""
    card = await office.misbehave()
    assert card["touser"] == "|".join(office.reviewers)
    assert [button["text"] for button in card["button_list"]] == ["同意", "误报", "稍后"]

    await office.press(card, "approve", office.reviewers[0], misspelt=misspelt)

    assert (await office.updates(1))[0] == f"{office.reviewers[0]} 已同意"
    (removal,) = await office.removals()
    assert removal.payload["del_user_list"] == [office.offender]


async def test_whoever_is_not_a_reviewer_changes_nothing(office: Office) -> None:
    """The right is in the settings, not in having the card."""
    card = await office.misbehave()

    await office.press(card, "approve", office.offender)

    states = {one["kind"]: one["state"] for one in (await office.violation())["actions"]}
    assert states["remove_from_group"] == "proposed"
    assert not office.stand_in.journal.calls("update_template_card")
    assert not office.stand_in.journal.calls("appchat/update")


async def test_whoever_is_second_sees_who_was_first(office: Office) -> None:
    """The second press decides nothing; the card shows the first reviewer to both."""
    first, second = office.reviewers
    card = await office.misbehave()
    await office.press(card, "dismiss", first)
    await office.press(card, "approve", second)

    shown = await office.updates(2)
    assert set(shown) == {f"{first} 已判误报"}
    assert (await office.violation())["status"] == "dismissed"
    assert not office.stand_in.journal.calls("appchat/update")


async def test_the_same_press_delivered_again_is_one_press(office: Office) -> None:
    """WeCom repeats what it got no answer to; nothing happens twice."""
    card = await office.misbehave()
    plain = await office.press(card, "approve", office.reviewers[0])
    await office.updates(1)

    assert (await office.sender.deliver(plain)).answered

    assert len(await office.removals()) == 1
    assert len(office.stand_in.journal.calls("update_template_card")) == 1


async def test_a_decision_over_the_api_shows_on_the_card(office: Office) -> None:
    """Whoever has the card in front of them learns that it is decided, and by whom."""
    await office.misbehave()
    (proposed,) = [
        one for one in (await office.violation())["actions"] if one["state"] == "proposed"
    ]
    answer = await office.http.post(f"/api/v1/actions/{proposed['id']}/approve")

    assert answer.status_code == 200
    assert await office.updates(1) == ["rehearsal 已同意"]
    assert len(await office.removals()) == 1


async def test_later_leaves_everything_as_it_is(office: Office) -> None:
    """稍后: nothing is decided, the others keep their buttons, another card is queued."""
    card = await office.misbehave()
    await office.press(card, "later", office.reviewers[0])
    await office.updates(1)
    (update,) = office.stand_in.journal.calls("update_template_card")
    assert update.payload["userids"] == [office.reviewers[0]]

    actions = (await office.violation())["actions"]
    states = [(one["kind"], one["state"]) for one in actions]
    assert ("remove_from_group", "proposed") in states
    assert ("ask_reviewers", "queued") in states
