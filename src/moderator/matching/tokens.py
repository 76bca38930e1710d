"""Structure and checksums of machine-made tokens."""

import base64
import binascii
import json
import re
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from zlib import crc32

BASE62 = digits + ascii_uppercase + ascii_lowercase
BASE32 = ascii_uppercase + "234567"
BASE64URL = ascii_letters + digits + "-_"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_STEPS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_AGE_PREFIX = "AGE-SECRET-KEY-"
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_PEM_BODY = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.+?)-----END", re.DOTALL)
_ASN1_SEQUENCE = 0x30
_OPENSSH_MAGIC = b"openssh-key-v1\0"
_LARGEST_AWS_ACCOUNT = 999_999_999_999


def _pick(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choices(alphabet, k=length))


def _unbase64(text: str) -> bytes:
    """Standard or URL-safe base64, padded or not; `binascii.Error` when it is neither."""
    standard = text.replace("-", "+").replace("_", "/").rstrip("=")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


def _crc32_base62(text: str) -> str:
    number, found = crc32(text.encode()), ""
    while number:
        number, rest = divmod(number, 62)
        found = BASE62[rest] + found
    return found.rjust(6, "0")


def is_github(value: str) -> bool:
    """GitHub and npm: `xxx_`, 30 characters and their CRC-32 in six characters of base62.

    <https://github.blog/engineering/behind-githubs-new-authentication-token-formats/>
    """
    body = value.rpartition("_")[2]
    return len(body) == 36 and body.isascii() and _crc32_base62(body[:30]) == body[30:]


def make_github(random: Random, argument: str) -> str:
    """A token with the prefix `argument` (`ghp_`, `npm_`, …)."""
    body = _pick(random, BASE62, 30)
    return (argument or "ghp_") + body + _crc32_base62(body)


def is_jwt(value: str) -> bool:
    """RFC 7519: the first part is a JSON object that names an algorithm, the second an object."""
    try:
        header, claims = (json.loads(_unbase64(part)) for part in value.split(".")[:2])
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(header, dict) and "alg" in header and isinstance(claims, dict)


def make_jwt(random: Random, argument: str) -> str:
    """A token signed with nothing, of algorithm `argument` (HS256 when empty)."""
    header = {"alg": argument or "HS256", "typ": "JWT"}
    claims = {"sub": _pick(random, digits, 10), "iat": 1_700_000_000 + random.randrange(10**7)}
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    encoded = [base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts]
    return ".".join([*encoded, _pick(random, BASE64URL, 43)])


def is_pem(value: str) -> bool:
    """RFC 7468: the body is base64 of an ASN.1 SEQUENCE, or OpenSSH's own format."""
    block = _PEM_BODY.search(value.replace("\\n", "\n"))
    if block is None:
        return False
    lines = [line for line in block[2].split() if ":" not in line and "," not in line]
    try:
        body = _unbase64("".join(lines))
    except (binascii.Error, ValueError):
        return False
    return body[:1] == bytes([_ASN1_SEQUENCE]) or body.startswith(_OPENSSH_MAGIC)


def make_pem(random: Random, argument: str) -> str:
    """A block labelled `argument` (RSA PRIVATE KEY when empty) of 300 random bytes in ASN.1."""
    label = argument or "RSA PRIVATE KEY"
    openssh = label.startswith("OPENSSH")
    head = _OPENSSH_MAGIC if openssh else bytes([_ASN1_SEQUENCE, 0x82, 0x01, 0x2C])
    body = base64.b64encode(head + random.randbytes(300)).decode()
    lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----"


def _bech32_residue(prefix: str, values: list[int]) -> int:
    """BIP 173's polymod over the expanded prefix and the data."""
    residue = 1
    expanded = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    for value in expanded + values:
        top = residue >> 25
        residue = (residue & 0x1FFFFFF) << 5 ^ value
        for bit, step in enumerate(_BECH32_STEPS):
            residue ^= step if top >> bit & 1 else 0
    return residue


def is_age(value: str) -> bool:
    """An age identity: bech32 (BIP 173) with the prefix `age-secret-key-`."""
    prefix, _, data = value.lower().rpartition("1")
    if not data or not set(data) <= set(_BECH32):
        return False
    return _bech32_residue(prefix, [_BECH32.index(c) for c in data]) == 1


def make_age(random: Random, argument: str) -> str:
    """An age identity; the argument is not used."""
    del argument
    data = [random.randrange(32) for _ in range(52)]
    residue = _bech32_residue(_AGE_PREFIX.lower(), data + [0] * 6) ^ 1
    check = [residue >> 5 * (5 - i) & 31 for i in range(6)]
    return _AGE_PREFIX + "1" + "".join(_BECH32[v] for v in data + check).upper()


def is_aws_key_id(value: str) -> bool:
    """An AWS key id: base32 after the prefix, whose first 40 bits are a 12-digit account."""
    body = value[4:]
    if len(body) != 16 or not set(body) <= set(BASE32):
        return False
    return _aws_account(body) <= _LARGEST_AWS_ACCOUNT


def _aws_account(body: str) -> int:
    return (int.from_bytes(base64.b32decode(body)[:6]) & 0x7FFFFFFFFF80) >> 7


def make_aws_key_id(random: Random, argument: str) -> str:
    """A key id with the prefix `argument` (AKIA when empty)."""
    account = random.randrange(10**11, _LARGEST_AWS_ACCOUNT)
    raw = (account << 7 | random.getrandbits(7)).to_bytes(6) + random.randbytes(4)
    return (argument or "AKIA") + base64.b32encode(raw).decode()


def is_uuid(value: str) -> bool:
    """RFC 9562's form, and more than a filler: neither nil nor made of few digits."""
    return bool(_UUID.fullmatch(value)) and len(set(value)) > 6


def make_uuid(random: Random, argument: str) -> str:
    """A random (version 4) UUID; the argument is not used."""
    del argument
    number = f"{random.getrandbits(128):032x}"
    return f"{number[:8]}-{number[8:12]}-4{number[13:16]}-a{number[17:20]}-{number[20:]}"


def is_basic_auth(value: str) -> bool:
    """RFC 7617: base64 of a printable `user:password`, either of which may be a token alone."""
    try:
        user, colon, password = _unbase64(value).decode().partition(":")
    except (binascii.Error, ValueError):
        return False
    return bool(colon and len(user + password) > 2) and (user + password).isprintable()


def make_basic_auth(random: Random, argument: str) -> str:
    """The encoded credentials of the user `argument` (deploy when empty)."""
    password = _pick(random, BASE62, 12)
    return base64.b64encode(f"{argument or 'deploy'}:{password}".encode()).decode()
