"""Short Latin runs with a meaning of their own, which are nobody's initials or pinyin.

Collected by hand for this project from ordinary office chat.
"""

ACRONYMS = frozenset(
    """
    abc api app apk apple ascii asap bbc bbs bgm bot bug btc bts bmw byd ceo cdn cfo cba cctv cet
    cli cms cmd cnn cnc cpa cpi cpu crm crc css csdn csv cto ctrl dau dba dcs ddl ddr dhl dj dll dlc dna dns
    doc dpi dps ems eps erp etc exe faq fbi fps fpga ftp fyi gdp git gmt gmv gnu gps gpt gpu gta gui
    hdmi hdr hhh hhhh hhhhh hmm hpv hrbp html http https ide idc img imf ios ipo iso jar java jdk jpg jpeg json js
    jwt kfc kol kpi kpl ktv lcd led lgbt lgd linux lng lol lpl ltd mac mba mbti mbps mcn mcu md5 mmm mmp msn
    mtk mvp mysql nba nasa nat nds nfc nga npc npm nlp nsfw ntfs oem okr ocr oppo orm org otc pcr pcb pdf
    php phd png plc pls plm pmp pos ppm ppt pptx pps prd psd ps4 ps5 pua pvc pvp pwd qps qaq qwq qrcode
    ram rar rgb rip rmb rpc rpg rss sap sas saas sci sdk sdn seo sgs shh slb sku smtp sms sns sop spa sql
    ssd ssh ssl ssr sss std swf tcp tdd tls tmt tnt tps tqs tshirt tsmc ttl ttt txt ucl ufc ufo uml usb
    usa utc utf vip vlog vps vpn wap wcs wechat wfh wifi wlan wms wps www xls xlsx xml xpath xss xswl yaml
    yml yyds zip zzz
    """.split()
)

# English words, names and brands that read as pinyin.
ENGLISH_PINYIN = frozenset(
    """
    alibaba baba baidu banana banging beijing bike bite cage cake case change china dada dame dance dane
    date dense dingo duke dude during engage fade fence game gate gaga gander ganger guide guangdong haha hang
    hangzhou hate hehe hence huawei hunan june juni kuaishou lada lake lala lane language late like line lingo
    luke made make manage manga mango mama mane mate menu mike mine mode mule mutate name nana nanjing nike nine
    nuke nude page panda papa pane panga penge pence phase pine pinyin pinduoduo qingdao rebate rude rule sake
    same sane sage sense shanghai shenzhen side site suite taobao take tango tata tense tide tune wage
    wake weibo weixin wenzhou women wuhan xiaomi yamaha yuan zhifubao
    """.split()
)
