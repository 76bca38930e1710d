"""Hosts that pass themselves off as those of known companies."""

import pytest

from moderator.matching.hosts import imitates_brand

IMITATIONS = """
taoba0.com a1ipay.com.cn rnicrosoft.com login.micros0ft-online.com paypaI-secure.com facebok.com
gooogle.com mircosoft.com weixin-pay.abcdef.top 10086-vip.cn www.alipay.com-abcd.xyz
www.icbc.com.cn.abcdef.top https://login.apple-id.abc.cc/x?y support-apple.com
"""
OWN = """
taobao.com www.alipay.com alipay.com.cn login.microsoftonline.com mail.qq.com google.com.hk
officecdn.microsoft.com.edgesuite.net github-cloud.s3.amazonaws.com youtube-nocookie.com
12306.cn corp.example dockerhub.com
"""


@pytest.mark.parametrize("address", IMITATIONS.split())
def test_a_brand_written_otherwise_or_held_out_as_a_bait_is_an_imitation(address: str) -> None:
    """A letter exchanged, doubled or missing; a brand's name or domain before another one."""
    assert imitates_brand(address)


@pytest.mark.parametrize("address", OWN.split())
def test_what_the_brand_registered_itself_is_none(address: str) -> None:
    """Nor are hosts that have nothing to do with any brand, or deliver its files for it."""
    assert not imitates_brand(address)
