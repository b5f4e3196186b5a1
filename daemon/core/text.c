/*
 * core/text.c - bytes to light form to signs
 *
 * Four passes, each over an array that the one before it made, all of them linear:
 *   1. bytes to light (N1-N4). Kana, kanji, ASCII and its full-width twins, most of what comes,
 *      are looked up; whatever else comes is normalised by utf8proc, a cluster at a time: a
 *      character together with all that could compose with it. A mark that follows a character
 *      already looked up takes it back into its cluster.
 *   2. commas out of numbers (N5), and the light form as UTF-8.
 *   3. light to signs, one for one, each with a class; then the steps that look at neighbours
 *      (N6-N10), in place, those only whose characters were seen.
 *   4. folding kana and taking out the breaks (N11-N14), in place: it never makes more of it.
 * What a step takes away (a long mark, a repetition, a zero-width character) widens the range
 * of the sign before it, so that what is shown to people is never cut within a word.
 *
 * Left out on purpose: readings, dakuten, small ya yu yo, particles (they would make different
 * words equal).
 */
#include "core/text.h"

#include "base/utf8.h"

#include <assert.h>
#include <utf8proc.h>

enum {
    CLUSTER_MAX = 2048, /* 500 characters, the longest of 18 and marks of at most 3 */
    FOLDED_MAX = 18,    /* what NFKC makes of one character, at most: U+FDFA */
    KANJI_FIRST = 0x4E00,
    KANJI_LAST = 0x9FFF,
    HIRAGANA_FIRST = 0x3041,
    HIRAGANA_LAST = 0x3096,
    KATAKANA_FIRST = 0x30A1,
    KATAKANA_LAST = 0x30FA,
    KANA_APART = 0x60, /* from a hiragana to its katakana */
    LONG_MARK = 0x30FC,
    NUMBER_MAX = 16, /* digits that kanji numerals may make */
};

/* What a sign may be before it is one: classes beyond enum text_class, gone after pass 4. */
enum work_class {
    WORK_SOFT = TEXT_SENTINEL + 1,
    WORK_HARD,
    WORK_LONG,
    WORK_HYPHEN,
    WORK_TILDE,
    WORK_MARK, /* combining, and composed with nothing */
};

/* Which steps a text needs. */
enum rule {
    RULE_LOOKALIKE = 1, /* N7 */
    RULE_NUMERAL = 2,   /* N10 */
    RULE_HONORIFIC = 4, /* N10 */
    RULE_LENGTH = 8,    /* N8 */
    RULE_REPEAT = 16,   /* N9 */
    RULES_END = 256,
};

/* ---- tables ---------------------------------------------------------------------------------- */

/* By code point, for speed: 0 for most; below RULES_END the rules that a kanji takes part in;
 * else the kanji that is written today for an old or variant one (N4). Only pairs that are one
 * word in every use: 斉 and 斎, 裏 and 裡 stay two. Not formatted: one pair a line would be five
 * hundred lines. */
