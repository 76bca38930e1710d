"""What WeCom is answered, and when."""

import asyncio
import secrets
from typing import Any

import pytest

from moderator.domain.message import Ignored
from moderator.intake.callback import BODY_LIMIT
from moderator.intake.reception import Delivery
from moderator.intake.wide_event import wide_event
from moderator.pipeline import Outcome
from moderator.wecom import xml

Desk = Any  # the fixture's own class; test folders are no packages


async def prove(desk: Desk, **changes: str) -> Any:
    sealed = desk.envelope.seal(b"1616140317555161061", timestamp="1409659589", nonce="263014780")
    query = {
        "msg_signature": sealed.signature,
        "timestamp": sealed.timestamp,
        "nonce": sealed.nonce,
        "echostr": xml.only_text(sealed.body, "Encrypt"),
    }
    return await desk.http.get("/wecom/callback/guard", params=query | changes)


async def test_the_url_is_proved_in_plain_text(desk: Desk) -> None:
    """WeCom gets its echo back without quotes, newline or JSON."""
    answer = await prove(desk)

    assert answer.status_code == 200
    assert answer.content == b"1616140317555161061"
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_forged_proof_is_refused(desk: Desk) -> None:
    """A stranger cannot have an echo decrypted."""
    answer = await prove(desk, msg_signature="0" * 40)

    assert answer.status_code == 403
    assert b"161614" not in answer.content


async def test_a_proof_for_an_unknown_app_is_404(desk: Desk) -> None:
    """Only configured apps have an address."""
    assert (await desk.http.get("/wecom/callback/nobody")).status_code == 404


async def test_a_clean_message_is_answered_empty(desk: Desk) -> None:
    """Nothing to say is an empty 200, never `success` or JSON."""
    answer = await desk.post(desk.text("早上好"))

    assert (answer.status_code, answer.content) == (200, b"")
    assert desk.counted("clean") == 1


async def test_a_clean_message_touches_no_database(desk_without_database: Desk) -> None:
    """Clean chat goes on while PostgreSQL is away."""
    assert await desk_without_database.say("早上好") == 200


async def test_a_violation_is_committed_before_the_answer(desk: Desk) -> None:
    """At the moment the 200 leaves, the violation is in the ledger for everybody to see."""
    seen: list[str] = []

    async def send(event: dict[str, Any]) -> None:
        if event["type"] == "http.response.start":
            seen.append(str(event["status"]))
            seen.extend(one.message_id for one in (await desk.violations.page()).items)

    await desk.call(desk.text("有人买六合彩吗", msgid=77), send)

    assert seen == ["200", "77"]


async def test_a_violation_that_cannot_be_kept_is_503(desk_that_can_keep_nothing: Desk) -> None:
    """A 200 would make WeCom forget the message for ever."""
    answer = await desk_that_can_keep_nothing.post(desk_that_can_keep_nothing.text("买六合彩"))

    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/plain")
    labels = {"app": "guard", "status": "503"}
    counted = desk_that_can_keep_nothing.metrics.registry
    assert counted.get_sample_value("moderator_callbacks_total", labels) == 1


async def test_what_cannot_be_kept_is_told_and_counted(desk_that_can_keep_nothing: Desk) -> None:
    """After three deliveries the message is gone; ops must be able to say which it was."""
    await desk_that_can_keep_nothing.say("有人买六合彩吗", msgid=12)

    (report,) = desk_that_can_keep_nothing.reports
    event = wide_event(report)
    assert (event["outcome"], event["message_id"]) == ("unkept", "12")
    assert event["failure"] == "SpoolUnavailable"
    assert desk_that_can_keep_nothing.counted("unkept") == 1


async def test_a_repeated_delivery_is_one_violation(desk: Desk) -> None:
    """WeCom delivers up to three times; the ledger has it once."""
    for _ in range(3):
        assert await desk.say("有人买六合彩吗") == 200

    assert len((await desk.violations.page()).items) == 1
    assert (desk.counted("violation"), desk.counted("duplicate")) == (1, 2)


async def test_deliveries_at_once_are_one_violation(desk: Desk) -> None:
    """The ledger's unique key holds where no memory of this process can."""
    statuses = await asyncio.gather(*(desk.say("有人买六合彩吗") for _ in range(20)))

    assert set(statuses) == {200}
    assert len((await desk.violations.page()).items) == 1


async def test_two_people_with_one_msgid_are_two_violations(desk: Desk) -> None:
    """MsgId alone is no identity."""
    await desk.say("买六合彩", sender="ZhangSan")
    await desk.say("买六合彩", sender="LiSi")

    assert len((await desk.violations.page()).items) == 2


async def test_a_repeated_clean_message_is_counted_as_repeated(desk: Desk) -> None:
    """Ops see how often WeCom delivers twice."""
    await desk.say("早上好")
    await desk.say("早上好")

    assert (desk.counted("clean"), desk.counted("duplicate")) == (1, 1)


async def test_a_message_that_could_not_be_kept_is_not_taken_for_a_repeat(
    desk_that_can_keep_nothing: Desk,
) -> None:
    """The second delivery of what failed is tried again, not waved through."""
    assert await desk_that_can_keep_nothing.say("买六合彩") == 503
    assert await desk_that_can_keep_nothing.say("买六合彩") == 503


