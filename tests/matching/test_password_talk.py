"""Talk about passwords and about what looks like one: nothing is given away."""

import pytest

from moderator.matching.patterns import PatternMatcher

TALK = """
忘记密码了怎么办
密码输错三次
ssh root@10.3.27.225，输入服务器密码
按提示填账号密码：密码处粘贴 **Personal Access Token**
把入口的用户名密码都改成你自己的
要是相等就说明用户名和密码都对
解压密码保护的压缩包
联系助教拿解压密码
密码策略升级到 sprint23
密码找IT要 ext8012
密码大写A-Z都行，10位
还是那个人，A1栋
老样子，加班
系统 v2.3.1 上线
手机解锁 2000 次了
门禁 302 坏了
抢红包啦 口令是新年快乐
docker pull nacos/nacos-server
the passphrase is not required for this key
the old default password is still in the history
the default password is their last name
same as before, v1.2.3
the wifi password is the serial number on the box
you can login with your own account
credentials are checked against the users table
open the app with 2 fingers
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
# The names of other things, where passwords stand in the sentences of test_password_rules.
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


def given_away(matcher: PatternMatcher, text: str) -> list[tuple[str, str]]:
    hits = matcher.match(text, matcher.candidates(text))
    return [(hit.rule, text[hit.start : hit.end]) for hit in hits]


@pytest.mark.parametrize("text", TALK)
def test_talk_about_passwords_is_left_alone(shipped: PatternMatcher, text: str) -> None:
    """Questions, rules, error messages, code and placeholders give nothing away."""
    assert given_away(shipped, text) == []


@pytest.mark.parametrize("text", NAMED_THINGS)
def test_names_of_other_things_are_no_passwords(shipped: PatternMatcher, text: str) -> None:
    """Accounts, hosts, versions, files, tickets and algorithms stand in the same sentences."""
    assert given_away(shipped, text) == []
