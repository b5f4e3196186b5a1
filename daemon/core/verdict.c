/*
 * Sentences are built from the content's labels, so they must not need to know what the identifier
 * is: in English no article stands before a label, and no sentence begins with one.
 */
#include "core/verdict.h"

enum { WRONG = VERDICT_DIGITS | VERDICT_LETTERS };
enum { WRITTEN = VERDICT_WIDE | VERDICT_LOWER | VERDICT_SEPARATORS };

/* ---- judging --------------------------------------------------------------------------------- */

/* Is there a value of the slot with which the kind is not valid? */
static bool depends_on(const struct content *c, const struct content_kind *kind, size_t slot)
{
    uint32_t all = (UINT32_C(1) << c->slots[slot].nvalues) - 1;
    return kind->slot_values[slot] != 0 && (kind->slot_values[slot] & all) != all;
}

static bool valid_with(const struct content_kind *kind, size_t slot, unsigned value)
{
    return kind->slot_values[slot] == 0 || (kind->slot_values[slot] >> value & 1) != 0;
}

/* The slot that there is something to say about: one whose known value rules the kind out, else
 * one that it depends on and whose value nobody knows. */
static void judge_slots(const struct content *c, const struct content_kind *kind,
                        const uint8_t slots[SESSION_SLOTS_MAX], struct id_verdict *v)
{
    for (size_t s = 0; s < c->nslots; s++) {
        bool known = slots[s] != 0 && slots[s] <= c->slots[s].nvalues;
        if (!depends_on(c, kind, s))
            continue;
        if (known && !valid_with(kind, s, slots[s] - 1U)) {
            v->slot = (int8_t)s;
            v->value = slots[s];
            v->flags |= VERDICT_ELSEWHERE;
            return;
        }
        if (!known && v->slot < 0)
            v->slot = (int8_t)s;
    }
}

void verdict_make(const struct content *c, const struct mask_found *found,
                  const uint8_t slots[SESSION_SLOTS_MAX], struct id_verdict *ret)
{
    const struct content_kind *kind = &c->formats[found->format].kinds[found->prefix];

    *ret = (struct id_verdict){
        .format = (uint8_t)found->format,
        .kind = (uint8_t)found->prefix,
        .slot = -1,
        .digits = (uint16_t)(found->digits < UINT16_MAX ? found->digits : UINT16_MAX),
    };
    ret->flags = (uint8_t)((found->digits != kind->digits ? VERDICT_DIGITS : 0) |
                           (found->letters ? VERDICT_LETTERS : 0) |
                           (found->wide ? VERDICT_WIDE : 0) | (found->lower ? VERDICT_LOWER : 0) |
                           (found->separators ? VERDICT_SEPARATORS : 0));
    judge_slots(c, kind, slots, ret);
}

/* ---- telling --------------------------------------------------------------------------------- */

struct telling {
    const struct content *content;
    const struct content_format *format;
    const struct content_kind *kind;
    const struct id_verdict *v;
    enum lang lang;
    struct lead *out;
    bool begun; /* the paragraph: the next sentence stands apart where the language wants it */
};

static const char *label_of(const struct content_label *label, enum lang lang)
{
    return lang == LANG_EN && label->en != NULL ? label->en : label->ja;
}

static const char *name_of(const struct telling *t)
{
    return label_of(&t->format->label, t->lang);
}

static const char *value_name(const struct telling *t, size_t slot, size_t value)
{
    return label_of(&t->content->slots[slot].values[value].label, t->lang);
}

static const char *plural(unsigned n)
{
    return n == 1 ? "" : "s";
}

static void begin_sentence(struct telling *t)
{
    if (t->begun && t->lang == LANG_EN)
        lead_add(t->out, " ");
    t->begun = true;
}

static void tell_result(const struct telling *t, unsigned number)
{
    unsigned flags = t->v->flags;
    const char *name = name_of(t);

    lead_open(t->out, true);
    if (number != 0)
        lead_add(t->out, "(%u) ", number);
    if (flags & WRONG) {
        lead_add(t->out,
                 t->lang == LANG_EN ? "The format of this %s does not look right."
                                    : "%sの形式に誤りがあるようです。",
                 name);
    } else if (flags & VERDICT_ELSEWHERE) {
        const char *value = value_name(t, (size_t)t->v->slot, t->v->value - (size_t)1);
        if (t->lang == LANG_EN)
            lead_add(t->out, "The format of this %s is correct, but it does not belong to the %s.",
                     name, value);
        else
            lead_add(t->out, "%sの形式は正しいですが、%sのものではありません。", name, value);
    } else if (flags & WRITTEN) {
        lead_add(t->out,
                 t->lang == LANG_EN
                     ? "The format of this %s is correct, but please check how it is written."
                     : "%sの形式は正しいですが、書き方をご確認ください。",
                 name);
    } else {
        lead_add(t->out,
                 t->lang == LANG_EN ? "The format of this %s is correct."
                                    : "%sの形式は正しいです。",
                 name);
    }
}

static void tell_digits(struct telling *t)
{
    unsigned want = t->kind->digits, have = t->v->digits;
    unsigned off = have > want ? have - want : want - have;
    const char *prefix = t->kind->prefix;

    begin_sentence(t);
    if (t->lang == LANG_EN)
        lead_add(t->out, "%s is followed by %u digit%s, but you entered %u: %u too %s.", prefix,
                 want, plural(want), have, off, have > want ? "many" : "few");
    else
        lead_add(t->out, "%sのあとの数字は%u桁ですが、%u桁入力されています。%u桁%s。", prefix, want,
                 have, off, have > want ? "多くなっています" : "足りません");
}

