"""Short Latin runs with a meaning of their own, which are nobody's initials or pinyin.

Collected by hand for this project from ordinary office chat.
"""

_ACRONYMS = """
abc api apk app apple asap ascii bbc bbs bgm bmw bot btc bts bug byd cba cctv cdn ceo cet
cfo cli cmd cms cnc cnn cpa cpi cpu crc crm csdn css csv cto ctrl dau dba dcs ddl ddr dhl dj
dlc dll dna dns doc dpi dps ems eps erp etc exe faq fbi fpga fps ftp fyi gdp git gmt gmv gnu
gps gpt gpu gta gui hdmi hdr hhh hhhh hhhhh hmm hpv hrbp html http https idc ide imf img ios
ipo iso jar java jdk jpeg jpg js json jwt kfc kol kpi kpl ktv lcd led lgbt lgd linux lng lol
lpl ltd mac mba mbps mbti mcn mcu md5 mmm mmp msn mtk mvp mysql nasa nat nba nds nfc nga nlp
npc npm nsfw ntfs ocr oem okr oppo org orm otc pcb pcr pdf phd php plc plm pls pmp png pos
ppm pps ppt pptx prd ps4 ps5 psd pua pvc pvp pwd qaq qps qrcode qwq ram rar rgb rip rmb rpc
rpg rss saas sap sas sci sdk sdn seo sgs shh sku slb sms smtp sns sop spa sql ssd ssh ssl
ssr sss std swf tcp tdd tls tmt tnt tps tqs tshirt tsmc ttl ttt txt ucl ufc ufo uml usa usb
utc utf vip vlog vpn vps wap wcs wechat wfh wifi wlan wms wps www xls xlsx xml xpath xss
xswl yaml yml yyds zip zzz
"""

# English words, names and brands that read as pinyin.
_ENGLISH = """
alibaba baba baidu banana banging beijing bike bite cage cake case change china dada dame
dance dane date dense dingo dude duke during engage fade fence gaga game gander ganger gate
guangdong guide haha hang hangzhou hate hehe hence huawei hunan june juni kuaishou lada lake
lala lane language late like line lingo luke made make mama manage mane manga mango mate
menu mike mine mode mule mutate name nana nanjing nike nine nude nuke page panda pane panga
papa pence penge phase pinduoduo pine pinyin qingdao rebate rude rule sage sake same sane
sense shanghai shenzhen side site suite take tango taobao tata tense tide tune wage wake
weibo weixin wenzhou women wuhan xiaomi yamaha yuan zhifubao
"""

ACRONYMS = frozenset(_ACRONYMS.split())
ENGLISH_PINYIN = frozenset(_ENGLISH.split())