/* clang-format off */
#define R(kanji, rules) [U##kanji - KANJI_FIRST] = (rules)
#define V(old, now) [U##old - KANJI_FIRST] = U##now
static const uint16_t kanji_info[KANJI_LAST - KANJI_FIRST + 1] = {
    R('力', RULE_LOOKALIKE), R('口', RULE_LOOKALIKE), R('工', RULE_LOOKALIKE),
    R('夕', RULE_LOOKALIKE), R('卜', RULE_LOOKALIKE), R('二', RULE_LOOKALIKE | RULE_NUMERAL),
    R('八', RULE_LOOKALIKE | RULE_NUMERAL), R('一', RULE_LOOKALIKE | RULE_NUMERAL),
    R('三', RULE_NUMERAL), R('四', RULE_NUMERAL), R('五', RULE_NUMERAL), R('六', RULE_NUMERAL),
    R('七', RULE_NUMERAL), R('九', RULE_NUMERAL), R('十', RULE_NUMERAL), R('百', RULE_NUMERAL),
    R('千', RULE_NUMERAL), R('万', RULE_NUMERAL), R('億', RULE_NUMERAL), R('零', RULE_NUMERAL),
    R('様', RULE_HONORIFIC),

    V('乘', '乗'), V('亂', '乱'), V('亙', '亘'), V('亞', '亜'), V('佛', '仏'),
    V('來', '来'), V('俠', '侠'), V('倂', '併'), V('假', '仮'), V('傳', '伝'),
    V('僞', '偽'), V('價', '価'), V('儉', '倹'), V('兒', '児'), V('內', '内'),
    V('兩', '両'), V('册', '冊'), V('冝', '宜'), V('冦', '寇'), V('冨', '富'),
    V('冩', '写'), V('冲', '沖'), V('决', '決'), V('况', '況'), V('凉', '涼'),
    V('减', '減'), V('凖', '準'), V('凜', '凛'), V('凾', '函'), V('刄', '刃'),
    V('剝', '剥'), V('剩', '剰'), V('劍', '剣'), V('劑', '剤'), V('劒', '剣'),
    V('劔', '剣'), V('勑', '勅'), V('勞', '労'), V('勳', '勲'), V('勵', '励'),
    V('勸', '勧'), V('區', '区'), V('卆', '卒'), V('卷', '巻'), V('卻', '却'),
    V('卽', '即'), V('厰', '廠'), V('參', '参'), V('叓', '事'), V('吳', '呉'),
    V('吿', '告'), V('呌', '叫'), V('啞', '唖'), V('單', '単'), V('噓', '嘘'),
    V('嚙', '噛'), V('嚴', '厳'), V('囑', '嘱'), V('囓', '噛'), V('囘', '回'),
    V('囬', '回'), V('囯', '国'), V('圀', '国'), V('國', '国'), V('圍', '囲'),
    V('圓', '円'), V('圖', '図'), V('團', '団'), V('埜', '野'), V('堯', '尭'),
    V('塡', '填'), V('增', '増'), V('墮', '堕'), V('壓', '圧'), V('壘', '塁'),
    V('壞', '壊'), V('壤', '壌'), V('壯', '壮'), V('壷', '壺'), V('壻', '婿'),
    V('壽', '寿'), V('夛', '多'), V('奧', '奥'), V('奬', '奨'), V('姊', '姉'),
    V('姙', '妊'), V('姬', '姫'), V('娛', '娯'), V('孃', '嬢'), V('學', '学'),
    V('寃', '冤'), V('寢', '寝'), V('實', '実'), V('寫', '写'), V('寬', '寛'),
    V('寳', '宝'), V('寶', '宝'), V('將', '将'), V('專', '専'), V('對', '対'),
    V('尙', '尚'), V('屆', '届'), V('屛', '屏'), V('屢', '屡'), V('屬', '属'),
    V('峩', '峨'), V('峯', '峰'), V('峽', '峡'), V('嵗', '歳'), V('嵜', '崎'),
    V('嶋', '島'), V('嶌', '島'), V('嶽', '岳'), V('巖', '巌'), V('巗', '巌'),
    V('巢', '巣'), V('帶', '帯'), V('廢', '廃'), V('廣', '広'), V('廳', '庁'),
    V('强', '強'), V('彈', '弾'), V('彌', '弥'), V('彥', '彦'), V('徃', '往'),
    V('徑', '径'), V('從', '従'), V('徵', '徴'), V('德', '徳'), V('恆', '恒'),
    V('恠', '怪'), V('悅', '悦'), V('悳', '徳'), V('惠', '恵'), V('惡', '悪'),
    V('愼', '慎'), V('慘', '惨'), V('應', '応'), V('懷', '懐'), V('戀', '恋'),
    V('戰', '戦'), V('戱', '戯'), V('戲', '戯'), V('戶', '戸'), V('戾', '戻'),
    V('拂', '払'), V('拔', '抜'), V('拜', '拝'), V('挾', '挟'), V('插', '挿'),
    V('揭', '掲'), V('揷', '挿'), V('搔', '掻'), V('搖', '揺'), V('搜', '捜'),
    V('摑', '掴'), V('摠', '総'), V('撿', '検'), V('擇', '択'), V('擊', '撃'),
    V('擔', '担'), V('擕', '携'), V('據', '拠'), V('擧', '挙'), V('擴', '拡'),
    V('攅', '攢'), V('攜', '携'), V('攝', '摂'), V('攪', '撹'), V('收', '収'),
    V('攷', '考'), V('效', '効'), V('敍', '叙'), V('敎', '教'), V('敕', '勅'),
    V('敘', '叙'), V('數', '数'), V('斈', '学'), V('斷', '断'), V('旣', '既'),
    V('昻', '昂'), V('晉', '晋'), V('晚', '晩'), V('晝', '昼'), V('曉', '暁'),
    V('曻', '昇'), V('曾', '曽'), V('會', '会'), V('朞', '期'), V('杤', '栃'),
    V('枩', '松'), V('柹', '柿'), V('栁', '柳'), V('桒', '桑'), V('桺', '柳'),
    V('條', '条'), V('棊', '棋'), V('榮', '栄'), V('槇', '槙'), V('槗', '橋'),
    V('槪', '概'), V('樂', '楽'), V('樓', '楼'), V('樞', '枢'), V('樣', '様'),
    V('橫', '横'), V('檜', '桧'), V('檢', '検'), V('櫻', '桜'), V('權', '権'),
    V('欝', '鬱'), V('欵', '款'), V('歐', '欧'), V('歡', '歓'), V('步', '歩'),
    V('歲', '歳'), V('歷', '歴'), V('歸', '帰'), V('殘', '残'), V('殼', '殻'),
    V('毆', '殴'), V('每', '毎'), V('氣', '気'), V('汙', '汚'), V('沒', '没'),
    V('涉', '渉'), V('淚', '涙'), V('淨', '浄'), V('淸', '清'), V('淺', '浅'),
    V('渊', '淵'), V('渕', '淵'), V('渴', '渇'), V('溪', '渓'), V('溫', '温'),
    V('溼', '湿'), V('滯', '滞'), V('滿', '満'), V('潑', '溌'), V('潛', '潜'),
    V('澁', '渋'), V('澤', '沢'), V('濕', '湿'), V('濟', '済'), V('濤', '涛'),
    V('濱', '浜'), V('濵', '浜'), V('濶', '闊'), V('瀆', '涜'), V('瀧', '滝'),
    V('瀨', '瀬'), V('灣', '湾'), V('烟', '煙'), V('焰', '焔'), V('煑', '煮'),
    V('煕', '熙'), V('熈', '熙'), V('燄', '焔'), V('燈', '灯'), V('燒', '焼'),
    V('營', '営'), V('爐', '炉'), V('爭', '争'), V('爲', '為'), V('牀', '床'),
    V('狀', '状'), V('狹', '狭'), V('獎', '奨'), V('獨', '独'), V('獵', '猟'),
    V('獸', '獣'), V('獻', '献'), V('珎', '珍'), V('瑤', '瑶'), V('瓣', '弁'),
    V('甁', '瓶'), V('甞', '嘗'), V('產', '産'), V('畊', '耕'), V('畧', '略'),
    V('畨', '番'), V('畫', '画'), V('畱', '留'), V('畵', '画'), V('當', '当'),
    V('疂', '畳'), V('疉', '畳'), V('疊', '畳'), V('瘦', '痩'), V('癡', '痴'),
    V('發', '発'), V('皃', '貌'), V('皈', '帰'), V('盖', '蓋'), V('盜', '盗'),
    V('盡', '尽'), V('眞', '真'), V('砿', '鉱'), V('硏', '研'), V('碎', '砕'),
    V('礙', '碍'), V('礦', '鉱'), V('礪', '砺'), V('祕', '秘'), V('祿', '禄'),
    V('禀', '稟'), V('禪', '禅'), V('禮', '礼'), V('禰', '祢'), V('禱', '祷'),
    V('秊', '年'), V('秌', '秋'), V('稅', '税'), V('稱', '称'), V('稻', '稲'),
    V('稾', '稿'), V('穉', '稚'), V('穗', '穂'), V('穩', '穏'), V('穰', '穣'),
    V('窗', '窓'), V('窻', '窓'), V('竃', '竈'), V('竊', '窃'), V('竒', '奇'),
    V('竝', '並'), V('竸', '競'), V('筭', '算'), V('篭', '籠'), V('簞', '箪'),
    V('籘', '籐'), V('粮', '糧'), V('粹', '粋'), V('糺', '糾'), V('絋', '紘'),
    V('絕', '絶'), V('絲', '糸'), V('經', '経'), V('綠', '緑'), V('緖', '緒'),
    V('緣', '縁'), V('緫', '総'), V('縂', '総'), V('縣', '県'), V('縱', '縦'),
    V('總', '総'), V('繡', '繍'), V('繩', '縄'), V('繪', '絵'), V('繫', '繋'),
    V('繼', '継'), V('續', '続'), V('纖', '繊'), V('缺', '欠'), V('罐', '缶'),
    V('罸', '罰'), V('羣', '群'), V('翆', '翠'), V('耻', '恥'), V('聟', '婿'),
    V('聰', '聡'), V('聲', '声'), V('聽', '聴'), V('肅', '粛'), V('胷', '胸'),
    V('脉', '脈'), V('脫', '脱'), V('腦', '脳'), V('腳', '脚'), V('膽', '胆'),
    V('臟', '臓'), V('臺', '台'), V('與', '与'), V('舊', '旧'), V('舖', '舗'),
    V('舘', '館'), V('舩', '船'), V('艷', '艶'), V('莊', '荘'), V('莖', '茎'),
    V('莵', '菟'), V('萊', '莱'), V('萠', '萌'), V('萬', '万'), V('葢', '蓋'),
    V('蔣', '蒋'), V('蕋', '蕊'), V('藏', '蔵'), V('藝', '芸'), V('藥', '薬'),
    V('蘂', '蕊'), V('蘆', '芦'), V('處', '処'), V('虛', '虚'), V('號', '号'),
    V('虵', '蛇'), V('螢', '蛍'), V('蟬', '蝉'), V('蟲', '虫'), V('蠟', '蝋'),
    V('蠶', '蚕'), V('蠻', '蛮'), V('衞', '衛'), V('裝', '装'), V('襃', '褒'),
    V('覊', '羈'), V('覔', '覓'), V('覺', '覚'), V('覽', '覧'), V('觀', '観'),
    V('觧', '解'), V('觸', '触'), V('說', '説'), V('諫', '諌'), V('謠', '謡'),
    V('證', '証'), V('譯', '訳'), V('譽', '誉'), V('讀', '読'), V('變', '変'),
    V('讐', '讎'), V('讓', '譲'), V('讚', '讃'), V('豐', '豊'), V('豫', '予'),
    V('貭', '質'), V('賣', '売'), V('賴', '頼'), V('贊', '賛'), V('踐', '践'),
    V('躰', '体'), V('軆', '体'), V('輕', '軽'), V('轉', '転'), V('辨', '弁'),
    V('辭', '辞'), V('辯', '弁'), V('迯', '逃'), V('遙', '遥'), V('遞', '逓'),
    V('遲', '遅'), V('邉', '辺'), V('邊', '辺'), V('鄉', '郷'), V('鄊', '郷'),
    V('鄕', '郷'), V('鄰', '隣'), V('酧', '酬'), V('醉', '酔'), V('醫', '医'),
    V('醬', '醤'), V('醱', '醗'), V('釀', '醸'), V('釋', '釈'), V('釼', '剣'),
    V('鈎', '鉤'), V('銕', '鉄'), V('銳', '鋭'), V('鋪', '舗'), V('錄', '録'),
    V('錢', '銭'), V('鍊', '錬'), V('鎭', '鎮'), V('鎻', '鎖'), V('鏁', '鎖'),
    V('鐡', '鉄'), V('鐵', '鉄'), V('鑄', '鋳'), V('鑒', '鑑'), V('鑚', '鑽'),
    V('鑛', '鉱'), V('閒', '間'), V('閙', '鬧'), V('閱', '閲'), V('闗', '関'),
    V('關', '関'), V('陷', '陥'), V('隂', '陰'), V('隨', '随'), V('險', '険'),
    V('隱', '隠'), V('隸', '隷'), V('雙', '双'), V('雜', '雑'), V('雞', '鶏'),
    V('靈', '霊'), V('靑', '青'), V('靜', '静'), V('靣', '面'), V('靱', '靭'),
    V('頰', '頬'), V('頹', '頽'), V('顏', '顔'), V('顚', '顛'), V('顯', '顕'),
    V('飜', '翻'), V('飮', '飲'), V('餘', '余'), V('餠', '餅'), V('駈', '駆'),
    V('駞', '駝'), V('騐', '験'), V('騷', '騒'), V('驅', '駆'), V('驒', '騨'),
    V('驗', '験'), V('驛', '駅'), V('髓', '髄'), V('體', '体'), V('髙', '高'),
    V('鬂', '鬢'), V('鬪', '闘'), V('鬭', '闘'), V('鬰', '鬱'), V('鳬', '鳧'),
    V('鴬', '鶯'), V('鷄', '鶏'), V('鷗', '鴎'), V('鹼', '鹸'), V('鹽', '塩'),
    V('麥', '麦'), V('麴', '麹'), V('麵', '麺'), V('黃', '黄'), V('黑', '黒'),
    V('默', '黙'), V('點', '点'), V('黨', '党'), V('齊', '斉'), V('齋', '斎'),
    V('齒', '歯'), V('齡', '齢'), V('龍', '竜'), V('龜', '亀'),
};
/* clang-format on */
#undef R
#undef V

