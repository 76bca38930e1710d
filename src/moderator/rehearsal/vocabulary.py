"""The words and sentences of the generated office chat."""

from collections.abc import Mapping

_DAYS = (
    "今天", "明天", "后天", "周一", "周二", "周三", "周四", "周五", "下周一", "月底前",
)  # fmt: skip
_TIMES = (
    "九点", "九点半", "十点", "十点一刻", "十一点", "下午两点", "三点半", "四点", "五点前",
    "下班前",
)  # fmt: skip
_PROJECTS = (
    "凤凰", "青松", "海豚", "云桥", "北斗", "蓝鲸", "麦田", "启明", "长城", "紫荆", "白桦", "银杏",
    "飞鱼", "灯塔", "雪豹", "竹林",
)  # fmt: skip
_PEOPLE = (
    "张工", "李姐", "王经理", "小陈", "老周", "赵总", "刘工", "小杨", "孙老师", "吴姐", "郑工",
    "小何", "高经理", "老马", "林姐", "宋工",
)  # fmt: skip
_PLACES = (
    "三号会议室", "大会议室", "二楼培训室", "前台", "食堂", "东门", "停车场", "六楼茶水间", "机房",
    "展厅",
)  # fmt: skip
_PAPERS = (
    "周报", "需求文档", "测试报告", "接口说明", "排期表", "会议纪要", "验收单", "方案初稿",
    "培训材料", "采购清单", "差旅申请", "考勤表", "设计稿", "用户手册", "复盘总结",
)  # fmt: skip
_WORKS = (
    "登录页改版", "报表导出", "压力测试", "数据迁移", "权限梳理", "首页优化", "日志清理",
    "短信通知", "搜索排序", "对账流程", "发布脚本", "缓存升级", "客服话术整理", "门店巡检",
    "仓库盘点",
)  # fmt: skip
_CITIES = (
    "上海", "成都", "杭州", "武汉", "西安", "广州", "南京", "青岛", "厦门", "长沙",
)  # fmt: skip
_FOODS = (
    "黄焖鸡", "牛肉面", "麻辣烫", "轻食沙拉", "兰州拉面", "番茄鱼", "饺子", "咖喱饭",
)  # fmt: skip

OPENERS = (
    "", "", "", "早，", "大家好，", "各位，", "收到，", "辛苦了，", "不好意思，", "刚看到，",
    "同步一下，", "顺便问下，",
)  # fmt: skip
CLOSERS = (
    "", "", "", "，谢谢", "，辛苦", "，麻烦了", "～", "，收到请回复", "[抱拳]", "，有问题随时说",
    "👍", "，先这样",
)  # fmt: skip

SENTENCES = (
    "{project}项目{day}{time}评审，地点{place}",
    "{person}，{paper}我放到共享盘了，版本 {version}",
    "{work}{day}能提测吗？{person}那边在等",
    "{day}{time}的会改到{place}",
    "{project}的{paper}还差第 {small} 节，{person}补一下",
    "{work}已经上线，监控看了 {small} 分钟，没有异常",
    "我{day}去{city}出差，{work}先交给{person}",
    "{person}请假 {small} 天，{project}的事找我",
    "中午{food}拼单吗？还差 {small} 个人",
    "{place}的投影仪坏了，已经报修，单号 {number}",
    "{project}第 {small} 轮测试发现 {number} 个问题，其中 {small} 个要改设计",
    "{paper}里的第 {small} 张图看不清，换一张大的",
    "打车报销的单子{day}{time}截止",
    "{city}的客户{day}来参观，{person}负责接待，在{place}集合",
    "build {version} 已经打好，{work}和{work2}都在里面",
    "PR #{number} 麻烦{person}看一下，主要改了{work}",
    "{person}说{work}的排期往后挪 {small} 天",
    "会议纪要发群里了，{project}的行动项有 {small} 条",
    "空调太冷了，谁在{place}，帮忙调高两度",
    "{day}{time}消防演习，请大家走{place}那边的楼梯",
    "{project}群里新来的同事请把备注改成部门加姓名",
    "服务器 {number} 号机的磁盘用了百分之 {percent}，{day}清理",
    "{paper}我看过了，第 {small} 页的数字和 {paper2} 对不上",
    "{work}的验收标准写在{paper}里，{person}确认下",
    "{city}下雨，路上堵，我{time}到",
    "这个月的团建投票：{city}还是{city2}？{day}截止",
    "快递到{place}了，{person}记得取",
    "培训签到表在{place}，{project}组还差 {small} 位没签",
    "{work}为什么失败？日志里第 {number} 行超时，我再跑一遍",
    "Jenkins 第 {number} 次构建成功，可以发{city}环境了",
    "{person}生日快乐！蛋糕在{place}，{time}切",
    "打印机没纸了，{place}还有 {small} 包",
    "{project}预算表更新了，{person}看第 {small} 行",
    "本周值班：{day}{person}，{day2}{person2}",
    "{paper}的模板换了，旧版{day}起不再收",
    "门禁卡{day}统一换新，到{place}找{person}",
    "{work}先回滚，等{person}确认再发",
    "例会讨论三件事：{work}、{work2}、{paper}",
    "{project}客户提了 {small} 条意见，我整理进{paper}了",
    "路口交通管制，{place}集合改到{time}",
)

VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "day": _DAYS,
    "day2": _DAYS,
    "time": _TIMES,
    "project": _PROJECTS,
    "person": _PEOPLE,
    "person2": _PEOPLE,
    "place": _PLACES,
    "paper": _PAPERS,
    "paper2": _PAPERS,
    "work": _WORKS,
    "work2": _WORKS,
    "city": _CITIES,
    "city2": _CITIES,
    "food": _FOODS,
}
