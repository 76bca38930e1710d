"""The company: its WeCom, and who hears of violations there."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, HttpUrl

from moderator.settings.values import NAME, ApiAddress, EncodingAESKey, Group, Secret


class AppSettings(Group):
    """One WeCom app, as the admin console shows it."""

    agent_id: int = Field(ge=1, description="AgentId.")
    secret: Secret = Field(description="Secret.")
    token: Secret = Field(description="Token of 接收消息.")
    encoding_aes_key: EncodingAESKey = Field(description="EncodingAESKey of 接收消息.")
    receive_id: str | None = Field(
        None, description="What callbacks are encrypted for; the corp id if unset, may be empty."
    )
    groups: tuple[str, ...] = Field(
        (), description="chatid of the groups that this app made (appchat) and polices."
    )


class WeComSettings(Group):
    """The company's WeCom."""

    corp_id: str = Field(pattern=r"^[A-Za-z0-9_]{4,64}$", description="企业 ID.")
    api_url: ApiAddress = Field(
        HttpUrl("https://qyapi.weixin.qq.com"), description="Address of the WeCom API."
    )
    timeout: timedelta = Field(timedelta(seconds=10), description="Longest wait for one API call.")
    apps: dict[Annotated[str, Field(pattern=NAME)], AppSettings] = Field(
        min_length=1, description="Apps by name; the name stands in the callback address."
    )
    directory_fresh: timedelta = Field(
        timedelta(hours=24),
        gt=timedelta(0),
        description="How long what was asked of the directory holds, if no event changes it.",
    )
    own_senders: tuple[str, ...] = Field(
        (), description="userids and robot ids under which we write; they are never moderated."
    )
    contacts_secret: Secret | None = Field(
        None, description="Secret of 通讯录同步; accounts are disabled and enabled with it."
    )


class ComplianceSettings(Group):
    """Who hears of violations inside WeCom."""

    app: str = Field(description="Name of the app that speaks for compliance.")
    chat: str = Field("", description="chatid of the compliance group (appchat).")
    users: tuple[str, ...] = Field((), description="userids told where there is no group.")
    reviewers: tuple[str, ...] = Field(
        (),
        max_length=100,
        description="userids who get a card with buttons about proposals, and may decide on them.",
    )
    language: Literal["zh", "en"] = Field("zh", description="Language of all notices.")
    confidentiality_users: tuple[str, ...] = Field(
        (), description="userids of the confidentiality office (保密工作机构)."
    )
    hr_users: tuple[str, ...] = Field((), description="userids told of proposals to HR.")
    group_owners: dict[str, str] = Field(
        default_factory=dict,
        description="Owner's userid by chatid, for groups that no app of ours made.",
    )
    department_admins: dict[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="userids by department id, told instead of the department's 负责人.",
    )
    notice_groups: tuple[str, ...] = Field(
        (),
        description="chatid of the groups that public notices (通报) go to;"
        " every group of the apps if none.",
    )


class RobotSettings(Group):
    """Group robots (消息推送) by which the service may write to groups that no app made."""

    keys: dict[str, Secret] = Field(
        default_factory=dict, description="The robot's key by the chatid of its group."
    )


class InterceptionSettings(Group):
    """WeCom's own 聊天敏感词 rules for chats with customers, filled from the rulebook."""

    app: str = Field("", description="Name of an app in 客户联系 → 可调用接口的应用; none: off.")
    users: tuple[str, ...] = Field((), description="userids whose chats are watched.")
    departments: tuple[int, ...] = Field((), description="Ids of departments likewise.")
    categories: tuple[str, ...] = Field((), description="Only rules of these; all if none.")
    least_severity: Literal["low", "medium", "high", "critical"] = Field(
        "high", description="Only rules at least as grave."
    )
    block: bool = Field(True, description="Block the message; false: warn its sender only.")
    prefix: str = Field(
        "mod-",
        pattern=r"^\S{2,8}$",
        description="How names of our rules begin; others are not touched.",
    )
    most_rules: int = Field(50, ge=1, le=100, description="Of WeCom's 100, how many may be ours.")
