"""Sliding windows."""

from moderator.rehearsal.allowance import Allowance


def test_window_slides() -> None:
    """Two in ten seconds: the third fits once the first is ten seconds old."""
    allowance = Allowance(((2, 10.0),))

    assert [allowance.spend("a", now) for now in (0.0, 5.0, 9.9, 10.0, 14.9, 15.0)] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]


def test_refused_spending_is_not_counted() -> None:
    """What did not fit takes no room."""
    allowance = Allowance(((2, 10.0),))

    assert not allowance.spend("a", 0.0, 3)
    assert allowance.spend("a", 0.0, 2)


def test_every_window_must_have_room() -> None:
    """The long window refuses what the short one would let through."""
    allowance = Allowance(((2, 10.0), (3, 100.0)))
    taken = [allowance.spend("a", now) for now in (0.0, 1.0, 20.0, 40.0, 100.0)]

    assert taken == [True, True, True, False, True]


def test_keys_do_not_share() -> None:
    """Each key has windows of its own."""
    allowance = Allowance(((1, 10.0),))

    assert allowance.spend("a", 0.0)
    assert allowance.spend("b", 0.0)


def test_blocking_closes_for_a_whole_window() -> None:
    """With `blocks` the refusal lasts a window from the excess on, as WeCom's blocks do."""
    allowance = Allowance(((1, 10.0),), blocks=True)
    taken = [allowance.spend("a", now) for now in (0.0, 5.0, 14.9, 15.0)]

    assert taken == [True, False, False, True]