async def test_a_forged_callback_is_403(desk: Desk) -> None:
    """One flipped digit of the signature is enough."""
    answer = await desk.post(desk.text("买六合彩"), msg_signature=secrets.token_hex(20))

    assert answer.status_code == 403
    assert not (await desk.violations.page()).items


async def test_a_callback_for_another_corp_is_403(desk: Desk) -> None:
    """Right token and key, wrong receiver: not for us."""
    desk.envelope = desk.stray

    assert (await desk.post(desk.text("早上好"))).status_code == 403


@pytest.mark.parametrize("missing", ["msg_signature", "timestamp", "nonce"])
async def test_a_missing_parameter_is_400(desk: Desk, missing: str) -> None:
    """All three parameters are needed before anything is read."""
    answer = await desk.post(desk.text("早上好"), **{missing: ""})

    assert answer.status_code == 400


@pytest.mark.parametrize("body", [b"", b"hello", b"<xml></xml>", b"<!DOCTYPE x><xml/>", b"{}"])
async def test_a_malformed_body_is_400(desk: Desk, body: bytes) -> None:
    """What is no envelope is refused before any cryptography."""
    query = {"msg_signature": "0" * 40, "timestamp": "1", "nonce": "2"}
    answer = await desk.http.post("/wecom/callback/guard", params=query, content=body)

    assert answer.status_code == 400


async def test_an_unknown_app_is_404(desk: Desk) -> None:
    """And it is counted as unknown, so that a scanner cannot fill the metrics."""
    answer = await desk.http.post("/wecom/callback/nobody", content=b"x")

    assert answer.status_code == 404
    labels = {"app": "unknown", "status": "404"}
    value = desk.metrics.registry.get_sample_value("moderator_callbacks_total", labels)
    assert value == 1


async def test_more_than_a_mebibyte_is_413(desk: Desk) -> None:
    """Announced or not, a body is not read beyond its limit."""
    query = {"msg_signature": "0" * 40, "timestamp": "1", "nonce": "2"}

    async def unannounced() -> Any:
        for _ in range(BODY_LIMIT // 65536 + 1):
            yield b"x" * 65536

    for content in (b"x" * (BODY_LIMIT + 1), unannounced()):
        answer = await desk.http.post("/wecom/callback/guard", params=query, content=content)
        assert answer.status_code == 413


async def test_an_event_ends_as_ignored(desk: Desk) -> None:
    """An event is answered like anything else and counted with its reason."""
    assert (await desk.post(desk.event("enter_agent"))).status_code == 200

    (report,) = desk.reports
    assert isinstance(report.content, Ignored)
    assert desk.counted("ignored") == 1


async def test_a_message_that_breaks_the_matcher_is_kept(desk_with_a_bug: Desk) -> None:
    """A bug costs nobody a message: it is kept encrypted, and answered."""
    assert await desk_with_a_bug.say("买六合彩", msgid=5) == 200

    (kept,) = await desk_with_a_bug.failed.list()
    assert kept.reason == "ZeroDivisionError"
    assert "六合彩".encode() not in kept.body
    assert desk_with_a_bug.counted("failed") == 1


async def test_a_kept_message_is_kept_once(desk_with_a_bug: Desk) -> None:
    """WeCom's further deliveries of a poison message do not pile up."""
    for _ in range(3):
        await desk_with_a_bug.say("买六合彩", msgid=5)

    assert await desk_with_a_bug.failed.count() == 1


async def test_a_kept_message_can_be_replayed(desk_with_a_bug: Desk) -> None:
    """After the bug is mended the message is moderated as if it had just come."""
    desk = desk_with_a_bug
    await desk.say("买六合彩", msgid=5)
    (kept,) = await desk.failed.list()
    desk.mend()

    outcome = await desk.reception.replay(
        Delivery(kept.app, kept.body, kept.signature, kept.timestamp, kept.nonce)
    )

    assert outcome is Outcome.VIOLATION
    assert [one.message_id for one in (await desk.violations.page()).items] == ["5"]


async def test_a_genuine_callback_that_cannot_be_read_is_kept(desk: Desk) -> None:
    """Signed by WeCom but not understood by us is our fault, not WeCom's."""
    assert (await desk.post(b"neither XML nor JSON")).status_code == 200

    assert await desk.failed.count() == 1


async def test_what_can_be_neither_processed_nor_kept_is_503(
    desk_that_can_keep_nothing: Desk,
) -> None:
    """Nothing is lost silently."""
    answer = await desk_that_can_keep_nothing.post(b"neither XML nor JSON")

    assert answer.status_code == 503


async def test_the_wide_event_tells_everything_but_the_text(desk: Desk) -> None:
    """Ids, outcome, rules, actions and time; never a word of the message."""
    await desk.say("有人买六合彩吗", msgid=9)

    event = wide_event(desk.reports[0])
    assert event["outcome"] == "violation"
    assert event["message_id"] == "9"
    assert event["rules"] == ["gambling-word"]
    assert event["offence"] == 1
    assert "六合彩" not in str(event)