/* U+FF61 to U+FF9D. */
static const uint32_t half_width[] =
    U"。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテト"
    U"ナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン";
enum { HALF_WIDTH_FIRST = 0xFF61, HALF_WIDTH_LAST = 0xFF9D };
static_assert(sizeof(half_width) / sizeof(half_width[0]) - 1 ==
                  HALF_WIDTH_LAST - HALF_WIDTH_FIRST + 1,
              "one for each half-width character");

/* N11, by hiragana; 0: as it is. ゔ is looked at together with what follows it. */
#define F(from, to) [U##from - HIRAGANA_FIRST] = U##to
static const uint16_t kana_folded[HIRAGANA_LAST - HIRAGANA_FIRST + 1] = {
    F('ぁ', 'あ'), F('ぃ', 'い'), F('ぅ', 'う'), F('ぇ', 'え'), F('ぉ', 'お'),
    F('ぢ', 'じ'), F('づ', 'ず'), F('ゎ', 'わ'), F('ゐ', 'い'), F('ゑ', 'え'),
    F('ゔ', 'ぶ'), F('ゕ', 'か'), F('ゖ', 'け'),
};
#undef F

/* N6 for ASCII after folding, sixteen a row. */
enum {
    LE = TEXT_LETTER,
    DI = TEXT_DIGIT,
    SO = WORK_SOFT,
    HA = WORK_HARD,
    HY = WORK_HYPHEN,
    TI = WORK_TILDE
};
/* clang-format off */
static const uint8_t ascii_class[128] = {
    SO, SO, SO, SO, SO, SO, SO, SO, SO, SO, HA, HA, HA, HA, SO, SO, /* \n \v \f \r */
    SO, SO, SO, SO, SO, SO, SO, SO, SO, SO, SO, SO, SO, SO, SO, SO,
    SO, HA, SO, SO, HA, SO, SO, SO, SO, SO, SO, SO, HA, HY, HA, SO, /* space ! to / */
    DI, DI, DI, DI, DI, DI, DI, DI, DI, DI, HA, HA, HA, SO, HA, HA, /* 0 to 9 : ; < = > ? */
    SO, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, SO, SO, SO, HA, SO, /* P to Z [ \ ] ^ _ */
    HA, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE,
    LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, LE, SO, HA, SO, TI, SO, /* p to z { | } ~ */
};
/* clang-format on */

/* ---- N1-N4: bytes to light ------------------------------------------------------------------- */

/* N1: nothing to see and nothing that parts. */
static bool is_deleted(uint32_t cp)
{
    return cp == 0xAD || cp == 0x034F || cp == 0x061C || cp == 0x115F || cp == 0x1160 ||
           cp == 0x17B4 || cp == 0x17B5 || (cp >= 0x180B && cp <= 0x180F) ||
           (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) ||
           (cp >= 0x2060 && cp <= 0x206F) || cp == 0x3164 || (cp >= 0xFE00 && cp <= 0xFE0F) ||
           cp == 0xFEFF || cp == 0xFFA0 || (cp >= 0xE0000 && cp <= 0xE0FFF);
}

/* N2: what NFKC would turn into a space and a mark. */
static uint32_t before_nfkc(uint32_t cp)
{
    switch (cp) {
    case 0x309B:
        return 0x3099;
    case 0x309C:
        return 0x309A;
    case 0x02DC: /* the small tilde, for N8 */
        return '~';
    default:
        return cp;
    }
}

/* N4 */
static uint32_t kanji_of_today(uint32_t cp)
{
    if (cp >= KANJI_FIRST && cp <= KANJI_LAST) {
        uint32_t now = kanji_info[cp - KANJI_FIRST];
        return now >= RULES_END ? now : cp;
    }
    switch (cp) { /* beyond the table, and NFKC leaves them */
    case 0xFA11:
        return U'崎';
    case 0x20BB7:
        return U'吉';
    case 0x2123D:
    case 0x2131B:
        return U'土';
    default:
        return cp;
    }
}

