"""What was just done, as the address of the next page says it."""

import pytest
from starlette.requests import Request

from moderator.web.console.toasts import Done, Toast, toast_of, with_toast


def asked(query: str) -> Request:
    return Request({"type": "http", "query_string": query.encode(), "headers": []})


def test_it_comes_back_as_it_was_sent() -> None:
    """With the case and the version that undoing needs."""
    toast = Toast(done=Done.CONFIRMED, of=12, version=3)
    address = with_toast("/console/queue?severity=high", toast)

    assert address == "/console/queue?severity=high&done=confirmed&of=12&version=3"
    assert toast.undoing == "/console/cases/12/undo"
    assert toast_of(asked(address.partition("?")[2])) == toast


@pytest.mark.parametrize("query", ["", "done=", "done=exploded", "done=<b>"])
def test_what_makes_no_sense_is_not_said(query: str) -> None:
    """An address can be made by anybody."""
    assert toast_of(asked(query)) is None


@pytest.mark.parametrize("of", ["-1", "x", "9" * 40, "１２", "99999999999999999999"])
def test_numbers_that_are_none_count_as_nothing(of: str) -> None:
    """Then there is nothing to undo."""
    assert toast_of(asked(f"done=confirmed&of={of}")) == Toast(done=Done.CONFIRMED)


def test_a_decided_proposal_is_undone_by_its_own_number() -> None:
    """Not by that of the case."""
    assert Toast(done=Done.REFUSED, of=12, action=34).undoing == "/console/actions/34/undo"


@pytest.mark.parametrize("done", [Done.NOTED, Done.UNDONE, Done.SAVED, Done.CHANGED])
def test_some_things_cannot_be_taken_back(done: Done) -> None:
    """A note stays for ever."""
    assert Toast(done=done, of=12, version=3).undoing == ""
