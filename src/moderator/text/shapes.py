"""Characters that are taken for one another by their shape.  Written for this project."""

_GROUPS = """
未末 己已巳 日曰 土士 人入八 干千于 戊戌戍戎 折拆析 博搏膊簿 赌睹堵诸 睛晴 清青情请 傻俊
逼逼 毒毋 品晶 嫖漂瞟飘 妓技枝支 娼唱倡 奸汗肝 淫浮 色邑 情倩 裸课棵 聊柳 性姓 爱受 操澡燥躁
妈蚂码玛 他她也池 的白 逼副福 日目 草早 卖买 枪抢苍仓 弹掸 药约 冰水 毒青 麻磨摩 大太犬 烟咽
票标 发友 代伐 办为 证征 假暇 贷货 款欵 借惜 钱浅线 银很 微徽 信伺 扣叩 群郡 加如 薇微 佳住
家豪 赚嫌 兼廉 职识织 刷涮 单弹 返近 现规 金全 彩采 票漂 六穴 合含 时对 特持 马鸟 法去
轮抡论 功巧 共其 党堂 国囯 独狁 疆僵 藏臧 恐巩 怖布 炸诈 弹惮 杀刹 死歹 血皿 尸户 贱浅 狗拘
猪诸 屎尿 屁庇 鸡鸭 巴色 吊币 屌吊 婊裱 滚衮 蛋旦 废发 物勿 垃拉 圾极 脑恼 残线 智知 障漳
病疴 精清 神绅 经轻 白自 痴疵 呆杲 免兔 费弗 送进 红江 包句 礼札 券卷 优忧 惠慧 点占 击出
链连 接按 网冈 址止 注住 册删 登凳 录绿 账帐 号亏 密蜜 码吗
"""


def shape_alikes() -> dict[str, str]:
    """For each character, those that look like it."""
    found: dict[str, str] = {}
    for group in _GROUPS.split():
        for character in group:
            found[character] = found.get(character, "") + group.replace(character, "")
    return found