static void push_light(struct text *t, uint32_t cp, size_t begin, size_t end)
{
    if (t->nlight < TEXT_LIGHT_MAX)
        t->light[t->nlight++] =
            (struct text_light){.cp = cp, .begin = (uint16_t)begin, .end = (uint16_t)end};
}

static uint32_t ascii_folded(uint32_t cp)
{
    return cp >= 'A' && cp <= 'Z' ? cp + ('a' - 'A') : cp;
}

/* N3 and N4 at once for what takes one character to one character; 0: not one of these. A mark
 * behind it is seen when it comes. */
static uint32_t stable(uint32_t cp)
{
    if (cp >= KANJI_FIRST && cp <= KANJI_LAST)
        return kanji_of_today(cp);
    if ((cp >= HIRAGANA_FIRST && cp <= HIRAGANA_LAST) || (cp >= KATAKANA_FIRST && cp <= 0x30FE))
        return cp;
    if (cp >= 0x3000 && cp <= 0x3020)
        return cp == 0x3000 ? ' ' : cp;
    if (cp >= 0xFF01 && cp <= 0xFF5E)
        return ascii_folded(cp - 0xFF01 + '!');
    if (cp >= HALF_WIDTH_FIRST && cp <= HALF_WIDTH_LAST)
        return half_width[cp - HALF_WIDTH_FIRST];
    return 0;
}

static unsigned combining_class(uint32_t cp)
{
    return (unsigned)utf8proc_get_property((utf8proc_int32_t)cp)->combining_class;
}

/* How one character decomposes, all the way; at least 1. */
static size_t decompose(uint32_t cp, unsigned how, utf8proc_int32_t out[FOLDED_MAX])
{
    utf8proc_ssize_t n = utf8proc_decompose_char(
        (utf8proc_int32_t)cp, out, FOLDED_MAX,
        (utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | how), NULL);
    if (n >= 1 && n <= FOLDED_MAX)
        return (size_t)n;
    out[0] = (utf8proc_int32_t)cp;
    return 1;
}

/* Might a decomposed character compose with one before it, or change places with it? All that do
 * are marks, or vowels and finals of Hangul. */
static bool joins(utf8proc_int32_t cp)
{
    if ((cp >= 0x1160 && cp <= 0x11FF) || (cp >= 0xD7B0 && cp <= 0xD7FF))
        return true;
    utf8proc_category_t c = utf8proc_category(cp);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME ||
           combining_class((uint32_t)cp) != 0;
}

/* Marks in a row, by class, each class in its own order. Counted, not compared: five hundred marks
 * on one letter are no reason to take long. */
static void order_run(struct text_light *c, size_t n)
{
    struct text_light sorted[CLUSTER_MAX];
    uint16_t starts[256] = {0};

    if (n < 2)
        return;
    for (size_t i = 0; i < n; i++)
        starts[combining_class(c[i].cp)]++;
    for (size_t k = 0, sum = 0; k < 256; k++) {
        size_t count = starts[k];
        starts[k] = (uint16_t)sum;
        sum += count;
    }
    for (size_t i = 0; i < n; i++)
        sorted[starts[combining_class(c[i].cp)]++] = c[i];
    memcpy(c, sorted, n * sizeof(*c));
}

static void order(struct text_light *c, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t from = i;
        while (i < n && combining_class(c[i].cp) != 0)
            i++;
        order_run(c + from, i - from);
        i += i == from;
    }
}

static void widen(struct text_light *c, const struct text_light *by)
{
    if (by->begin < c->begin)
        c->begin = by->begin;
    if (by->end > c->end)
        c->end = by->end;
}

/* Composes what is ordered; returns how many are left. */
static size_t compose(struct text_light *c, size_t n)
{
    size_t kept = 0, starter = n; /* n: none yet */
    int last = -1;                /* class of what stands between; -1: nothing does */

    for (size_t i = 0; i < n; i++) {
        int class = (int)combining_class(c[i].cp);
        if (starter<n &&class> last) {
            utf8proc_int32_t pair[2] = {(utf8proc_int32_t)c[starter].cp, (utf8proc_int32_t)c[i].cp};
            if (utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE) == 1) {
                c[starter].cp = (uint32_t)pair[0];
                widen(&c[starter], &c[i]);
                continue;
            }
        }
        if (class == 0) {
            starter = kept;
            last = -1;
        } else {
            last = class;
        }
        c[kept++] = c[i];
    }
    return kept;
}

/* Marks that changed places no longer lie in the order of their bytes: they then all name the whole
 * cluster. */
static void keep_ranges_ordered(struct text_light *c, size_t n)
{
    bool ordered = true;
    struct text_light all = c[0];

    for (size_t i = 1; i < n; i++) {
        ordered = ordered && c[i].begin >= c[i - 1].begin && c[i].end >= c[i - 1].end;
        widen(&all, &c[i]);
    }
    for (size_t i = 0; i < n && !ordered; i++) {
        c[i].begin = all.begin;
        c[i].end = all.end;
    }
}

/* Reads one character and all that joins it from byte `at` on; returns the byte behind it. */
static size_t cluster(struct text *t, size_t at)
{
    struct text_light c[CLUSTER_MAX], folded[CLUSTER_MAX];
    utf8proc_int32_t out[FOLDED_MAX];
    struct span s = t->source;
    size_t n = 0, nfolded = 0;

    while (at < s.len) {
        uint32_t cp;
        bool valid;
        size_t took = utf8_decode(s.ptr + at, s.len - at, &cp, &valid);
        if (is_deleted(cp)) {
            if (n > 0)
                c[n - 1].end = (uint16_t)(at + took);
            at += took;
            continue;
        }
        size_t m = decompose(before_nfkc(cp), 0, out);
        if (n > 0 && !joins(out[0]))
            break;
        for (size_t k = 0; k < m && n < CLUSTER_MAX; k++)
            c[n++] = (struct text_light){
                .cp = (uint32_t)out[k], .begin = (uint16_t)at, .end = (uint16_t)(at + took)};
        at += took;
    }
    /* Folded only when composed: U+0345 alone becomes a letter and would hold marks back. */
    order(c, n);
    n = compose(c, n);
    for (size_t i = 0; i < n; i++) {
        size_t m = decompose(c[i].cp, UTF8PROC_CASEFOLD, out);
        for (size_t k = 0; k < m && nfolded < CLUSTER_MAX; k++) {
            folded[nfolded] = c[i];
            folded[nfolded++].cp = (uint32_t)out[k];
        }
    }
    order(folded, nfolded);
    nfolded = compose(folded, nfolded);
    if (nfolded > 0)
        keep_ranges_ordered(folded, nfolded);
    for (size_t i = 0; i < nfolded; i++)
        push_light(t, kanji_of_today(folded[i].cp), folded[i].begin, folded[i].end);
    return at;
}

