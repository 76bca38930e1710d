"""When an API is left alone, and when it is tried again."""

from datetime import UTC, datetime, timedelta

from moderator.enforcement.breaker import Breakers
from moderator.wecom.gate import Call, Family

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
MESSAGE, APPCHAT = Family.MESSAGE, Family.APPCHAT
SECONDS = timedelta(seconds=1)


def opened(family: Family = MESSAGE) -> Breakers:
    """Breakers after five failures of `family` in a row, at `START`."""
    breakers = Breakers()
    for _ in range(5):
        breakers.failed(family, START, probe=breakers.begin(family))
    return breakers


def test_five_failures_in_a_row_open_the_breaker() -> None:
    """The first pause lasts five seconds."""
    assert opened().open_until(MESSAGE, START) == START + 5 * SECONDS


def test_an_answer_in_between_begins_the_count_again() -> None:
    """Failures now and then are not an outage."""
    breakers = Breakers()
    for number in range(20):
        breakers.failed(MESSAGE, START, probe=False)
        if number % 4 == 3:
            breakers.answered(MESSAGE)

    assert breakers.open_until(MESSAGE, START) is None


def test_the_other_families_are_called_as_before() -> None:
    """Messages that fail say nothing about groups."""
    assert opened(MESSAGE).open_until(APPCHAT, START) is None


def test_one_call_probes_when_the_time_is_over() -> None:
    """Whoever comes while it is under way waits on."""
    breakers, later = opened(), START + 5 * SECONDS

    free = breakers.open_until(MESSAGE, later)
    probe = breakers.begin(MESSAGE)

    assert (free, probe) == (None, True)
    assert breakers.open_until(MESSAGE, later) == later + 5 * SECONDS


def test_a_probe_that_is_answered_closes_the_breaker() -> None:
    """And tells so, once, that those who wait may come."""
    breakers = opened()
    breakers.begin(MESSAGE)

    assert [breakers.answered(MESSAGE), breakers.answered(MESSAGE)] == [True, False]
    assert breakers.open_until(MESSAGE, START) is None
    assert breakers.begin(MESSAGE) is False


def test_each_probe_that_fails_doubles_the_time_up_to_five_minutes() -> None:
    """An outage of an hour costs a call every five minutes."""
    breakers, now, waits = opened(), START, []
    for _ in range(8):
        until = breakers.open_until(MESSAGE, now)
        assert until is not None
        waits.append((until - now).total_seconds())
        now = until
        breakers.failed(MESSAGE, now, probe=breakers.begin(MESSAGE))

    assert waits == [5, 10, 20, 40, 80, 160, 300, 300]


def test_a_probe_that_is_given_up_leaves_its_place_to_the_next() -> None:
    """Nobody waits for a probe that will never end."""
    breakers, later = opened(), START + 5 * SECONDS
    breakers.begin(MESSAGE)
    breakers.abandoned(MESSAGE)

    assert breakers.open_until(MESSAGE, later) is None


def test_what_opens_and_closes_is_told() -> None:
    """For the metrics, each change once."""
    heard: list[tuple[Family, bool]] = []
    breakers = Breakers(on_change=lambda family, is_open: heard.append((family, is_open)))
    for _ in range(7):
        breakers.failed(MESSAGE, START, probe=False)
    breakers.answered(MESSAGE)
    breakers.answered(MESSAGE)

    assert heard == [(MESSAGE, True), (MESSAGE, False)]


def test_calls_belong_to_families_by_their_paths() -> None:
    """What fails and recovers together stands together."""
    families = {
        "/cgi-bin/message/send": Family.MESSAGE,
        "/cgi-bin/appchat/update": Family.APPCHAT,
        "/cgi-bin/webhook/send": Family.WEBHOOK,
        "/cgi-bin/user/get": Family.CONTACTS,
        "/cgi-bin/department/list": Family.CONTACTS,
        "/cgi-bin/externalcontact/get": Family.CUSTOMERS,
        "/cgi-bin/getcallbackip": Family.OTHER,
        "siem": Family.SIEM,
    }

    assert {path: Call(path=path).family for path in families} == families
