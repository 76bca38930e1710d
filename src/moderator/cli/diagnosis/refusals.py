"""What an errcode means to whoever set the service up, and where it is mended (`wecom.md` §7.4)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from moderator.cli.diagnosis import pages
from moderator.cli.diagnosis.findings import Finding, fault
from moderator.errors import WeComError, WeComRefused, WeComUnreachable

WRONG_CORP: Final = 40013
# `not allow to access from your ip, hint: […], from ip: 203.0.113.7, more info at …`
_SEEN_ADDRESS: Final = re.compile(r"from ip: ?([0-9a-fA-F.:]+)")


@dataclass(frozen=True, slots=True)
class _Explanation:
    what: str
    cause: str
    mend: Callable[[int], str]  # by AgentId


def _on_app(part: str) -> Callable[[int], str]:
    return lambda agent_id: pages.of_app(agent_id, part)


def _on(page: str) -> Callable[[int], str]:
    return lambda _agent_id: page


_EXPLANATIONS: Final[Mapping[int, _Explanation]] = {
    40001: _Explanation(
        "WeCom does not take the secret", "it is another app's, or was made anew", _on_app("Secret")
    ),
    WRONG_CORP: _Explanation(
        "WeCom does not know the corp id", "wecom.corp_id is not this company's", _on(pages.CORP)
    ),
    40056: _Explanation(
        "WeCom does not know the agent_id", "it is no app of this company", _on_app("AgentId")
    ),
    301002: _Explanation(
        "the agent_id is another app's than the secret",
        "AgentId and Secret were copied from two apps",
        _on_app("AgentId and Secret"),
    ),
    50003: _Explanation("the app is disabled", "somebody switched it off", _on_app("启用应用")),
    60020: _Explanation(
        "WeCom does not take calls from this machine",
        "its address is not among the trusted ones; a change takes a minute",
        _on_app("企业可信IP"),
    ),
    60011: _Explanation(
        "outside the app's visible range", "the app may not see this", _on_app("可见范围")
    ),
    81013: _Explanation(
        "outside the app's visible range", "none of the receivers is in it", _on_app("可见范围")
    ),
    60111: _Explanation(
        "there is no such member", "misspelt, renamed, or left the company", _on(pages.MEMBERS)
    ),
    48002: _Explanation(
        "the app may not make this call", "it has no permission for it", _on_app("API 权限")
    ),
    48009: _Explanation(
        "the contacts secret may not read this",
        "this address was not used for 90 days, or never before 2022-08-15",
        _on(pages.CONTACTS),
    ),
    86003: _Explanation(
        "there is no such group",
        "the chatid is misspelt, or not one of appchat/create",
        _on("the setting: only groups that the app made have such a chatid"),
    ),
    86008: _Explanation(
        "the group was not made by this app",
        "only the app that made a group can see, write to or change it",
        _on("the setting: name the group under the app that made it, or use a robot (robots.keys)"),
    ),
    49008: _Explanation(
        "the group is dissolved", "its owner dissolved it", _on("the setting: take it out")
    ),
    93000: _Explanation(
        "WeCom does not know the robot's key", "it was removed or made anew", _on(pages.ROBOT)
    ),
    93004: _Explanation("the robot is disabled", "somebody switched it off", _on(pages.ROBOT)),
    93008: _Explanation(
        "the robot is not in its group any more", "it was taken out", _on(pages.ROBOT)
    ),
    45009: _Explanation(
        "WeCom takes no more calls for now",
        "too many calls, or an address banned for an hour after wrong secrets",
        _on("wait an hour; then examine once more"),
    ),
}


def explained(about: str, error: WeComError, *, agent_id: int = 0, mend: str = "") -> Finding:
    """The finding that an error is; `mend` goes before the usual place."""
    if isinstance(error, WeComUnreachable):
        return unreachable(about, error)
    if not isinstance(error, WeComRefused):
        return fault(about, str(error))
    found = _EXPLANATIONS.get(error.code)
    if found is None:
        return fault(about, f"{error.path}: errcode {error.code}", cause=error.message)
    return fault(
        about,
        f"{found.what} (errcode {error.code}, {error.path})",
        cause=found.cause + _address_seen(error),
        mend=mend or found.mend(agent_id),
    )


def unreachable(about: str, error: WeComUnreachable) -> Finding:
    what = f"WeCom cannot be reached: {error}"
    return fault(about, what, cause=why_unreachable(error.__cause__), mend=_MEND_NETWORK)


def why_unreachable(cause: BaseException | None) -> str:
    """Which of the usual obstacles stands in the way."""
    for kind, words, why in _OBSTACLES:
        if isinstance(cause, kind) and any(word in str(cause) for word in words):
            return why
    return "something else than WeCom answers: a proxy, or a wrong address"


# The first that fits; an empty word fits every text.
_OBSTACLES: Final = (
    (httpx.ProxyError, ("",), "the proxy (HTTPS_PROXY, ALL_PROXY) does not let it through"),
    (
        httpx.ConnectError,
        ("CERTIFICATE_VERIFY_FAILED",),
        "the certificate is not trusted: does something on the way open TLS?",
    ),
    (httpx.ConnectError, ("SSL",), "no TLS comes about: is the address one of https?"),
    (
        httpx.ConnectError,
        ("Name or service", "name resolution", "getaddrinfo"),
        "the name of the host is not found (DNS)",
    ),
    (
        httpx.ConnectError,
        ("",),
        "nothing takes the connection: firewall, or nobody listens there",
    ),
    (httpx.TimeoutException, ("",), "no answer in time: firewall, proxy or a slow network"),
)
_MEND_NETWORK: Final = "wecom.api_url, the proxy variables, or the firewall (get_api_domain_ip)"


def _address_seen(error: WeComRefused) -> str:
    found = _SEEN_ADDRESS.search(error.message)
    return f"; WeCom sees {found[1]}" if found else ""
