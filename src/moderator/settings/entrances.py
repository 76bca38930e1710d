"""Who could come in by the console, as the settings have it."""

from collections.abc import Iterator
from typing import Final

from moderator.domain.access import Role
from moderator.settings.deployment import Settings
from moderator.settings.values import is_loopback

Fault = tuple[tuple[str, ...], str]

# Claims that all tokens of a provider for us have alike.
_EVERYBODYS: Final = frozenset({"iss", "aud", "azp", "typ", "ver", "tid"})


def open_doors(settings: Settings) -> Iterator[Fault]:
    """Names of settings by which anyone, or nobody, could enter the console, and why."""
    if not settings.console.enabled:
        return
    yield from _in_the_clear(settings)
    yield from _oidc(settings)
    yield from _wecom(settings)


def _in_the_clear(settings: Settings) -> Iterator[Fault]:
    server = settings.server
    host = server.host if server.internal_port is None else server.internal_host
    if settings.console.plain_http and not is_loopback(host) and server.certificate is None:
        told = (
            f"log-ins would cross the network in the clear at {host}, where anyone could take them"
        )
        yield ("console", "plain_http"), f"{told} over: use TLS, or an address of this machine"


def _oidc(settings: Settings) -> Iterator[Fault]:
    oidc = settings.oidc
    if oidc.issuer is None:
        return
    if not oidc.client_id:
        yield ("oidc", "client_id"), "is missing: any token of the provider would do"
    if settings.console.address is None:
        yield ("console", "address"), "is needed for oidc: people are sent back there"
    if not oidc.roles:
        yield ("oidc", "roles"), "gives nobody a role: nobody could enter"
    if oidc.roles_claim in _EVERYBODYS:
        yield (
            ("oidc", "roles_claim"),
            f"`{oidc.roles_claim}` is the same for all: everybody at the provider could enter",
        )


def _wecom(settings: Settings) -> Iterator[Fault]:
    login = settings.wecom_login
    if not login.app:
        return
    if login.app not in settings.wecom.apps:
        yield ("wecom_login", "app"), f"names no app of wecom.apps: {login.app}"
    if settings.console.address is None:
        yield ("console", "address"), "is needed for wecom_login: people are sent back there"
    for userid, roles in login.people.items():
        if Role.DEPARTMENT_ADMIN in roles:
            yield (
                ("wecom_login", "people", userid),
                "department_admin needs departments: use `leaders`, or give it in the console",
            )
