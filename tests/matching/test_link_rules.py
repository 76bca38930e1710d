"""Links: shapes that ordinary mail does not have, and ordinary ones."""

import pytest

from moderator.matching.patterns import PatternMatcher

FOUND = [
    ("link-to-program", "更新 http://dl.flash-update.xyz/flash_setup.exe"),
    ("link-to-program", "装这个 https://down.some-site.top/app/release.apk 就行"),
    ("short-link", "点这里 https://dwz.cn/AbC123"),
    ("short-link", "bit.ly/3xYzAbC"),
    ("numeric-host", "http://3626153261/login"),
    ("short-link", "t.cn/AbC123x 快看"),
    ("numeric-host", "http://0x7f000001/"),
    ("numeric-host", "http://[::ffff:c0a8:101]/"),
    ("lookalike-brand-host", "http://www.icbc.com.cn.abcdef.top/login"),
    ("link-to-program", "http://files.some-site.top/发票.zip.exe"),
    ("disguised-address", "abcdef·com 里有"),
    ("disguised-address", "abcdef点 c o m"),
    ("disguised-address", "h t t p : / / abcdef.com"),
    ("public-ip-link", "登录 http://45.77.12.8:8088/pay"),
    ("lookalike-brand-host", "请到 www.a1ipay.com 核对"),
    ("lookalike-brand-host", "http://icbc-95588.vip"),
    ("mixed-script-host", "登录 http://www.аlipay.com/"),
    ("punycode-host", "http://xn--pple-43d.com/login"),
    ("deceptive-userinfo", "http://www.icbc.com.cn@evil-site.top/login"),
    ("disguised-address", "hxxp://evil-site.top/a"),
    ("disguised-address", "去 abc888点com 看"),
    ("disguised-address", "bad[.]site[.]xyz"),
    ("disguised-address", "www。game668。com"),
    ("number-host", "上 www.88123.com 注册"),
    ("disguised-address", "ｗｗｗ．ａｂｃｄｅｆ．ｃｏｍ"),
    ("disguised-address", "http：//abcdef.xyz/a"),
    ("disguised-address", "三w点abcdef点com"),
    ("disguised-address", "abcdef【点】com"),
    ("disguised-address", "abcdef .com 自己去掉空格"),
    ("disguised-address", "45。77。12。8:8080"),
    ("disguised-address", "http//abcdef.top"),
    ("disguised-address", "bit。ly/3xYzAbC"),
    ("lookalike-brand-host", "https://weixin-pay.abcdef.top/a"),
    ("lookalike-brand-host", "http://paypaI-secure.com"),
    ("number-host", "js55168.vip 首存送"),
    ("risky-top-level-domain", "http://free-gift.icu/a"),
    ("tunnel-host", "https://a1b2.ngrok-free.app/login"),
    ("hidden-service", "magnet:?xt=urn:btih:c12fe1c06bba254a9dc9f519b335aa7c1367a88a"),
    ("shown-text-differs", "[www.icbc.com.cn](https://icbc.login-check.top/a)"),
    ("shown-text-differs", '<a href="http://bad.site.top/x">https://www.alipay.com</a>'),
    ("disguised-address", "hxxp://203.0.113[.]7/evil"),
    ("disguised-address", "203[.]0[.]113[.]7"),
    ("disguised-address", "https:///free-gift.top/x"),
    ("disguised-address", "lucky-draw🔴vip"),
    ("disguised-address", "luckydraw 点 vip 注册"),
    ("numeric-host", "http://77.1/a"),
    ("deceptive-userinfo", "https://www.alipay.com%2F@evil-site.top/x"),
    ("script-link", "javascript:location='http://free-gift.top'"),
    ("script-link", "data:text/html;base64,PHNjcmlwdD4="),
    ("shown-text-differs", "[点击登录 www.alipay.com](https://pay.bad-site.top/a)"),
    ("shown-text-differs", "[支付宝官网](https://pay.bad-site.top/a)"),
    ("shown-text-differs", "<http://bad.site.top/x|https://www.alipay.com>"),
    ("shown-text-differs", "[url=http://bad.site.top/x]www.alipay.com[/url]"),
    ("phishing-lure-link", "2024年工资补贴已下发，请点击 http://abc.subsidy-apply.top/x 领取"),
]
ORDINARY = """
[README.md](https://git.corp.cn/a/README.md)
[main.py](https://git.corp.cn/a/src/main.py)
[docs.corp.cn](https://wiki.corp.cn/a)
[支付宝接口文档](https://opendocs.alipay.com/a)
href="javascript:void(0)"
javascript:the good parts
data:image/png;base64,iVBORw0KGgo=
版本 1.2.3.4 (beta)
重点 vip 客户
https://www.baidu.com/s?wd=天气
https://mp.weixin.qq.com/s/AbCdEfGhIjKlMnOp
https://github.com/python/cpython/issues/1234
https://docs.python.org/zh-cn/3/library/re.html
https://item.jd.com/100012043978.html
https://detail.tmall.com/item.htm?id=123456
https://www.bilibili.com/video/BV1xx411c7mD
https://zhuanlan.zhihu.com/p/123456
https://mail.163.com/ 和 https://mail.126.com/
https://www.12306.cn/index/ 买票
https://www.4399.com/
http://10.0.0.8:8080/health
http://192.168.1.1/
http://127.0.0.1:3000
http://localhost:8080/api
https://intranet.corp.cn/docs/a.pdf
https://meeting.tencent.com/dm/AbCdEf
https://pan.baidu.com/s/1abc
https://dldir1.qq.com/qqfile/QQ9.7.exe
https://github.com/o/r/releases/download/v1/a.exe
https://xn--fiqs8s.example/ 域名
[点这里](https://www.corp.cn/a)
[www.corp.cn](https://www.corp.cn/a)
[corp.cn](https://docs.corp.cn/a)
<a href="https://www.corp.cn/x">https://www.corp.cn</a>
把 setup.exe 发我
readme.zip 在附件里
版本 1.2.3.4
第3点com组件
公司官网 www.corp.com.cn
见附件。com 口驱动
user@163.com
工资条已发，查看邮件
请登录 https://etax.chinatax.gov.cn 办理个税汇算
obj.review() 和 data.download
a.b.c.d
""".strip().splitlines()


@pytest.mark.parametrize(("rule", "text"), FOUND)
def test_suspicious_links_are_found(shipped: PatternMatcher, rule: str, text: str) -> None:
    """Each shape, however the address is written."""
    assert rule in {hit.rule for hit in shipped.match(text, shipped.candidates(text))}


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_links_are_left_alone(shipped: PatternMatcher, text: str) -> None:
    """Well-known sites, the intranet and file names are no findings."""
    hits = shipped.match(text, shipped.candidates(text))

    assert [hit.rule for hit in hits if hit.category == "malicious-link"] == []


@pytest.mark.parametrize("host", ["dwz.cn", "www.dwz.cn"])
def test_a_listed_host_means_its_subdomains(shipped: PatternMatcher, host: str) -> None:
    """`dwz.cn` also means `www.dwz.cn`."""
    text = f"https://{host}/AbC123"

    assert "short-link" in {hit.rule for hit in shipped.match(text, shipped.candidates(text))}


@pytest.mark.parametrize("host", ["notdwz.cn", "dwz.cn.corp.com"])
def test_a_listed_host_means_nothing_longer(shipped: PatternMatcher, host: str) -> None:
    """`dwz.cn` is no suffix and no prefix of another domain."""
    text = f"https://{host}/AbC123"

    assert "short-link" not in {hit.rule for hit in shipped.match(text, shipped.candidates(text))}
