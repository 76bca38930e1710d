"""The pages of WeCom's admin console as it calls them."""

from typing import Final

CORP: Final = "我的企业 → 企业信息 → 企业ID"
CONTACTS: Final = "管理工具 → 通讯录同步"
MEMBERS: Final = "通讯录"
CUSTOMERS: Final = "客户联系 → 可调用接口的应用"
ROBOT: Final = "the group's 群设置 → 消息推送 (formerly 群机器人), in the WeCom client"


def of_app(agent_id: int, part: str) -> str:
    """A part of the page of the app with this AgentId."""
    return f"应用管理 → 自建 → the app with AgentId {agent_id} → {part}"