static void tell_letters(struct telling *t)
{
    begin_sentence(t);
    lead_add(t->out, "%s",
             t->lang == LANG_EN
                 ? "There are letters (O, I or l) among the digits. Did you mean 0 "
                   "(zero) or 1 (one)?"
                 : "数字の部分に英字(O、I、l)が混じっています。0(ゼロ)や1(いち)の間違い"
                   "ではありませんか。");
}

static void tell_writing(struct telling *t)
{
    static const struct {
        unsigned flag;
        const char *names[2];
    } ways[] = {
        {VERDICT_WIDE, {"全角の文字", "full-width characters"}},
        {VERDICT_LOWER, {"小文字", "lower-case letters"}},
        {VERDICT_SEPARATORS, {"区切りの空白や記号", "separators"}},
    };
    unsigned left = t->v->flags & WRITTEN, digits = t->kind->digits;

    begin_sentence(t);
    if (t->lang == LANG_EN)
        lead_add(t->out, "It contains ");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if ((left & ways[i].flag) == 0)
            continue;
        left &= ~ways[i].flag;
        const char *link = "、";
        if (left == 0)
            link = "";
        else if (t->lang == LANG_EN)
            link = (left & (left - 1)) == 0 ? " and " : ", ";
        lead_add(t->out, "%s%s", ways[i].names[t->lang], link);
    }
    if (t->lang == LANG_EN)
        lead_add(t->out,
                 ". Write \"%s\" in half-width capital letters, followed directly by %u half-width "
                 "digit%s.",
                 t->kind->prefix, digits, plural(digits));
    else
        lead_add(
            t->out,
            "が使われています。正しくは、「%s」(半角の大文字)と半角数字%u桁を、区切らずに続けて"
            "書きます。",
            t->kind->prefix, digits);
}

/* The values with which the kind is valid, as one name. */
static void add_values(const struct telling *t, size_t slot)
{
    bool any = false;
    for (size_t i = 0; i < t->content->slots[slot].nvalues; i++) {
        if (!valid_with(t->kind, slot, (unsigned)i))
            continue;
        if (any)
            lead_add(t->out, "%s", t->lang == LANG_EN ? " or the " : "・");
        lead_add(t->out, "%s", value_name(t, slot, i));
        any = true;
    }
}

/* And what is valid with the value that is known. */
static void tell_kinds_of(struct telling *t, size_t slot, size_t value)
{
    bool any = false;

    for (size_t i = 0; i < t->format->nkinds; i++) {
        const struct content_kind *kind = &t->format->kinds[i];
        if (!valid_with(kind, slot, (unsigned)value))
            continue;
        if (!any) {
            begin_sentence(t);
            lead_add(t->out, t->lang == LANG_EN ? "In the %s, the %s is " : "%sの%sは、",
                     value_name(t, slot, value), name_of(t));
        } else {
            lead_add(t->out, "%s", t->lang == LANG_EN ? ", or " : "、または");
        }
        any = true;
        if (t->lang == LANG_EN)
            lead_add(t->out, "%s followed by %u digit%s", kind->prefix, kind->digits,
                     plural(kind->digits));
        else
            lead_add(t->out, "「%s」と数字%u桁", kind->prefix, kind->digits);
    }
    if (any)
        lead_add(t->out, "%s", t->lang == LANG_EN ? "." : "です。");
}

static void tell_where(struct telling *t)
{
    size_t slot = (size_t)t->v->slot;

    begin_sentence(t);
    if (t->lang == LANG_EN) {
        lead_add(t->out, "Any %s that begins with %s belongs to the ", name_of(t), t->kind->prefix);
        add_values(t, slot);
        lead_add(t->out, ".");
    } else {
        lead_add(t->out, "%sで始まる%sは、", t->kind->prefix, name_of(t));
        add_values(t, slot);
        lead_add(t->out, "のものです。");
    }
    if (t->v->flags & VERDICT_ELSEWHERE)
        tell_kinds_of(t, slot, t->v->value - (size_t)1);
}

static void tell_limits(struct telling *t)
{
    begin_sentence(t);
    if (t->lang == LANG_EN)
        lead_add(t->out,
                 "Only the format was checked: this chat cannot tell whether the %s is in use.",
                 name_of(t));
    else
        lead_add(t->out,
                 "確認したのは形式だけです。実際に使われている%sかどうかは、ここでは分かりません。",
                 name_of(t));
}

void verdict_print(const struct content *c, const struct id_verdict *v, unsigned number,
                   enum lang lang, struct lead *out)
{
    const struct content_format *format = &c->formats[v->format];
    struct telling t = {.content = c,
                        .format = format,
                        .kind = &format->kinds[v->kind],
                        .v = v,
                        .lang = lang,
                        .out = out};

    tell_result(&t, number);
    lead_open(out, false);
    if (v->flags & VERDICT_DIGITS)
        tell_digits(&t);
    if (v->flags & VERDICT_LETTERS)
        tell_letters(&t);
    if (v->flags & WRITTEN)
        tell_writing(&t);
    if (v->slot >= 0)
        tell_where(&t);
    if ((v->flags & (WRONG | VERDICT_ELSEWHERE)) == 0)
        tell_limits(&t);
}
