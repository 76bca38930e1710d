"""Passwords in prose: what people write in chat when they give one away, and when they do not."""

from collections.abc import Callable
from functools import partial
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
TALK = """
忘记密码了怎么办
密码输错三次
密码输错3次就锁定
密码是什么
密码多少
密码已重置，请查收短信
密码不能少于8位
密码长度8-16位
密码6到20位
密码必须包含大小写字母和数字
密码错误，还剩3次机会
密码90天过期
请输入6位数字密码
重置密码链接已发送
密码保存在1Password里
密码用MD5加密
密码是sha256加盐
达芬奇密码
财富密码被你掌握了
指纹密码锁 2000 块
密码字段用 varchar(64)
用户名或密码不正确，错误码 10086
账号密码登录
账号/密码登录方式
密码：
密码：******
密码：xxxx
密码：<your password>
密码：${DB_PASSWORD}
密码：略
密码：见附件
密码是身份证后六位
两次密码不一致
密码1年没改了
口令红包
验证码收不到
验证码5分钟内有效
验证码有效期300秒
请输入6位验证码
password reset
forgot password?
the password is required
The password is incorrect.
password is wrong
Invalid username or password
username/password combination.
password must be at least 8 characters
passwords do not match
password expires 2024-01-01
password length 12
password is hashed with bcrypt
password: str
password: Optional[str] = None
password: required
password: null
password = ""
password=password
password = os.environ["DB_PASSWORD"]
password = getpass.getpass()
password = request.POST['password']
password=$PASSWORD
password={{ password }}
password: <password>
password: [REDACTED]
password: ********
password: your_password_here
if password == confirm_password:
def login(username, password):
mysql -u root -p
curl -u $USER:$PASS http://a
docker run -p 8080:80 nginx
pwd 命令
PWD=/home/user/project1
pass: 120 fail: 3
the tests pass with 3 warnings
PIN 脚定义
GPIO pin 13
error code: 500
zip code 100080
login failed 3 times
user/admin 角色
src/main/java
the password for the account is expired
what is the password?
the password is stored in vault
the password is the same as last time
the password was changed yesterday
密码登陆失败3次锁定30分钟
电脑密码被我改了
wifi密码贴在墙上
密码重置成功，请使用新密码登录
提取码过期了
secret santa
会议号 123 456 789
https://www.baidu.com/s?wd=密码
密码登录接口返回401
/api/v1/password/reset
user.setPassword(newPassword)
const { username, password } = req.body
password VARCHAR(255) NOT NULL
Access denied for user 'root'@'localhost' (using password: YES)
password_min_length = 8
PasswordAuthentication yes
cat /etc/passwd
redis 设置密码 requirepass
verification code sent to 138****8000
promo code SAVE20
admin/operator 角色切换
client/server 架构
user/profile2 页面
max_tokens=4096
密码和上次一样
密码是你生日
默认密码是工号+123
user = User(name='John Doe', age=20)
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


@pytest.mark.parametrize("text", TALK)
def test_talk_about_passwords_is_left_alone(shipped: PatternMatcher, text: str) -> None:
    """Questions, rules, error messages, code and placeholders give nothing away."""
    assert [(hit.rule, text[hit.start : hit.end]) for hit in found(shipped, text)] == []


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
# The names of other things, where passwords stand in the sentences above.
NAMED_THINGS = (
    "用 zhangsan01 登录",
    "用 VPN2.0 登录",
    "用 k8s-node01 登录",
    "用 Python3.11 登录脚本",
    "用 AES256 做密码加密",
    "PROJ-1234 是用户的密码，",
    "密码:\n  min_length: 8",
    "密码我改了：登录页 login2.html",
    "use OAuth2.0 to log in",
    "use AES256 as the password hash",
    "password:\n  min_length8: 3",
    "code is 404, see the docs",
)


@pytest.mark.parametrize("shape", ANY_ORDER)
def test_a_password_is_found_before_and_after_its_name(shipped: PatternMatcher, shape: str) -> None:
    """Before the word, on the next line, quoted, escaped, or with a full stop behind it."""
    password = CHECKSUMS["password"].make(Random(5), "10")
    text = shape.format(password)

    assert any(password in text[hit.start : hit.end] for hit in found(shipped, text))


@pytest.mark.parametrize("text", NAMED_THINGS)
def test_names_of_other_things_are_no_passwords(shipped: PatternMatcher, text: str) -> None:
    """Accounts, hosts, versions, files, tickets and algorithms stand in the same sentences."""
    assert [text[hit.start : hit.end] for hit in found(shipped, text)] == []


def test_a_password_ends_before_the_host(shipped: PatternMatcher) -> None:
    """In `root/…@10.0.0.5` the address is no part of the password."""
    password = CHECKSUMS["password"].make(Random(6), "9").replace("@", "!")
    text = f"root/{password}@10.0.0.5"

    assert [text[hit.start : hit.end] for hit in found(shipped, text)] == [password]


@pytest.mark.parametrize(
    "piece",
    ["密码 ", "--pwd%20", "pwd: a1 ", "key=", "://u:", "1.com ", "登录 a/b1 ", "用a1!b2c3 登"],
)
def test_work_grows_no_faster_than_a_hostile_text(
    shipped: PatternMatcher, calls: Callable[[Callable[[], object]], int], piece: str
) -> None:
    """Eight times as much of the keywords and near-matches takes about eight times the calls."""
    counts = []
    for size in (2_000, 16_000):
        text = (piece * 8_000)[:size]
        candidates = shipped.candidates(text)
        counts.append(calls(partial(shipped.match, text, candidates)))

    assert counts[1] < 3 * 8 * (counts[0] + 200)  # quadratic would give 64 times as many
