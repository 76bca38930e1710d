"""Passwords in prose: what people write in chat when they give one away."""

from random import Random

import pytest

from moderator.domain.finding import Hit
from moderator.matching.checksums import CHECKSUMS
from moderator.matching.patterns import PatternMatcher

# `{}` is a password made at run time.
GIVEN_AWAY = """
密码是{}
密码：{}
密码:{}
密码 {}
密码{}
密码为 {}
密码就是 {}
密码 = {}
密码是“{}”
密码：【{}】
口令：{}
登陆密码是{}
Wi-Fi 密码：{}
wifi密码 {}
公司WiFi：CORP-Guest 密码：{}
WiFi：Office-5G / 密码：{}
数据库密码是 {}
默认密码是{}
初始密码（所有人一样）：{}
旧密码 {}，新密码我晚点发
密码改成 {} 了
密码换成了 {}
密码已经改成 {} 了
密码重置为 {}
密码我改成了 {}
密码给你：{}
密码还是 {}
账号 admin 密码 {}
账号：zhangsan 密码：{}
账号admin，密码{}
用户名：root，密码：{}
用户名/密码：admin/{}
账号密码：wangwu / {}
账号密码 admin {}
账密：dev/{}
帐号 13900001111 密码 {}
后台账号 manager / {}
测试账号：test001/{}
登录用 root / {}
跳板机 jump01 / {}
ssh root@10.0.0.5 密码 {}
10.0.0.5 root/{}
root/{}@10.0.0.5
192.168.1.10 administrator {}
deploy:{}@192.168.3.4
mysql -uroot -p{} -h 10.0.0.1
mysql -h10.0.0.1 -uroot -p'{}'
sshpass -p '{}' ssh root@10.0.0.1
curl -u admin:{} http://10.0.0.1/api
redis-cli -a {}
PGPASSWORD={} psql -h db
export DB_PASSWORD={}
db_password: "{}"
password: {}
password = {}
Password: {}
passwd: {}
pwd: {}
pwd={}
pwd：{}
pw: {}
pw is {}
psw: {}
my password is {}
The password is {}
the password for the staging server is {}
Password for admin is {}
the wifi password is {}
wifi password: {}
the password to the vault is {}
new password: {}
temporary password is {}
the root password was changed to {}
password has been reset to {}
I changed the pw to {}
use password {}
login with root / {}
login: admin password: {}
login as admin with password {}
log in using bob / {}
username: bob, password: {}
user admin password {}
creds: deploy / {}
creds are admin:{}
u: admin p: {}
passphrase: {}
the password is "{}"
密碼：{}
密碼是 {}
帳號 admin 密碼 {}
密 码：{}
비밀번호: {}
パスワード：{}
https://admin:{}@10.0.0.1/
ftp://user:{}@host/file
Server=10.0.0.4;Database=a;User Id=sa;Password={};
spring.datasource.password={}
"password": "{}"
<password>{}</password>
identified by '{}'
服务器登录信息：IP 10.1.1.2 用户 root 密码 {}
把密码设成{}吧
密码帮我改成{}
密码：{}（首次登录要改）
老密码 {} 已经不能用了
root 的密码 {}
数据库连接：root:{}@tcp(10.0.0.3:3306)/prod
mongodb://admin:{}@10.0.0.9:27017/?authSource=admin
FYI the db creds are app_user / {}
Pass: {}
user/pass: admin/{}
Use "{}" as the password
set the password to {}
Your new password is: {}
SSID: CorpNet  Password: {}
WPA2 key: {}
password -> {}
ansible_password={}
self.password = "{}"
String pwd = "{}";
docker login -u bob -p {}
net use \\\\10.0.0.5 {} /user:admin
echo '{}' | sudo -S ls
""".strip().splitlines()
# Weak, famous, or of another kind: nothing a scanner for random strings would see.
WEAK = """
密码:123456
密码123456
密码 88888888
默认密码 admin
密码 root
pw: letmein
锁屏密码是1357
门禁密码 1234#
密码六个8
wifi密码八个8
密码是一二三四五六
the password is "open sesame"
the door code is 4512#
pin: 4821
PIN码：9527
验证码：384756
您的验证码是 384756
482913 是您的验证码
动态码 908172
your verification code is 482913
482913 is your verification code
G-482913 is your Google verification code
提取码：x7k2
会议密码 123456
""".strip().splitlines()