/* A character that is not in the table of stable ones. */
static size_t unstable(struct text *t, size_t at)
{
    utf8proc_int32_t out[FOLDED_MAX];
    uint32_t cp;
    bool valid;
    size_t took = utf8_decode(t->source.ptr + at, t->source.len - at, &cp, &valid);

    if (is_deleted(cp)) {
        if (t->nlight > 0)
            t->light[t->nlight - 1].end = (uint16_t)(at + took);
        return at + took;
    }
    /* What a cluster made is never taken back: it had all that joins it. */
    decompose(before_nfkc(cp), 0, out);
    if (t->nlight > 0 && joins(out[0]))
        at = t->light[--t->nlight].begin;
    return cluster(t, at);
}

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

static void make_light(struct text *t)
{
    const unsigned char *s = (const unsigned char *)t->source.ptr;
    size_t len = t->source.len, i = 0;

    while (i < len && t->nlight < TEXT_LIGHT_MAX) {
        unsigned char c = s[i];
        if (c < 0x80) {
            push_light(t, ascii_folded(c), i, i + 1);
            i++;
            continue;
        }
        if (((c >= 0xE3 && c <= 0xE9) || c == 0xEF) && len - i >= 3 && is_tail(s[i + 1]) &&
            is_tail(s[i + 2])) {
            uint32_t cp =
                (uint32_t)(c & 0x0F) << 12 | (uint32_t)(s[i + 1] & 0x3F) << 6 | (s[i + 2] & 0x3Fu);
            uint32_t now = stable(cp);
            if (now != 0) {
                push_light(t, now, i, i + 3);
                i += 3;
                continue;
            }
        }
        i = unstable(t, i);
    }
}

/* ---- N5, and the light form as bytes --------------------------------------------------------- */

static bool is_digit(const struct text *t, size_t i)
{
    return i < t->nlight && t->light[i].cp >= '0' && t->light[i].cp <= '9';
}

static void drop_commas(struct text *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->nlight; i++) {
        bool dropped = t->light[i].cp == ',' && n > 0 && t->light[n - 1].cp >= '0' &&
                       t->light[n - 1].cp <= '9' && is_digit(t, i + 1) && is_digit(t, i + 2) &&
                       is_digit(t, i + 3) && !is_digit(t, i + 4);
        if (!dropped)
            t->light[n++] = t->light[i];
    }
    t->nlight = n;
}

static void print_light(struct text *t)
{
    char *out = t->light_utf8;
    for (size_t i = 0; i < t->nlight; i++) {
        uint32_t cp = t->light[i].cp;
        if (cp < 0x80) {
            *out++ = (char)cp;
        } else {
            out += utf8_encode(cp, out);
        }
    }
    *out = '\0';
    t->light_utf8_len = (size_t)(out - t->light_utf8);
}

/* ---- N6: what each character is -------------------------------------------------------------- */

static uint8_t class_by_category(uint32_t cp)
{
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return TEXT_LETTER;
    case UTF8PROC_CATEGORY_ND:
        return TEXT_DIGIT;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return WORK_MARK;
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_SC:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return WORK_HARD;
    default: /* punctuation, spaces, controls */
        return WORK_SOFT;
    }
}

/* Characters outside kana, kanji and ASCII, and those that category alone puts wrong. */
static uint8_t class_of_rare(uint32_t cp)
{
    switch (cp) {
    case 0x85: /* next line */
    case 0xA1:
    case 0xBF:
    case U'、':
    case U'。':
        return WORK_HARD;
    case 0x2022: /* dots like ・ that Unicode calls something else */
    case 0x2027:
    case 0x2044: /* the slash that NFKC puts into ½ */
    case 0x2215:
    case 0x2219:
    case 0x22C5:
        return WORK_SOFT;
    case LONG_MARK:
    case 0x2014:
    case 0x2015:
    case 0x2500:
    case 0x2501:
        return WORK_LONG;
    case 0x2010:
    case 0x2011:
    case 0x2012:
    case 0x2013:
    case 0x2212:
    case 0x2043:
    case 0x02D7:
    case 0x058A:
        return WORK_HYPHEN;
    case 0x301C:
    case 0x223C:
    case 0x223E:
    case 0x3030:
        return WORK_TILDE;
    case U'々':
    case U'〻':
    case U'〆':
    case U'〇':
        return TEXT_KANJI;
    case U'ゝ':
    case U'ゞ':
        return TEXT_HIRAGANA;
    case U'ヽ':
    case U'ヾ':
        return TEXT_KATAKANA;
    default:
        break;
    }
    if ((cp >= 0x3400 && cp <= 0x4DBF) || (cp >= 0x20000 && cp <= 0x3FFFF) ||
        (cp >= 0xF900 && cp <= 0xFAFF))
        return TEXT_KANJI;
    if (cp >= 0x31F0 && cp <= 0x31FF)
        return TEXT_KATAKANA;
    return class_by_category(cp);
}

static uint8_t classify(uint32_t cp, unsigned *rules)
{
    if (cp >= KANJI_FIRST && cp <= KANJI_LAST) {
        *rules |= kanji_info[cp - KANJI_FIRST] & (RULES_END - 1u);
        return TEXT_KANJI;
    }
    if (cp >= HIRAGANA_FIRST && cp <= HIRAGANA_LAST)
        return TEXT_HIRAGANA;
    if (cp >= KATAKANA_FIRST && cp <= KATAKANA_LAST)
        return TEXT_KATAKANA;
    uint8_t class = cp < 0x80 ? ascii_class[cp] : class_of_rare(cp);
    if (class == WORK_LONG || class == WORK_HYPHEN || class == WORK_TILDE)
        *rules |= RULE_LENGTH;
    else if (class == TEXT_DIGIT || cp == U'〇')
        *rules |= RULE_NUMERAL;
    else if (class <= TEXT_KANJI && cp < 0x3100)
        *rules |= RULE_REPEAT;
    return class;
}

static void push_sign(struct text *t, uint32_t cp, uint8_t class, const struct text_sign *from)
{
    if (t->nsigns < TEXT_SIGNS_MAX)
        t->signs[t->nsigns++] =
            (struct text_sign){.cp = cp, .class = class, .begin = from->begin, .end = from->end};
}

/* One sign for each light character, breaks among them. Returns the rules that the text needs. */
static unsigned make_signs(struct text *t)
{
    unsigned rules = 0;

    for (size_t i = 0; i < t->nlight && t->nsigns < TEXT_SIGNS_MAX; i++) {
        const struct text_light *l = &t->light[i];
        uint8_t class = classify(l->cp, &rules);
        struct text_sign *prev = t->nsigns > 0 ? &t->signs[t->nsigns - 1] : NULL;
        if (class == WORK_MARK) {
            /* A mark is part of a word of letters; elsewhere it says nothing: あ゛, か゚, 1⃣. */
            if (prev == NULL || prev->class != TEXT_LETTER) {
                if (prev != NULL)
                    prev->end = l->end;
                continue;
            }
            class = TEXT_LETTER;
        }
        t->signs[t->nsigns++] =
            (struct text_sign){.cp = l->cp, .class = class, .begin = l->begin, .end = l->end};
    }
    return rules;
}

/* ---- N7-N10: what only neighbours can tell --------------------------------------------------- */

