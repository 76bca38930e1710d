"""Passwords where name and value stand apart, misspelt, in files or in code."""

from random import Random

import pytest

from moderator.domain.finding import Hit
from moderator.matching.checksums import CHECKSUMS
from moderator.matching.patterns import PatternMatcher

# `{}` is a password made at run time.
TOLD = """
密码不变 {}
密码错了吧，应该填{}才对
密码🔑{}
密码跟wifi一样 {}
账号密码如下\\nadmin\\n{}
蜜码是{}
{}（wifi密码）
{} ← 密码
mm：{}
user是admin，pass是{}
海康摄像头 admin {}
账密 ops {}
账号密码你用admin和{}
lisi----{}
li.si@corp-mail.cn:{}
http://10.0.0.4:9000\\nminioadmin\\n{}
10.1.2.3 3306 root {} shop
98.76.54.32(master/{})
ID/PW(master/{})
pasword is {}
same password as before: {}
forgot the password? its {}
Q: wifi password? A: {}
{} <- wifi password
the zip is protected with {}
it's ops with {} as password
log in as admin using {}
staging creds: ops {}
default login is admin {}
wifi: CorpGuest / {}
패스워드: {}
SSHPASS={} sshpass -e ssh ops@10.0.0.4
redis-cli> AUTH {}
psexec \\\\\\\\10.0.0.7 -u Administrator -p {} cmd
wpa_passphrase Corp-5G {}
password: ${DB_PASSWORD:{}}
define('DB_PASSWORD', '{}');
$config['db']['password'] = '{}';
const pw = process.env.DB_PASSWORD || '{}'
requests.get(url, auth=('ops', '{}'))
config.setPassword("{}");
- name: DB_PASSWORD\\n  value: {}
variable "db_password" { default = "{}" }
<property name="password" value="{}"/>
用户名,密码,备注\\nadmin,{},管理员
wifi密码多少？\\n前台说是{}
口令呢？{}
what's the vpn login?\\nops / {}
密码是姓名全拼加年份 {}
还是那个，{}
老样子 {}
用这个登：lisi / {}
堡垒机 lisi {}
same as always, {}
tell him the password, {}
系统  账号  密码\\nERP  liu  {}
测试账号：`ops` / `{}`
ROOT/{}
SSID: Corp PSK: {}
无线网 CMCC-A 密钥 {}
enable secret {}
WIFI:T:WPA;S:Corp-5G;P:{};;
""".strip().splitlines()
TALK = """
密码这个需求排到Sprint23
密码发到zhang3@corp.cn
密码换成FaceID了
密码在1password里
密码找回 https://passport.corp.cn/reset?x=1
密码是工号后六位
输了3比0
表头------2026年
服务器 web01 node02 挂了
账号 lisi 工号 A10086
屏幕宽度mm 75.4
弱口令扫描结果出来了，23台
提交口令文件前先脱敏
don't use password123 as a password
password is in ticket OPS-1234
password rotation is scheduled for 2026-12-01
the disk is encrypted with AES-256
the session is protected with oauth2
export const CHANGE_PASSWORD = 'changePassword'
WRONG_PASSWORD: "Your password is incorrect. Please try again."
'password' => 'required|min:8',
user.setPassword(encoder.encode(raw));
get '/passwords/:id/edit' => "cms/sites/passwords#edit"
<property name="password" value="${jdbc.password}"/>
snmp-server community public RO
git@github.com:org/repo2023
192.168.0.1 netmask 255.255.255.0
login with google or apple2
错误code是400013
""".strip().splitlines()


def found(matcher: PatternMatcher, text: str) -> list[Hit]:
    return matcher.match(text, matcher.candidates(text))


@pytest.mark.parametrize("length", [9, 13])
@pytest.mark.parametrize("text", TOLD)
def test_a_password_is_found_away_from_its_name(
    shipped: PatternMatcher, text: str, length: int
) -> None:
    """The value is found however it is told."""
    password = CHECKSUMS["password"].make(Random(f"{text}{length}"), str(length))
    message = text.replace("{}", password).replace("\\n", "\n")

    assert any(password in message[hit.start : hit.end] for hit in found(shipped, message))


@pytest.mark.parametrize("text", TALK)
def test_what_only_looks_told_is_left_alone(shipped: PatternMatcher, text: str) -> None:
    """Tickets, addresses, names in programs, devices and algorithms are no passwords."""
    hits = [hit for hit in found(shipped, text) if hit.category == "credential"]

    assert [(hit.rule, text[hit.start : hit.end]) for hit in hits] == []
