"""Who may read, and how what they read is kept."""

from typing import Annotated

from pydantic import Field

from moderator.settings.values import NAME, BearerToken, Group, Key256


class ApiSettings(Group):
    """Who may ask the query API."""

    tokens: dict[Annotated[str, Field(pattern=NAME)], BearerToken] = Field(
        default_factory=dict,
        description="Bearer tokens by the name of their holder; none: the API is closed.",
    )


class EvidenceSettings(Group):
    """How what people wrote is protected."""

    key: Key256 = Field(
        description="32 random bytes in base64; encrypts stored text (AES-256-GCM)."
    )
    previous_keys: tuple[Key256, ...] = Field((), description="Older keys, still good for reading.")
    fingerprint_key: Key256 = Field(
        description="32 random bytes in base64; keys the fingerprints of secrets (HMAC)."
    )
    keep_days: int = Field(180, ge=1, description="Days after which stored text is erased.")
