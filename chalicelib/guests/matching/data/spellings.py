"""How Chinese surnames and syllables are written in Latin letters where pinyin is not used."""

from __future__ import annotations

# Surnames that are read otherwise than the same character elsewhere. Both readings are accepted.
SURNAME_READINGS = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "区": "ou", "查": "zha", "盖": "ge", "朴": "piao pu", "覃": "qin tan",
    "任": "ren", "宁": "ning", "翟": "zhai di", "乐": "yue le", "重": "chong", "种": "chong", "缪": "miao", "尹": "yin",
    "秘": "bi", "折": "she", "员": "yun", "召": "shao", "幺": "yao", "繁": "po", "冼": "xian", "洗": "xian", "柏": "bai bo",
    "万": "wan", "尉迟": "yuchi", "万俟": "moqi", "长孙": "zhangsun", "澹台": "tantai", "吕": "lv lu lyu", "过": "guo",
    "燕": "yan", "葛": "ge", "曲": "qu", "祭": "zhai", "车": "che", "佘": "she", "能": "nai", "那": "na nuo", "隗": "wei kui",
    "令狐": "linghu", "宿": "su", "褚": "chu", "晁": "chao", "逄": "pang", "郇": "xun huan", "俞": "yu", "句": "gou",
}  # fmt: skip

COMPOUND_SURNAMES = frozenset(
    "欧阳 司马 上官 诸葛 司徒 东方 独孤 南宫 夏侯 皇甫 尉迟 公孙 慕容 令狐 长孙 宇文 司空 轩辕 端木 百里 呼延 东郭 南门 西门"
    " 澹台 公冶 宗政 濮阳 淳于 单于 太史 申屠 仲孙 钟离 鲜于 闾丘 子车 颛孙 公西 赫连 拓跋 第五 万俟 闻人 完颜 纳兰 叶赫 爱新觉罗".split()
)

# Hong Kong, Singapore, Malaysia, Taiwan and overseas: spellings of a surname beside pinyin and Wade–Giles.
SURNAME_SPELLINGS = {
    "王": "wong ong heng vong", "李": "lee li lei ly", "张": "cheung cheong chang teo teoh chong tiong", "刘": "lau low liu lao",
    "陈": "chan chen tan chin tran ting", "杨": "yeung yeo yong young ieong yang", "黄": "wong ng ooi oei huang wee bong uy",
    "赵": "chiu chao teo jeow", "吴": "ng goh wu eng ung go", "周": "chow chau chew chou chiu", "徐": "tsui chui chee hsu choi cher",
    "孙": "suen sun soon", "马": "ma mah beh", "朱": "chu choo tsue gee", "胡": "wu woo oh aw hoo", "郭": "kwok kuo quek koay kueh guok",
    "何": "ho hoe hor", "林": "lam lim lin lum liem", "高": "ko kao ku koo gao", "罗": "law lo loh lor", "郑": "cheng tay teh tee",
    "梁": "leung leong neo niew liong", "谢": "tse tze hsieh cheah chia seah", "宋": "sung soong song", "唐": "tong tang teng",
    "许": "hui hsu koh khoo khor kho hooi", "韩": "hon han", "冯": "fung foong pang feng", "邓": "tang teng then", "曹": "tso cho tsao chaw",
    "彭": "pang phang peng", "曾": "tsang tseng chan chang chen tjan", "萧": "siu hsiao siow seow siew shiu", "肖": "siu hsiao siow xiao",
    "田": "tin tien", "董": "tung toong", "袁": "yuen yuan wan", "潘": "poon pun phua puah phoon pan", "蒋": "chiang tseung cheung",
    "蔡": "choi tsoi tsai chua choy chai cai choa", "余": "yu yue yee eu", "杜": "to tu toh", "叶": "yip ip yap yeh yeap",
    "程": "ching cheng thia", "苏": "so su soh soo", "魏": "ngai wei goi gui", "吕": "lui lu loo looi lyu", "丁": "ting teng",
    "任": "yam jen yum", "沈": "shum sham shen sim sum", "姚": "yiu yao yeow", "卢": "lo lu loh low lou", "姜": "keung chiang",
    "崔": "chui tsui chwee", "钟": "chung cheong chong cheng", "谭": "tam tham tan hom", "陆": "luk lu look", "汪": "wong wang",
    "范": "fan fam hoan", "石": "shek shih sek", "廖": "liu liao leow liew liaw", "贾": "ka chia", "夏": "ha hsia har", "韦": "wai wei",
    "傅": "fu foo poh", "方": "fong fang png hong", "白": "pak pai peh", "邹": "chow tsou chau", "孟": "mang meng", "熊": "hung hsiung",
    "秦": "chun chin tseun", "邱": "yau chiu khoo koo yow hew", "丘": "yau chiu khoo koo", "江": "kong chiang kang gong",
    "尹": "wan yin", "薛": "sit hsueh sih", "阎": "yim yen", "段": "tuen tuan", "雷": "lui lei looi", "侯": "hau hou how", "龙": "lung loong",
    "史": "sze shih", "陶": "to tao tow", "黎": "lai li", "贺": "ho hor", "顾": "koo ku", "毛": "mo mao mow", "郝": "kok hao",
    "龚": "kung kong keng", "邵": "shiu shao siew", "万": "man wan", "钱": "chin chien tsin", "严": "yim yen giam ngiam", "赖": "lai luah",
    "洪": "hung ang hong foong", "戴": "tai tay dai", "莫": "mok moh mock", "孔": "hung kung khung", "向": "heung hsiang", "温": "wan wen woon oon",
    "施": "sze shih see sy", "简": "kan chien kang", "庄": "chong chuang ching chng", "翁": "yung weng ong", "甘": "kam kan kum",
    "关": "kwan kuan quan kuang", "欧": "au ou ow", "区": "au ow", "欧阳": "auyeung auyong ouyang owyang auyeong", "司徒": "szeto seto situ",
    "司马": "szema suma", "诸葛": "chukot", "上官": "sheungkwun", "伍": "ng wu", "麦": "mak mai", "凌": "ling", "倪": "ngai ni geh",
    "颜": "ngan yen gan", "柯": "or ko kwa quah", "卓": "cheuk cho toh", "阮": "yuen juan nguyen", "骆": "lok lo", "霍": "fok huo", "招": "chiu",
    "蓝": "lam lan nah", "包": "pau pao", "游": "yau yu you yew", "童": "tung", "纪": "kei chi", "古": "koo ku kou", "冼": "sin",
    "岑": "sum shum sam", "容": "yung", "连": "lin lien", "涂": "to tu", "巫": "mo wu", "尤": "yau yu yew", "康": "hong kang khng", "殷": "yan yin",
    "华": "wah wa hua", "文": "man wen boon", "梅": "mui mei moy", "詹": "chim chan jim", "俞": "yu yue", "符": "fu foo hu", "饶": "yiu jao",
}  # fmt: skip