static bool is_kana(const struct text_sign *s)
{
    return s->class == TEXT_KATAKANA || s->class == TEXT_HIRAGANA;
}

/* Katakana, the long mark included, which has no class of its own yet. */
static bool is_katakana(const struct text_sign *s)
{
    return s->class == TEXT_KATAKANA || s->cp == LONG_MARK;
}

static uint32_t cp_at(const struct text *t, size_t i)
{
    return i < t->nsigns ? t->signs[i].cp : 0;
}

/* ヶ and its kin in 三ヶ月: always か when counting. */
static bool counts_places(const struct text *t, size_t i)
{
    switch (cp_at(t, i)) {
    case U'ヶ':
    case U'ケ':
    case U'ヵ':
    case U'カ':
    case U'か':
    case U'箇': {
        uint32_t next = cp_at(t, i + 1);
        return next == U'月' || next == U'所' || next == U'国';
    }
    default:
        return false;
    }
}

static uint32_t katakana_of_lookalike(uint32_t cp)
{
    switch (cp) {
    case U'力':
        return U'カ';
    case U'二':
        return U'ニ';
    case U'口':
        return U'ロ';
    case U'工':
        return U'エ';
    case U'夕':
        return U'タ';
    case U'卜':
        return U'ト';
    case U'八':
        return U'ハ';
    case U'一':
        return LONG_MARK;
    default:
        return 0;
    }
}

/* N7, a run of look-alikes at a time. Not in プラン二ヶ月, プラン一覧 and サービス口コミ. */
static void read_lookalikes(struct text *t)
{
    struct text_sign *s = t->signs;

    for (size_t i = 1; i < t->nsigns; i++) {
        if (!is_katakana(&s[i - 1]) || katakana_of_lookalike(s[i].cp) == 0)
            continue;
        size_t end = i;
        bool only_long = true;
        for (; end < t->nsigns && katakana_of_lookalike(s[end].cp) != 0; end++)
            only_long = only_long && s[end].cp == U'一';
        bool folds;
        if (end == t->nsigns || s[end].class > TEXT_SENTINEL)
            folds = only_long || (end < t->nsigns && s[end].cp == LONG_MARK);
        else if (s[end].class == TEXT_HIRAGANA)
            folds = only_long && s[end].cp != U'つ' && !counts_places(t, end);
        else
            folds = s[end].class == TEXT_KATAKANA && !counts_places(t, end) &&
                    !(s[end - 1].cp == U'口' && s[end].cp == U'コ' && cp_at(t, end + 1) == U'ミ');
        for (; i < end && folds; i++) {
            s[i].cp = katakana_of_lookalike(s[i].cp);
            s[i].class = TEXT_KATAKANA;
        }
        i = end;
    }
}

/* N8 */
static void read_lengths(struct text *t)
{
    struct text_sign *s = t->signs;

    for (size_t i = 0; i < t->nsigns;) {
        size_t end = i + 1;
        if (s[i].class != WORK_LONG && s[i].class != WORK_HYPHEN && s[i].class != WORK_TILDE) {
            i = end;
            continue;
        }
        bool lengthens = i > 0 && is_kana(&s[i - 1]);
        if (s[i].class == WORK_HYPHEN) { /* ハブ--2台 as ハブ-2台 */
            while (end < t->nsigns && s[end].class == WORK_HYPHEN)
                end++;
            if (end < t->nsigns && (s[end].class == TEXT_LETTER || s[end].class == TEXT_DIGIT))
                lengthens = false;
        }
        for (; i < end; i++) {
            if (lengthens) {
                s[i].cp = LONG_MARK;
                s[i].class = TEXT_KATAKANA;
            } else {
                s[i].class = s[i].class == WORK_TILDE ? WORK_HARD : WORK_SOFT;
            }
        }
    }
}

static bool is_voiceable(uint32_t hiragana)
{
    return (hiragana >= U'か' && hiragana <= U'ぢ' && hiragana % 2 == 1) || hiragana == U'つ' ||
           hiragana == U'て' || hiragana == U'と' ||
           (hiragana >= U'は' && hiragana <= U'ぽ' && hiragana % 3 == U'は' % 3);
}

/* N9. ゞ voices what it repeats: いすゞ is いすず. */
static void read_repeats(struct text *t)
{
    for (size_t i = 1; i < t->nsigns; i++) {
        struct text_sign *s = &t->signs[i];
        const struct text_sign *prev = s - 1;
        switch (s->cp) {
        case U'々':
        case U'〻':
            if (prev->class == TEXT_KANJI)
                s->cp = prev->cp;
            break;
        case U'ゞ':
        case U'ヾ':
        case U'ゝ':
        case U'ヽ':
            if (is_kana(prev) && prev->cp != LONG_MARK) {
                bool voiced = s->cp == U'ゞ' || s->cp == U'ヾ';
                uint32_t hiragana = prev->class == TEXT_KATAKANA ? prev->cp - KANA_APART : prev->cp;
                s->cp = prev->cp + (voiced && is_voiceable(hiragana));
                s->class = prev->class;
            }
            break;
        default:
            break;
        }
    }
}

/* 0 to 9, or the power of ten that it stands for; -1: no numeral. */
static int64_t numeral(uint32_t cp)
{
    switch (cp) {
    case U'〇':
    case U'零':
        return 0;
    case U'一':
        return 1;
    case U'二':
        return 2;
    case U'三':
        return 3;
    case U'四':
        return 4;
    case U'五':
        return 5;
    case U'六':
        return 6;
    case U'七':
        return 7;
    case U'八':
        return 8;
    case U'九':
        return 9;
    case U'十':
        return 10;
    case U'百':
        return 100;
    case U'千':
        return 1000;
    case U'万':
        return 10000;
    case U'億':
        return 100000000;
    default:
        return -1;
    }
}

/* 二十四 is 24, 二〇二五 is 2025; returns how many digits, 0 for what is no number (二三十, 億). */
static size_t read_number(const struct text_sign *s, size_t n, char digits[NUMBER_MAX])
{
    bool powers = false;
    if (n > NUMBER_MAX)
        return 0;
    for (size_t i = 0; i < n; i++) {
        int64_t v = numeral(s[i].cp);
        powers = powers || v >= 10;
        digits[i] = (char)('0' + v % 10);
    }
    if (!powers)
        return n;

    int64_t total = 0, myriad = 0, digit = -1;
    int64_t power_below = 10000, myriad_below = INT64_MAX;
    for (size_t i = 0; i < n; i++) {
        int64_t v = numeral(s[i].cp);
        if (v < 10) {
            if (digit >= 0)
                return 0;
            digit = v;
        } else if (v < 10000) {
            if (v >= power_below || digit == 0)
                return 0;
            myriad += (digit < 0 ? 1 : digit) * v;
            power_below = v;
            digit = -1;
        } else {
            myriad += digit < 0 ? 0 : digit;
            if (v >= myriad_below || myriad == 0)
                return 0;
            total += myriad * v;
            myriad_below = v;
            myriad = 0;
            power_below = 10000;
            digit = -1;
        }
    }
    total += myriad + (digit < 0 ? 0 : digit);
    size_t len = 0;
    for (int64_t rest = total; len == 0 || rest > 0; rest /= 10)
        len++;
    for (size_t i = len; i > 0; i--, total /= 10)
        digits[i - 1] = (char)('0' + total % 10);
    return len;
}

