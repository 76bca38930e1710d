"""Passwords: hashed as RFC 9106 recommends, verified with the same work for everybody."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from moderator.identity.passwords import LONGEST, Passwords, fault_of

GOOD = "correct horse battery"


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def test_the_parameters_are_those_of_the_recommendation() -> None:
    """Argon2id with 64 MiB, three passes, four lanes: RFC 9106 §4, the second choice."""
    parameters = extract_parameters(await Passwords().hash(GOOD))

    assert parameters == RFC_9106_LOW_MEMORY
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (65536, 3, 4)


async def test_a_password_fits_its_own_hash_alone(passwords: Passwords) -> None:
    """And two hashes of one password are not alike."""
    kept, other = await passwords.hash(GOOD), await passwords.hash(GOOD)

    assert kept != other
    assert await passwords.verify(GOOD, kept)
    assert not await passwords.verify(GOOD + " ", kept)


@pytest.mark.parametrize("kept", ["", "no hash", "$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA"])
async def test_what_is_no_hash_fits_nothing(passwords: Passwords, kept: str) -> None:
    """Nobody, somebody without a password, a spoilt row."""
    assert not await passwords.verify("", kept)
    assert not await passwords.verify(GOOD, kept)


async def test_nobodys_hash_has_the_parameters_in_use() -> None:
    """So that to verify it costs as much as to verify anybody's."""
    for hasher in (
        PasswordHasher(time_cost=2, memory_cost=16, parallelism=2),
        PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, salt_len=12, hash_len=24),
    ):
        nobodys = Passwords(hasher)._nobodys
        real = hasher.hash(GOOD)

        assert extract_parameters(nobodys) == extract_parameters(real)
        assert len(nobodys) == len(real)


async def test_letters_that_cannot_be_written_are_a_wrong_password(passwords: Passwords) -> None:
    """Whatever a form sends."""
    assert not await passwords.verify("\udcff" * 20, await passwords.hash(GOOD))


async def test_an_older_hash_is_known_as_such(passwords: Passwords) -> None:
    """Until it is made anew at the next log-in."""
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(GOOD)

    assert passwords.is_outdated(old)
    assert not passwords.is_outdated(await passwords.hash(GOOD))


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        (GOOD, ""),
        ("密码要长而不必复杂就好了呀", ""),
        ("x" * 11, "too_short"),
        ("ab" * LONGEST, "too_long"),
        ("abababababab", "too_simple"),
        ("Li.Na" * 3, "too_simple"),
    ],
)
def test_long_is_better_than_complicated(password: str, fault: str) -> None:
    """As NIST SP 800-63B advises: length counts, rules about signs do not."""
    assert fault_of(password, "li.na") == fault
