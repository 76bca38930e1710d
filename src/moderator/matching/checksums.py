"""Every check that a rule can ask for by name.

`verify` gets the value without spaces and dashes stripped away first: formats that allow
separators take them out themselves.  `make` builds a valid value from a seeded `Random` and an
argument of the format's own, so that examples and tests hold no live-looking secret.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from moderator.matching import hosts, identifiers, passwords, tokens


@dataclass(frozen=True, slots=True)
class Checksum:
    """A check of a value's form.

    `proof` says that passing it proves something, as a check digit does.  A check without it only
    sorts out values that cannot be meant, and leaves a hit's `verified` open.
    """

    verify: Callable[[str], bool]
    make: Callable[[Random, str], str]
    proof: bool = True


CHECKSUMS: Mapping[str, Checksum] = MappingProxyType(
    {
        "luhn": Checksum(identifiers.is_luhn, identifiers.make_luhn),
        "bank-card": Checksum(identifiers.is_bank_card, identifiers.make_bank_card),
        "resident-id": Checksum(identifiers.is_resident_id, identifiers.make_resident_id),
        "social-credit-code": Checksum(
            identifiers.is_social_credit_code, identifiers.make_social_credit_code
        ),
        "organisation-code": Checksum(
            identifiers.is_organisation_code, identifiers.make_organisation_code
        ),
        "hong-kong-id": Checksum(identifiers.is_hong_kong_id, identifiers.make_hong_kong_id),
        "taiwan-id": Checksum(identifiers.is_taiwan_id, identifiers.make_taiwan_id),
        "mobile": Checksum(identifiers.is_mobile, identifiers.make_mobile, proof=False),
        "iban": Checksum(identifiers.is_iban, identifiers.make_iban),
        "github": Checksum(tokens.is_github, tokens.make_github),
        "jwt": Checksum(tokens.is_jwt, tokens.make_jwt),
        "pem": Checksum(tokens.is_pem, tokens.make_pem),
        "age": Checksum(tokens.is_age, tokens.make_age),
        "aws-key-id": Checksum(tokens.is_aws_key_id, tokens.make_aws_key_id),
        "uuid": Checksum(tokens.is_uuid, tokens.make_uuid, proof=False),
        "basic-auth": Checksum(tokens.is_basic_auth, tokens.make_basic_auth),
        "random": Checksum(passwords.is_random, passwords.make_random, proof=False),
        "password": Checksum(passwords.is_password, passwords.make_password, proof=False),
        "strong-password": Checksum(
            passwords.is_strong_password, passwords.make_password, proof=False
        ),
        "complex-password": Checksum(
            passwords.is_complex_password, passwords.make_password, proof=False
        ),
        "brand-imitation": Checksum(hosts.imitates_brand, hosts.make_brand_imitation, proof=False),
        "loose-password": Checksum(
            passwords.is_loose_password, passwords.make_password, proof=False
        ),
    }
)
