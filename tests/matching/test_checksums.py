"""Check digits and token structure, against values that their standards print."""

import base64
from random import Random

import pytest

from moderator.matching.checksums import CHECKSUMS

NESTED = base64.urlsafe_b64encode(b'{"a":' + b"[" * 1300).decode()  # deeper than JSON is read

# Each is an example in the standard or the vendor's own documentation, none belongs to anyone.
PUBLISHED = [
    ("resident-id", "11010519491231002X"),  # GB 11643-1999, annex
    ("social-credit-code", "91350100M000100Y43"),  # GB 32100-2015, annex
    ("organisation-code", "D2143569-X"),  # GB 11714-1997, annex
    ("luhn", "79927398713"),  # ISO/IEC 7812-1, annex B
    ("iban", "GB82 WEST 1234 5698 7654 32"),  # ISO 13616 registry
    ("hong-kong-id", "A123456(3)"),
    ("taiwan-id", "A123456789"),
    ("age", "AGE-SECRET-KEY-1" + "GFPYYSJZ" * 6 + "GFPQ4EGAEX"),  # age's own test kit
    ("github", "ghp_" + "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ" + "0mLq17"),  # GitHub's blog
    ("basic-auth", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),  # RFC 7617
    ("basic-auth", "YnVpbGRlcjo="),  # a token as the user, no password
]
# These catch every single wrong character; weaker sums and structure checks need not.
EXACT = ("resident-id", "social-credit-code", "luhn", "github", "age", "hong-kong-id")


@pytest.mark.parametrize(("name", "value"), PUBLISHED)
def test_published_values_pass(name: str, value: str) -> None:
    """The value that the standard prints is valid."""
    assert CHECKSUMS[name].verify(value)


@pytest.mark.parametrize("name", sorted(CHECKSUMS))
def test_made_values_pass(name: str) -> None:
    """Whatever `make` builds, `verify` accepts, with the default argument."""
    checksum = CHECKSUMS[name]

    assert all(checksum.verify(checksum.make(Random(seed), "")) for seed in range(200))


@pytest.mark.parametrize("name", sorted(CHECKSUMS))
def test_the_same_seed_makes_the_same_value(name: str) -> None:
    """Examples are reproducible, and differ between seeds."""
    make = CHECKSUMS[name].make

    assert make(Random(7), "") == make(Random(7), "")
    assert make(Random(7), "") != make(Random(8), "")


@pytest.mark.parametrize("name", EXACT)
def test_one_wrong_digit_fails(name: str) -> None:
    """A value whose last digit but one was mistyped is refused."""
    checksum = CHECKSUMS[name]
    for seed in range(50):
        value = checksum.make(Random(seed), "")
        at = len(value) - 3
        wrong = value[:at] + ("2" if value[at] != "2" else "3") + value[at + 1 :]

        assert not checksum.verify(wrong)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("resident-id", "110105194913310023"),  # month 13
        ("resident-id", "11010518501231002X"),  # born in 1850
        ("resident-id", "990105194912310021"),  # no such province
        ("luhn", "0000000000000000"),
        ("bank-card", "1234567812345670"),  # Luhn holds, no issuer begins with 1
        ("mobile", "12812345678"),  # block not allocated
        ("mobile", "13800000000"),
        ("jwt", "eyJub3QiOiJhIn0.eyJhIjoxfQ.xxxx"),  # a header without `alg`
        ("jwt", "eyJhbGciOi.broken.x"),
        ("pem", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"),
        ("pem", "-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----"),
        ("aws-key-id", "AKIA0000000000000018"),  # 0, 1 and 8 are not in base32
        ("uuid", "00000000-0000-0000-0000-000000000000"),
        ("basic-auth", "bm90LWNyZWRlbnRpYWxz"),  # no colon inside
        ("random", "AuthenticationManagerBuilder2"),
        ("random", "2023-11-22"),
        ("password", "required"),
        ("password", "os.environ"),
        ("password", "8-16"),
    ],
)
def test_values_that_cannot_be_are_refused(name: str, value: str) -> None:
    """Right characters in the right number are not enough."""
    assert not CHECKSUMS[name].verify(value)


@pytest.mark.parametrize("name", sorted(CHECKSUMS))
@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "-",
        "x",
        "密码",
        "\ud800",
        "٣٣٣٣٣٣٣٣٣٣٣",
        "1" * 5000,
        f"{NESTED}.{NESTED}.x",
        NESTED,
    ],
)
def test_nothing_makes_a_check_raise(name: str, value: str) -> None:
    """Checks see what strangers write: they answer, whatever it is."""
    assert CHECKSUMS[name].verify(value) in {True, False}