/* Does a counter begin at `i`? Its first characters tell: 時 is 時間 as well. */
static bool is_counter(const struct text *t, size_t i)
{
    switch (cp_at(t, i)) {
    case U'台':
    case U'本':
    case U'件':
    case U'円':
    case U'年':
    case U'月':
    case U'日':
    case U'時':
    case U'分':
    case U'秒':
    case U'回':
    case U'人':
    case U'名':
    case U'社':
    case U'号':
    case U'個':
    case U'枚':
    case U'階':
    case U'割':
    case U'週':
    case U'番':
    case U'歳':
    case U'倍':
        return true;
    case U'拠':
        return cp_at(t, i + 1) == U'点';
    case U'施':
        return cp_at(t, i + 1) == U'設';
    case U'種':
        return cp_at(t, i + 1) == U'類';
    default:
        return counts_places(t, i);
    }
}

/* Words that only look like a numeral and a counter: 十分な, 一番, 一時停止, 一人ひとり. `i` is
 * behind the numeral `only`. */
static bool is_no_count(const struct text *t, uint32_t only, size_t i)
{
    uint32_t counter = cp_at(t, i), next = cp_at(t, i + 1), after = cp_at(t, i + 2);

    if (only == U'十')
        return counter == U'分' && (next == U'な' || next == U'に' || next == U'で');
    if (only != U'一')
        return false;
    switch (counter) {
    case U'番':
        return true;
    case U'時':
        return next == U'的' || (next == U'停' && after == U'止') ||
               (next == U'支' && after == U'払');
    case U'人':
        return (next == U'ひ' && after == U'と' && cp_at(t, i + 3) == U'り') ||
               (next == U'一' && after == U'人');
    default:
        return false;
    }
}

/* Kanji that a number may follow. */
static bool may_precede_number(const struct text_sign *s)
{
    switch (s->cp) {
    case U'第':
    case U'約':
    case U'計':
    case U'全':
    case U'各':
        return true;
    default:
        return s->class != TEXT_KANJI && s->class != TEXT_DIGIT;
    }
}

static bool is_honorific(const struct text *t, size_t i)
{
    if (cp_at(t, i) != U'様' || i == 0)
        return false;
    if (i + 1 < t->nsigns && t->signs[i + 1].class == TEXT_KANJI)
        return false;
    switch (t->signs[i - 1].cp) {
    case U'客':
    case U'者':
    case U'皆':
    case U'先':
    case U'方':
    case U'社':
        return true;
    default:
        return false;
    }
}

/* N10. Reads a copy, for it may make more of it than there was. */
static void read_counts(struct text *t)
{
    struct text from;
    char digits[NUMBER_MAX];

    from.nsigns = t->nsigns;
    memcpy(from.signs, t->signs, t->nsigns * sizeof(t->signs[0]));
    t->nsigns = 0;
    for (size_t i = 0; i < from.nsigns;) {
        const struct text_sign *s = &from.signs[i];
        size_t end = i;
        while (end < from.nsigns && numeral(from.signs[end].cp) >= 0)
            end++;
        if (end > i) {
            size_t n = 0;
            if ((i == 0 || may_precede_number(s - 1)) && is_counter(&from, end) &&
                !is_no_count(&from, end - i == 1 ? s->cp : 0, end))
                n = read_number(s, end - i, digits);
            struct text_sign whole = {.begin = s->begin, .end = from.signs[end - 1].end};
            for (size_t k = 0; k < n; k++)
                push_sign(t, (uint32_t)digits[k], TEXT_DIGIT, &whole);
            for (; n == 0 && i < end; i++)
                push_sign(t, from.signs[i].cp, from.signs[i].class, &from.signs[i]);
            i = end;
        } else if (counts_places(&from, i) && t->nsigns > 0 &&
                   t->signs[t->nsigns - 1].class == TEXT_DIGIT) {
            push_sign(t, U'か', TEXT_HIRAGANA, s);
            i++;
        } else if (is_honorific(&from, i)) {
            push_sign(t, U'さ', TEXT_HIRAGANA, s);
            push_sign(t, U'ま', TEXT_HIRAGANA, s);
            i++;
        } else {
            push_sign(t, s->cp, s->class, s);
            i++;
        }
    }
}

/* ---- N11-N14: kana folded, breaks out -------------------------------------------------------- */

struct folder {
    struct text *t;
    size_t n;   /* signs written; never more than were read */
    size_t run; /* where the run of one kana script begins; `n` while there is none */
    uint8_t script;
    unsigned same; /* how often the last kana of the run stands there */
    uint8_t brk;   /* enum text_break since the last sign, and its bytes */
    uint16_t brk_begin, brk_end;
};

/* The last ー of a run of four or more says nothing: ルーター is ルータ, コピー stays. */
static void end_run(struct folder *f)
{
    struct text_sign *s = f->t->signs;
    if (f->n >= f->run + 4 && s[f->n - 1].cp == LONG_MARK) {
        f->n--;
        s[f->n - 1].end = s[f->n].end;
    }
    f->run = f->n;
    f->same = 0;
}

static void note_break(struct folder *f, const struct text_sign *s)
{
    uint8_t brk = s->class == WORK_HARD ? TEXT_BREAK_HARD : TEXT_BREAK_SOFT;
    end_run(f);
    if (f->brk == TEXT_BREAK_NONE)
        f->brk_begin = s->begin;
    f->brk_end = s->end;
    if (brk > f->brk)
        f->brk = brk;
}

static void add_sign(struct folder *f, struct text_sign s)
{
    struct text_sign *out = f->t->signs;

    if (f->brk == TEXT_BREAK_HARD && f->n > 0) {
        out[f->n++] = (struct text_sign){.cp = TEXT_HARD,
                                         .class = TEXT_SENTINEL,
                                         .break_before = TEXT_BREAK_HARD,
                                         .begin = f->brk_begin,
                                         .end = f->brk_end};
    }
    s.break_before = f->n == 0 ? TEXT_BREAK_HARD : f->brk;
    out[f->n++] = s;
    f->brk = TEXT_BREAK_NONE;
}

/* N11 and N14 for the kana at `i`; returns how many signs it took. */
static size_t fold_kana(const struct text *t, size_t i, struct text_sign *ret)
{
    static const uint32_t followers[] = U"ァィェォ", voiced[] = U"ばびべぼ";

    *ret = t->signs[i];
    if (ret->class == TEXT_KATAKANA && ret->cp >= U'ヷ' && ret->cp <= U'ヺ') {
        ret->cp = voiced[ret->cp - U'ヷ'];
        return 1;
    }
    if (ret->class == TEXT_KATAKANA && ret->cp <= U'ヶ')
        ret->cp -= KANA_APART;
    if (ret->cp < HIRAGANA_FIRST || ret->cp > HIRAGANA_LAST)
        return 1;
    if (ret->cp == U'ゔ' && i + 1 < t->nsigns && is_kana(&t->signs[i + 1])) {
        const struct text_sign *next = &t->signs[i + 1];
        for (size_t k = 0; k < 4; k++) {
            if (next->cp == followers[k] || next->cp == followers[k] - KANA_APART) {
                ret->cp = voiced[k];
                ret->end = next->end;
                return 2;
            }
        }
    }
    uint32_t folded = kana_folded[ret->cp - HIRAGANA_FIRST];
    if (folded != 0)
        ret->cp = folded;
    return 1;
}

