"""Values that are more than their type: addresses, keys, secrets."""

import base64
import binascii
import re
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, HttpUrl, SecretStr

NAME = r"^[a-z0-9][a-z0-9_-]{0,31}$"

_PLACEHOLDER = re.compile(r"change.?me|your[_-]|example|placeholder|^x+$|xxxxx|<.*>", re.IGNORECASE)
_EMBEDDED = re.compile(r"embedded:(///.+)?")
_POSTGRESQL = "postgresql+asyncpg://"
_HOST_AND_PORT = re.compile(r"(\[[^\[\]@]+\]|[^\[\]@:]*)(:(?P<port>\d{1,5}))?")


class Group(BaseModel):
    """Settings that belong together."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _not_a_placeholder(secret: SecretStr) -> SecretStr:
    if not secret.get_secret_value() or _PLACEHOLDER.search(secret.get_secret_value()):
        raise ValueError("is empty or still a placeholder")
    return secret


def _encoding_aes_key(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9]{43}", secret.get_secret_value()):
        raise ValueError("must be the 43 letters and digits that WeCom shows as EncodingAESKey")
    return secret


def _key_of_32_bytes(secret: SecretStr) -> SecretStr:
    try:
        raw = base64.b64decode(secret.get_secret_value(), validate=True)
    except binascii.Error as error:
        raise ValueError("must be base64") from error
    if len(raw) != 32:
        raise ValueError("must be 32 random bytes in base64 (openssl rand -base64 32)")
    return secret


def _bearer(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < 32:
        raise ValueError("must have at least 32 characters (openssl rand -hex 32)")
    return secret


def _webhook_secret(secret: SecretStr) -> SecretStr:
    """Standard Webhooks: `whsec_` and 24 to 64 bytes in base64."""
    prefix, _, encoded = secret.get_secret_value().partition("whsec_")
    try:
        length = len(base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise ValueError("must be base64 after whsec_") from error
    if prefix or not 24 <= length <= 64:
        raise ValueError("must be whsec_ and 24 to 64 random bytes in base64")
    return secret


def _database_address(secret: SecretStr) -> SecretStr:
    address = secret.get_secret_value()
    if not _EMBEDDED.fullmatch(address) and not _is_postgresql(address):
        # Without its parser's own words: they repeat what it took for the port.
        raise ValueError(
            f"is neither `embedded:` nor a PostgreSQL address ({_POSTGRESQL}…); "
            "percent-encode the password"
        )
    return secret


def _is_postgresql(address: str) -> bool:
    """Whether asyncpg will read the address as it is meant, a password with signs included."""
    try:
        parts = urlsplit(address)
        parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        return False
    user, _, hosts = parts.netloc.rpartition("@")
    torn = "@" in user + parts.path or parts.fragment
    fits = all(map(_is_host, hosts.split(",")))
    return address.startswith(_POSTGRESQL) and address != _POSTGRESQL and fits and not torn


def _is_host(host: str) -> bool:
    found = _HOST_AND_PORT.fullmatch(host)
    return found is not None and int(found["port"] or 0) <= 65535


def _confidential(url: HttpUrl) -> HttpUrl:
    """Secrets travel in the query of every call."""
    if url.scheme != "https" and not is_loopback(url.host or ""):
        raise ValueError("must begin with https:// unless it is an address of this machine")
    return url


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _public(url: HttpUrl) -> HttpUrl:
    """An origin: what people are sent back to is put behind it."""
    if url.path not in (None, "/") or url.query or url.fragment or url.username:
        raise ValueError("must have no path, such as https://desk.company.cn")
    return _confidential(url)


Secret = Annotated[SecretStr, AfterValidator(_not_a_placeholder)]
DatabaseAddress = Annotated[SecretStr, AfterValidator(_database_address)]
ApiAddress = Annotated[HttpUrl, AfterValidator(_confidential)]
PublicAddress = Annotated[HttpUrl, AfterValidator(_public)]
EncodingAESKey = Annotated[Secret, AfterValidator(_encoding_aes_key)]
Key256 = Annotated[Secret, AfterValidator(_key_of_32_bytes)]
WebhookSecret = Annotated[Secret, AfterValidator(_webhook_secret)]
BearerToken = Annotated[Secret, AfterValidator(_bearer)]
