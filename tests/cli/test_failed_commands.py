"""`moderator failed` against a real PostgreSQL."""

from datetime import timedelta

import pytest
from tests.cli.ledgers import Run
from tests.offences import NOW

from moderator.cli import failed
from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.sealing import EvidenceCipher
from moderator.ledger.reading.violations import Violations
from moderator.ledger.recording.failed import FailedMessages
from moderator.settings import Settings
from moderator.wecom.envelope import Envelope

pytestmark = pytest.mark.usefixtures("no_variables")


async def keep(database: Engine, settings: Settings, text: str, key: str) -> int:
    """Keep a genuine callback as if it could not have been processed."""
    corp, app = settings.wecom.corp_id, settings.wecom.apps["guard"]
    envelope = Envelope(
        token=app.token.get_secret_value(),
        encoding_aes_key=app.encoding_aes_key.get_secret_value(),
        receive_id=corp,
    )
    plain = (
        f"<xml><ToUserName>{corp}</ToUserName><FromUserName>zhangsan</FromUserName>"
        f"<CreateTime>1772443800</CreateTime><MsgType>text</MsgType><Content>{text}</Content>"
        f"<MsgId>{key}</MsgId><AgentID>1000002</AgentID></xml>"
    )
    sealed = envelope.seal(plain.encode(), timestamp="1772443800", nonce="n")
    return await FailedMessages(database).keep(
        "guard", key, sealed.body, sealed.signature, sealed.timestamp, sealed.nonce, "KeyError"
    )


async def test_a_kept_callback_is_replayed(run: Run, database: Engine, settings: Settings) -> None:
    """What could not be processed then is found, recorded and settled now."""
    kept = await keep(database, settings, "买六合彩", "17")
    before = await run(failed.app, "list")

    result = await run(failed.app, "replay")

    assert "KeyError" in before.output
    assert (result.exit_code, result.stdout) == (0, f"{kept}\tviolation\n")
    found = await Violations(database, EvidenceCipher.of(settings.evidence)).page()
    assert [item.rule for item in found.items] == ["lottery"]
    assert (await run(failed.app, "list")).output == ""


async def test_a_callback_that_fails_again_stays_and_the_others_go_on(
    run: Run, database: Engine, settings: Settings
) -> None:
    """One that cannot be opened is named with its error; the next is replayed; status 1."""
    broken = await FailedMessages(database).keep(
        "guard", "k", b"<xml/>", "wrong", "1", "n", "KeyError"
    )
    good = await keep(database, settings, "今天开会", "18")

    result = await run(failed.app, "replay")

    assert result.exit_code == 1
    assert result.stdout == f"{broken}\tfailed again\tMalformedEnvelope\n{good}\tclean\n"
    (left,) = await FailedMessages(database).list()
    assert (left.id, left.reason, left.attempts) == (broken, "MalformedEnvelope", 2)


async def test_a_named_callback_is_replayed_alone(
    run: Run, database: Engine, settings: Settings
) -> None:
    """The one named is processed and settled, its text erased; the other waits on."""
    first = await keep(database, settings, "今天开会", "19")
    second = await keep(database, settings, "买六合彩", "20")

    result = await run(failed.app, "replay", str(second))

    assert (result.exit_code, result.stdout) == (0, f"{second}\tviolation\n")
    waiting, settled = await FailedMessages(database).list(settled=True)
    assert (waiting.id, waiting.settled_at) == (first, None)
    assert (settled.id, settled.body, settled.settled_at is None) == (second, b"", False)
    shown = (await run(failed.app, "list", "--settled")).output.splitlines()
    assert [line.split("\t")[-1] for line in shown] == ["waiting", "replayed"]


async def test_a_callback_that_does_not_wait_is_named(
    run: Run, database: Engine, settings: Settings
) -> None:
    """Unknown, replayed already, or in somebody else's hands: status 1, and the others go on."""
    settled = await keep(database, settings, "今天开会", "21")
    taken = await keep(database, settings, "今天开会", "22")
    good = await keep(database, settings, "今天开会", "23")
    kept = FailedMessages(database)
    await kept.settle(settled)
    await kept.take(only=taken)

    result = await run(failed.app, "replay", "999", str(settled), str(taken), str(good))

    lines = [line.split("\t") for line in result.stdout.splitlines()]
    assert lines == [
        *([str(id_), "no such message waits"] for id_ in (999, settled, taken)),
        [str(good), "clean"],
    ]
    assert result.exit_code == 1


async def test_a_named_callback_that_fails_again_can_be_taken_at_once(
    run: Run, database: Engine
) -> None:
    """It is given back with the new reason and counted, and the status is 1."""
    kept = FailedMessages(database)
    broken = await kept.keep("guard", "k", b"<xml/>", "wrong", "1", "n", "KeyError")

    result = await run(failed.app, "replay", str(broken))

    assert (result.exit_code, result.stdout) == (1, f"{broken}\tfailed again\tMalformedEnvelope\n")
    again = await kept.take(only=broken)
    assert again is not None
    assert (again.reason, again.attempts) == ("MalformedEnvelope", 2)


async def test_an_erased_callback_is_listed_as_such(run: Run, database: Engine) -> None:
    """What came and was never replayed is not forgotten with its text."""
    kept = FailedMessages(database, keep=timedelta(days=1))
    await kept.keep("guard", "k", b"<xml/>", "s", "1", "n", "KeyError", now=NOW)
    await kept.erase_expired(NOW + timedelta(days=2))

    listed = await run(failed.app, "list")

    assert listed.output.split("\t")[-1].startswith("erased 2026-03-04")