/* N12 */
static void add_kana(struct folder *f, struct text_sign s)
{
    struct text_sign *out = f->t->signs;
    bool is_long = s.cp == LONG_MARK; /* of either script */

    if (f->run == f->n || (!is_long && s.class != f->script)) {
        end_run(f);
        add_sign(f, s);
        f->run = f->n - 1;
        f->script = s.class;
        f->same = 1;
        return;
    }
    if (out[f->n - 1].cp != s.cp) {
        add_sign(f, s);
        f->same = 1;
        return;
    }
    f->same++;
    if (f->same == 2 && !is_long) {
        add_sign(f, s);
        return;
    }
    if (f->same == 3 && !is_long)
        f->n--;
    out[f->n - 1].end = s.end;
}

static void fold_signs(struct text *t)
{
    struct folder f = {.t = t};

    for (size_t i = 0; i < t->nsigns;) {
        const struct text_sign *s = &t->signs[i];
        if (is_kana(s)) {
            struct text_sign folded;
            i += fold_kana(t, i, &folded);
            add_kana(&f, folded);
            continue;
        }
        if (s->class > TEXT_SENTINEL) {
            note_break(&f, s);
        } else {
            end_run(&f);
            add_sign(&f, *s);
            f.run = f.n;
        }
        i++;
    }
    end_run(&f);
    t->nsigns = f.n;
    t->break_at_end = f.brk != TEXT_BREAK_NONE;
}

/* ---- all of it ------------------------------------------------------------------------------- */

void text_make(struct text *t, struct span source)
{
    /* So few bytes cannot hold more characters: spares counting them. */
    t->source = source.len <= TEXT_LOOKED_AT_MAX ? source : utf8_head(source, TEXT_LOOKED_AT_MAX);
    t->nlight = 0;
    t->nsigns = 0;
    make_light(t);
    drop_commas(t);
    print_light(t);
    unsigned rules = make_signs(t);
    if (rules & RULE_LOOKALIKE)
        read_lookalikes(t);
    if (rules & RULE_LENGTH)
        read_lengths(t);
    if (rules & RULE_REPEAT)
        read_repeats(t);
    if (rules & (RULE_NUMERAL | RULE_HONORIFIC))
        read_counts(t);
    fold_signs(t);
}

bool text_empty(const struct text *t)
{
    return t->nsigns == 0;
}

static void print_signs(const struct text_sign *s, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        buf_addcp(out, s[i].cp == TEXT_HARD ? ' ' : s[i].cp);
}

void text_print(const struct text *t, struct buf *out)
{
    print_signs(t->signs, t->nsigns, out);
}

size_t text_source_cp(const struct text *t, size_t byte)
{
    return utf8_count(span_of(t->source.ptr, byte < t->source.len ? byte : t->source.len));
}

/* ---- core: which questions are one ----------------------------------------------------------- */

/* In folded writing, which for all of these is how they are spelt. What the rules list as one
 * phrase with endings (って何ですか) falls apart into those below, the last part first. */
static const uint32_t *const openings[] = {
    U"お世話になります", U"こんにちは", U"すみません", U"すいません", U"質問です", U"あの", NULL,
};
static const uint32_t *const endings[] = {
    U"教えていただけますか",
    U"おしえていただけますか",
    U"教えてもらえますか",
    U"おしえてもらえますか",
    U"教えてほしい",
    U"おしえてほしい",
    U"おねがいします",
    U"でしょうか",
    U"お願いします",
    U"のですが",
    U"ください",
    U"おしえて",
    U"に関して",
    U"について",
    U"知りたい",
    U"下さい",
    U"教えて",
    U"のこと",
    U"ですか",
    U"ますか",
    U"です",
    U"ます",
    U"なに",
    U"なん",
    U"とは",
    U"って",
    U"何",
    U"は",
    U"が",
    U"を",
    U"か",
    U"の",
    U"よ",
    U"ね",
    U"な",
    NULL,
};
enum { CORE_SIGNS_MIN = 2, SHORT_RUN = 2 };

static size_t phrase_len(const uint32_t *phrase)
{
    size_t n = 0;
    while (phrase[n] != 0)
        n++;
    return n;
}

/* Katakana is never a phrase: the か of モニカ. */
static bool phrase_at(const struct text_sign *s, const uint32_t *phrase, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i].cp != phrase[i] || s[i].class == TEXT_KATAKANA)
            return false;
    }
    return true;
}

/* Length of the first of `phrases` (longest first) that stands at an end of s[0..n) and leaves
 * enough; 0 if none does. */
static size_t phrase_of(const struct text_sign *s, size_t n, const uint32_t *const phrases[],
                        bool at_end)
{
    for (; *phrases != NULL; phrases++) {
        size_t len = phrase_len(*phrases);
        if (n >= CORE_SIGNS_MIN && len <= n - CORE_SIGNS_MIN &&
            phrase_at(at_end ? s + n - len : s, *phrases, len))
            return len;
    }
    return 0;
}

/* ー behind hiragana is of its word: らーめん. */
static size_t hiragana_run_end(const struct text_sign *s, size_t from, size_t n)
{
    size_t i = from;
    while (i < n && (s[i].class == TEXT_HIRAGANA || (i > from && s[i].cp == LONG_MARK)))
        i++;
    return i;
}

void text_core(const struct text *t, struct buf *out)
{
    struct text_sign signs[TEXT_SIGNS_MAX], *s = signs;
    size_t n = 0, len;

    for (size_t i = 0; i < t->nsigns; i++) { /* a comma more or less makes no other question */
        if (t->signs[i].cp != TEXT_HARD)
            s[n++] = t->signs[i];
    }
    while ((len = phrase_of(s, n, openings, false)) != 0) {
        while (len + CORE_SIGNS_MIN < n && s[len].cp == LONG_MARK) /* あのー */
            len++;
        assert(len < n);
        s += len;
        n -= len;
    }
    for (;;) {
        size_t tail = n;
        while (tail > CORE_SIGNS_MIN && s[tail - 1].cp == LONG_MARK &&
               s[tail - 2].class == TEXT_HIRAGANA) /* 教えてー */
            tail--;
        len = phrase_of(s, tail, endings, true);
        if (len == 0)
            break;
        assert(len < tail);
        n = tail - len;
    }
    bool all_hiragana = hiragana_run_end(s, 0, n) == n;
    for (size_t i = 0; i < n;) {
        size_t end = hiragana_run_end(s, i, n);
        bool dropped = end > i && end - i <= SHORT_RUN && !all_hiragana;
        end += end == i; /* no hiragana: one sign */
        if (!dropped)
            print_signs(s + i, end - i, out);
        i = end;
    }
}