# Wade–Giles from pinyin: whole syllables first, then initials, then finals.
WADE_WHOLE = {
    "zi": "tzu tze", "ci": "tzu tze", "si": "szu ssu sze", "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "er": "erh",
    "yan": "yen", "ye": "yeh", "you": "yu", "yong": "yung", "yi": "i yi", "e": "o", "ge": "ko", "ke": "ko", "he": "ho", "gui": "kuei",
    "kui": "kuei", "lv": "lu", "nv": "nu", "lve": "lueh", "nve": "nueh",
}  # fmt: skip
WADE_INITIALS = (
    ("zh", "ch"), ("ch", "ch"), ("sh", "sh"), ("b", "p"), ("d", "t"), ("g", "k"), ("j", "ch"), ("q", "ch"), ("x", "hs"), ("z", "ts"),
    ("c", "ts"), ("r", "j"),
)  # fmt: skip
WADE_FINALS = {"ong": "ung", "ian": "ien", "ie": "ieh", "ue": "ueh", "iong": "iung", "e": "eh"}
WADE_UO = frozenset("d t n l z c zh ch r".split())  # after these, pinyin -uo is -o; -e is -e
WADE_E_STAYS = frozenset("zh ch sh r d t l n z c s m".split())

# Hong Kong's ways to write a Cantonese syllable (in Jyutping): the initial, then the final.
CANTONESE_INITIALS = {
    "b": "p b", "p": "p", "m": "m", "f": "f", "d": "t d", "t": "t", "n": "n", "l": "l", "g": "k g", "k": "k", "ng": "ng", "h": "h",
    "gw": "kw gw", "kw": "kw", "w": "w", "z": "ch ts tz j", "c": "ch ts", "s": "s sh", "j": "y", "": "",
}  # fmt: skip
CANTONESE_FINALS = {
    "aa": "a ah ar", "aai": "ai aai", "aau": "au", "aam": "am", "aan": "an", "aang": "ang", "aap": "ap", "aat": "at", "aak": "ak",
    "ai": "ai", "au": "au", "am": "am um", "an": "an un", "ang": "ang", "ap": "ap", "at": "at", "ak": "ak uk", "e": "e eh",
    "ei": "ei i ee ey", "eng": "eng ing", "ek": "ek", "i": "i ee ze ih", "iu": "iu", "im": "im", "in": "in", "ing": "ing",
    "ip": "ip", "it": "it", "ik": "ik", "o": "o oh", "oi": "oi oy", "ou": "o ou", "on": "on", "ong": "ong", "ot": "ot", "ok": "ok", "u": "u oo",
    "ui": "ui", "un": "un oon", "ung": "ung", "ut": "ut oot", "uk": "uk", "oe": "eu oe", "oeng": "eung", "oek": "euk", "eoi": "ui", "eon": "un",
    "eot": "ut", "yu": "yu u ue", "yun": "uen yuen yun", "yut": "uet yut", "m": "m", "ng": "ng", "a": "a",
}  # fmt: skip

# Where a Cyrillic name is written in Latin letters, one way; the others differ from it by slips or are in nicknames.py.
CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў",
        "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e iu ia i i e g u".split(),
        strict=True,
    )
)
