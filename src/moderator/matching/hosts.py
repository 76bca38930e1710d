"""Hosts that pass themselves off as those of known companies.

Written for this project: the brands that Chinese and English phishing names, their own domains,
and how letters are exchanged for others that look like them.
"""

import re
from itertools import pairwise
from random import Random

from moderator.text.squeezing import squeeze

_KNOWN = """
alipay taobao tmall tencent weixin wechat pinduoduo dingtalk feishu meituan douyin tiktok
bilibili xiaohongshu huawei xiaomi aliyun unionpay icbc abchina bankofchina bankcomm cmbchina
citicbank cebbank spdbank pingan psbc ccb chsi 12306 12333 10086 10010 10000 95516 95588 95533
95566 95599 95555 shunfeng cainiao didiglobal ctrip jingdong microsoft office365 onedrive
outlook google gmail youtube apple icloud appleid paypal amazon netflix facebook instagram
whatsapp telegram twitter linkedin github gitlab steamcommunity steampowered binance coinbase
metamask okx huobi dropbox adobe docusign zoom slack openai chatgpt
"""
# What trades on a brand when it stands beside it in one name: alipay-login.
_TRUSTED = """
login signin verify verification secure security safe safety pay payment account accounts auth
update upgrade support service services help center id online vip club gift bonus refund wallet
mail web www app mobile cn china com net official etc jf card bank find unlock confirm reset
"""
_BRANDS, _LURES = frozenset(_KNOWN.split()), frozenset(_TRUSTED.split())
_SUFFIXES = frozenset({"com", "net", "org", "gov", "edu", "ac", "co"})  # before that of a country
_DOMAINS = _SUFFIXES | {"cn"}
# Those who deliver what others publish: their names have whole domains before them.
_DELIVERERS = (
    "edgesuite", "edgekey", "akadns", "akamai", "cloudfront", "kunlun", "alikunlun", "wscdns",
    "wsdvs", "cdn", "tdnsv", "lxdns", "ourdvs", "queniu", "trafficmanager", "azure", "fastly",
)  # fmt: skip
_DRAWN_ALIKE = str.maketrans("013457892|lj", "oieastbgziii")
_SHORTEST = 4
_NOT_SHORT = 6  # letters of a brand in which one may be doubled
_LONG = 8  # letters of a brand in which one that is wrong still shows what is meant
_EXCHANGED = {
    "o": "0", "l": "1", "i": "1", "e": "3", "a": "4", "s": "5",
}  # fmt: skip


def _drawn(name: str) -> str:
    """The same for all names that a reader takes for one another at a glance."""
    plain = name.translate(_DRAWN_ALIKE)
    return plain.replace("rn", "m").replace("vv", "w").replace("ci", "d")


_DRAWN = frozenset(_drawn(brand) for brand in _BRANDS if not brand.isdecimal())
_ONCE = frozenset(squeeze(brand) for brand in _BRANDS if len(brand) >= _NOT_SHORT)
_LONG_ONES = tuple(brand for brand in sorted(_BRANDS) if len(brand) >= _LONG)


def imitates_brand(address: str) -> bool:
    """Whether the host of an address is nearly that of a brand, or carries one as a bait.

    The brand spelled rightly as the name that was registered, or below it, is nobody's imitation.
    """
    labels = _host(address).split(".")
    name = max(0, len(labels) - (3 if _is_suffix(labels[-2:]) else 2))
    registered, own = labels[name], labels[: name + 1]
    if any(_nearly_brand(part) for label in own for part in (label, *label.split("-"))):
        return True
    if registered in _BRANDS or registered.rstrip("0123456789").startswith(_DELIVERERS):
        return False
    return any(map(_baits, own)) or _poses(own)


def make_brand_imitation(random: Random, _: str) -> str:
    brand = random.choice(["alipay", "taobao", "microsoft", "paypal", "facebook"])
    at = random.choice([at for at, letter in enumerate(brand) if letter in _EXCHANGED])
    return f"{brand[:at]}{_EXCHANGED[brand[at]]}{brand[at + 1 :]}.com"


def _host(address: str) -> str:
    """Capital I stays apart from l until here: they are drawn alike."""
    bare = re.sub(r"^[a-zA-Z]{2,6}://", "", address)
    host = re.split(r"[/:?#]", bare, maxsplit=1)[0]
    return re.sub("(?<=[a-z])I(?=[a-z.-])", "l", host).lower().removeprefix("www.")


def _is_suffix(labels: list[str]) -> bool:
    return len(labels) == 2 and labels[0] in _SUFFIXES and len(labels[1]) == 2


def _nearly_brand(part: str) -> bool:
    if part in _BRANDS or len(part) < _SHORTEST or part.isdecimal():
        return False
    return (
        _drawn(part) in _DRAWN
        or squeeze(part) in _ONCE
        or any(_one_wrong(part, brand) for brand in _LONG_ONES)
    )


def _one_wrong(part: str, brand: str) -> bool:
    """Whether one letter is wrong, missing, too many, or two have changed places."""
    if abs(len(part) - len(brand)) > 1 or part.startswith(brand):
        return False
    same = next((at for at, (a, b) in enumerate(zip(part, brand, strict=False)) if a != b), None)
    if same is None:
        return len(part) < len(brand)
    left, right = part[same:], brand[same:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def _poses(labels: list[str]) -> bool:
    """Whether a brand's whole domain stands before the name: alipay.com.pay.top, jd.com-a.top."""
    return any(
        label in _BRANDS and after.split("-")[0] in _DOMAINS for label, after in pairwise(labels)
    )


def _baits(name: str) -> bool:
    """Whether a brand stands in a name beside what it is trusted for: alipay-login."""
    parts = name.split("-")
    if len(parts) < 2:
        return False
    return not _BRANDS.isdisjoint(parts) and not _LURES.isdisjoint(parts)