def found(matcher: PatternMatcher, text: str) -> list[Hit]:
    return matcher.match(text, matcher.candidates(text))


@pytest.mark.parametrize("length", [8, 12])
@pytest.mark.parametrize("text", GIVEN_AWAY)
def test_a_password_that_is_given_away_is_found(
    shipped: PatternMatcher, text: str, length: int
) -> None:
    """The value is found where it stands, whatever the words around it."""
    password = CHECKSUMS["password"].make(Random(f"{text}{length}"), str(length))
    message = text.replace("{}", password)

    hits = found(shipped, message)

    assert any(password in message[hit.start : hit.end] for hit in hits)


@pytest.mark.parametrize("text", WEAK)
def test_weak_passwords_and_codes_are_found(shipped: PatternMatcher, text: str) -> None:
    """A password is one because of where it stands, not because it is a good one."""
    assert found(shipped, text)


def test_the_span_ends_with_the_password(shipped: PatternMatcher) -> None:
    """Sentence marks after a password do not belong to it."""
    password = CHECKSUMS["password"].make(Random(3), "10").rstrip("!")
    text = f"密码是{password}，别外传。"

    assert [text[hit.start : hit.end] for hit in found(shipped, text)] == [password]


def test_a_password_on_the_next_line_is_found(shipped: PatternMatcher) -> None:
    """Forms put the value under its name."""
    password = CHECKSUMS["password"].make(Random(4), "10")

    assert found(shipped, f"账号\nadmin\n密码\n{password}")


def test_codes_are_less_grave_than_passwords(shipped: PatternMatcher) -> None:
    """A code that expires in five minutes is no data breach."""
    (code,) = found(shipped, "您的验证码是 384756")
    (password,) = found(shipped, "数据库密码是 Zz3@kk92QQ")

    assert code.severity < password.severity


ANY_ORDER = (
    "你用 {} 这个密码登测试环境",
    "用{}做密码",
    "用 {} 登录",
    "{} 是企业邮箱的密码",
    "路由器的密码我改了，新的：{}",
    "mima：{}",
    "测试环境的passwd为{}",
    '"数据库口令": "{}"',
    "密码：\n{}",
    "DB_PASSWORD是{}",
    "use {} as the password for my laptop",
    "it's {}, the password for the printer",
    "just use {} to log in to jira, it's the password",
    "password (for our VPN): {}",
    "Password of the jump host\n{}",
    "login with root / {}.",
    "测试环境先用这个：10.12.0.7 root {}，别外传",
    '{{"content": "{{\\"db_password\\": \\"{}\\"}}"}}',
    "测试环境先用这个：db.local:5432:app:app:{}，别外传",
)


@pytest.mark.parametrize("shape", ANY_ORDER)
def test_a_password_is_found_before_and_after_its_name(shipped: PatternMatcher, shape: str) -> None:
    """Before the word, on the next line, quoted, escaped, or with a full stop behind it."""
    password = CHECKSUMS["password"].make(Random(5), "10")
    text = shape.format(password)

    assert any(password in text[hit.start : hit.end] for hit in found(shipped, text))


def test_a_password_ends_before_the_host(shipped: PatternMatcher) -> None:
    """In `root/…@10.0.0.5` the address is no part of the password."""
    password = CHECKSUMS["password"].make(Random(6), "9").replace("@", "!")
    text = f"root/{password}@10.0.0.5"

    assert [text[hit.start : hit.end] for hit in found(shipped, text)] == [password]
