#include "core/turn.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "core/language.h"
#include "core/parts.h"
#include "core/romaji.h"

#include <assert.h>
#include <stdlib.h>

enum { RANGES_MAX = TEXT_LOOKED_AT_MAX }; /* more cannot begin within what is looked at */

/* What is matched is the visitor's text with each identifier blanked out to one line break, so that
 * the raw and the masked text decide alike; this says where the rest of it came from. */
struct blank {
    size_t looked; /* bytes of the matched text from which on `raw` counts */
    size_t raw;    /* bytes of the visitor's text */
};

struct turn_scratch {
    struct corpus *corpus;
    struct match_scratch *match;
    struct buf masked, looked, core;
    struct mask_range ranges[RANGES_MAX];
    struct blank blanks[RANGES_MAX + 1];
    size_t nblanks;
    size_t raw_bytes;         /* of the visitor's text that was looked at */
    struct buf kana;          /* the text in kana, if it is Japanese in Latin letters */
    bool respelled;           /* what was matched is the kana of a text in Latin letters */
    struct text *masked_text; /* for the core, where it is not the text that was matched */
};

struct turn *turn_new(struct corpus *c)
{
    struct turn *t = mem_zalloc(sizeof(*t));
    struct turn_scratch *s = mem_zalloc(sizeof(*s));

    t->scratch = s;
    s->corpus = corpus_ref(c);
    s->match = match_scratch_new(c);
    buf_init(&s->masked, 0); /* bounded by WIRE_MESSAGE_BYTES_MAX: a mask is longer than what it
                                hides at most eightfold */
    buf_init(&s->looked, 0);
    buf_init(&s->kana, 0);
    buf_init(&s->core, 0);
    s->masked_text = mem_zalloc(sizeof(*s->masked_text));
    return t;
}

void turn_free(struct turn *t)
{
    if (t == NULL)
        return;
    struct turn_scratch *s = t->scratch;
    match_scratch_free(s->match);
    corpus_unref(s->corpus);
    buf_release(&s->masked);
    buf_release(&s->looked);
    buf_release(&s->kana);
    buf_release(&s->core);
    free(s->masked_text);
    free(s);
    free(t);
}

void turn_use(struct turn *t, struct corpus *c)
{
    struct turn_scratch *s = t->scratch;
    match_scratch_free(s->match);
    corpus_unref(s->corpus);
    s->corpus = corpus_ref(c);
    s->match = match_scratch_new(c);
}

struct corpus *turn_corpus(const struct turn *t)
{
    return t->scratch->corpus;
}

const struct match_scratch *turn_matcher(const struct turn *t)
{
    return t->scratch->match;
}

/* ---- to text --------------------------------------------------------------------------------- */

/* The first code points of the masked text that are stored and matched, in bytes of it: never half
 * a mask. */
static size_t stored_length(const struct turn_scratch *s, size_t nranges)
{
    size_t len = utf8_head(buf_span(&s->masked), TEXT_LOOKED_AT_MAX).len;
    if (len > RECORD_TEXT_BYTES_MAX)
        len = RECORD_TEXT_BYTES_MAX;
    while (len > 0 && len < s->masked.len && ((unsigned char)s->masked.ptr[len] & 0xC0) == 0x80)
        len--;
    for (size_t i = 0; i < nranges && i < RANGES_MAX; i++) {
        if (s->ranges[i].out_begin < len && s->ranges[i].out_end > len)
            len = s->ranges[i].out_begin;
    }
    return len;
}

static void blank_out(struct turn_scratch *s, struct span text, size_t nranges, size_t stored)
{
    size_t from = 0, from_out = 0;

    buf_clear(&s->looked);
    s->nblanks = 0;
    s->blanks[s->nblanks++] = (struct blank){0, 0};
    for (size_t i = 0; i < nranges && i < RANGES_MAX && s->ranges[i].out_end <= stored; i++) {
        const struct mask_range *r = &s->ranges[i];
        buf_add(&s->looked, text.ptr + from, r->begin - from);
        buf_addc(&s->looked, '\n');
        from = r->end;
        from_out = r->out_end;
        s->blanks[s->nblanks++] = (struct blank){s->looked.len, from};
    }
    if (stored > from_out)
        buf_add(&s->looked, text.ptr + from, stored - from_out);
    s->raw_bytes = from + (stored > from_out ? stored - from_out : 0);
}

/* Masks, cuts, and makes what is matched. */
static void to_text(struct turn *t, struct span text)
{
    struct turn_scratch *s = t->scratch;
    size_t nranges;

    buf_clear(&s->masked);
    mask_text_ranges(&s->corpus->mask_rules, text, &s->masked, s->ranges, RANGES_MAX, &nranges);
    size_t stored = stored_length(s, nranges);
    if (stored > 0)
        memcpy(t->record.text, s->masked.ptr, stored);
    t->record.text[stored] = '\0';
    blank_out(s, text, nranges, stored);
    text_make(&t->text, buf_span(&s->looked));
    buf_clear(&s->core);
    if (nranges == 0) {
        text_core(&t->text, &s->core);
    } else {
        text_make(s->masked_text, span_of(t->record.text, stored));
        text_core(s->masked_text, &s->core);
    }
    size_t len = s->core.len < RECORD_TEXT_BYTES_MAX ? s->core.len : RECORD_TEXT_BYTES_MAX;
    while (len > 0 && len < s->core.len && ((unsigned char)s->core.ptr[len] & 0xC0) == 0x80)
        len--;
    if (len > 0)
        memcpy(t->record.core, s->core.ptr, len);
    t->record.core[len] = '\0';
}

static size_t raw_byte(const struct turn_scratch *s, size_t looked)
{
    size_t i = s->nblanks - 1;
    while (i > 0 && s->blanks[i].looked > looked)
        i--;
    return s->blanks[i].raw + (looked - s->blanks[i].looked);
}

/* ---- to evidence and decision ---------------------------------------------------------------- */

static int32_t context_of(const struct corpus *c, const struct session *session, int64_t now_ms)
{
    if (session->topic[0] == '\0' || !session_topic_fresh(session, now_ms))
        return -1;
    return corpus_find(c, span_str(session->topic));
}

/* English is answered in English wherever it is typed; whoever chose English gets it for all. */
static enum lang reply_language(const struct session *session, enum language language)
{
    return session->lang == LANG_EN || language == LANGUAGE_ENGLISH ? LANG_EN : LANG_JA;
}

/* True if nothing of the message can be matched: no sign, no identifier. */
static bool is_empty(const struct turn *t)
{
    return text_empty(&t->text) && t->record.core[0] == '\0';
}

/* What the reply says before its answer: the slots that were understood, the identifiers. */
static void note_understood(const struct corpus *c, const struct match *m, struct decision *d)
{
    for (size_t i = 0; i < SESSION_SLOTS_MAX; i++) {
        if (m->slots[i] != 0 && m->slots[i] != MATCH_SLOT_UNCLEAR)
            d->named_slots |= (uint8_t)(1U << i);
    }
    for (size_t i = 0; i < m->nformats && d->nverdicts < VERDICTS_MAX; i++)
        verdict_make(c->content, &m->formats[i], d->slots, &d->verdicts[d->nverdicts++]);
}

static void match_and_decide(struct turn *t, const struct session *session, struct span raw,
                             int32_t context)
{
    struct turn_scratch *s = t->scratch;
    match_run(s->corpus, s->match, &t->text, raw, context, &t->match);
    decide(s->corpus, s->match, &t->text, &t->match, session, &t->ranking, &t->reply.decision);
}

/* Japanese in Latin letters: matched once more as kana where the letters said too little. */
static void try_romaji(struct turn *t, const struct session *session, struct span raw,
                       int32_t context)
{
    struct turn_scratch *s = t->scratch;

    buf_clear(&s->kana);
    if (!romaji_kana(&t->text, &s->kana))
        return;
    text_make(&t->text, buf_span(&s->kana));
    match_and_decide(t, session, raw, context);
    s->respelled = t->reply.decision.outcome != OUTCOME_UNANSWERED;
    if (s->respelled)
        return;
    text_make(&t->text, buf_span(&s->looked));
    match_and_decide(t, session, raw, context);
}

static void decide_text(struct turn *t, const struct session *session, struct span text,
                        int64_t now_ms)
{
    struct turn_scratch *s = t->scratch;
    struct decision *d = &t->reply.decision;
    enum language language = language_of(&t->text);
    int32_t context = context_of(s->corpus, session, now_ms);
    /* Identifiers, too, only where the log will have them. */
    struct span raw = span_of(text.ptr, s->raw_bytes);

    s->respelled = false;
    match_and_decide(t, session, raw, context);
    if (d->outcome == OUTCOME_UNANSWERED)
        try_romaji(t, session, raw, context);
    if (s->respelled)
        language = LANGUAGE_JAPANESE;
    if (language == LANGUAGE_OTHER && d->outcome == OUTCOME_UNANSWERED)
        decide_foreign(s->corpus, &t->ranking, d);
    note_understood(s->corpus, &t->match, d);
    d->lang = (uint8_t)reply_language(session, language);
    d->other_language = language == LANGUAGE_OTHER && d->outcome == OUTCOME_UNANSWERED;
}

bool turn_decide(struct turn *t, const struct session *session, struct span text)
{
    to_text(t, text);
    if (is_empty(t))
        return false;
    decide_text(t, session, text, session->last_ms);
    return true;
}

void turn_explain(struct turn *t)
{
    struct turn_scratch *s = t->scratch;

    decide_explain(s->corpus, &t->text, &t->match, &t->ranking, &t->evidence);
    for (size_t i = 0; i < t->evidence.n; i++) {
        struct evidence *e = &t->evidence.items[i];
        if (s->respelled) { /* kana have no place in the visitor's letters: all of them */
            e->begin = 0;
            e->end = (uint32_t)s->raw_bytes;
            continue;
        }
        bool empty = e->begin == e->end;
        size_t last = empty ? raw_byte(s, e->end) : raw_byte(s, e->end - (size_t)1) + 1;
        e->begin = (uint32_t)raw_byte(s, e->begin);
        e->end = (uint32_t)last;
    }
    for (size_t i = 0; i < t->match.nformats && t->evidence.n < EVIDENCE_MAX; i++) {
        const struct mask_found *f = &t->match.formats[i];
        t->evidence.items[t->evidence.n++] = (struct evidence){
            .source = EVIDENCE_FORMAT,
            .intent = s->corpus->content->formats[f->format].topic,
            .ref = (uint32_t)f->format,
            .begin = (uint32_t)f->begin,
            .end = (uint32_t)f->end,
        };
    }
}

/* ---- the session ----------------------------------------------------------------------------- */

static void note_topic(const struct corpus *c, struct session *session, int32_t intent,
                       int64_t now_ms)
{
    const struct content_intent *x = &c->content->intents[intent];
    if (x->talk)
        return; /* "thanks" in between does not end a topic */
    size_t len = strlen(x->id);
    memcpy(session->topic, x->id, len + 1);
    session->topic_ms = now_ms;
    session->topic_turn = session->turns;
}

static void note_turn(const struct corpus *c, struct session *session, const struct decision *d,
                      int64_t now_ms)
{
    session->turns++;
    session->last_ms = now_ms;
    memcpy(session->slots, d->slots, sizeof(session->slots));
    if (d->outcome == OUTCOME_ANSWER)
        note_topic(c, session, d->intent, now_ms);
    if (d->outcome != OUTCOME_UNANSWERED)
        session->misses = 0;
    else if (session->misses < UINT8_MAX)
        session->misses++;
}

/* ---- the record ------------------------------------------------------------------------------ */

static void copy_id(char *out, size_t cap, struct span s)
{
    size_t len = s.len < cap - 1 ? s.len : cap - 1;
    if (len > 0)
        memcpy(out, s.ptr, len);
    out[len] = '\0';
}

static void print_choices(const struct corpus *c, const struct decision *d,
                          char out[3 * (INTENT_ID_BYTES_MAX + 1) + 1])
{
    size_t n = 0;
    for (uint8_t i = 0; i < d->nchoices; i++) {
        struct span id = corpus_intent_id(c, d->choices[i]);
        if (i > 0)
            out[n++] = ',';
        memcpy(out + n, id.ptr, id.len);
        n += id.len;
    }
    out[n] = '\0';
}

/* Text and core were filled by to_text(). */
static void fill_record(struct turn *t, const struct turn_env *env, const struct session *session)
{
    const struct corpus *c = t->scratch->corpus;
    const struct decision *d = &t->reply.decision;
    struct record *r = &t->record;

    r->asked_at_ms = env->now_ms;
    session_id_hex(session, r->session);
    copy_id(r->client_id, sizeof(r->client_id), t->say.id);
    copy_id(r->lang, sizeof(r->lang), span_str(d->lang == LANG_EN ? "en" : "ja"));
    wire_page(t->say.page, r->page);
    r->outcome = d->outcome;
    copy_id(r->intent, sizeof(r->intent), corpus_intent_id(c, d->intent));
    print_choices(c, d, r->choices);
    r->confidence = (double)d->confidence;
    copy_id(r->revision, sizeof(r->revision), span_str(c->revision));
}

/* ---- the turn -------------------------------------------------------------------------------- */

static void refuse(struct turn *t, enum wire_code code, const char *message)
{
    t->err.code = code;
    copy_id(t->err.id, sizeof(t->err.id), t->say.id);
    copy_id(t->err.message, sizeof(t->err.message), span_str(message));
}

static void run_ask(struct turn *t, const struct turn_env *env, struct session *session)
{
    to_text(t, t->say.text);
    if (is_empty(t)) {
        refuse(t, WIRE_EMPTY, "nothing is left of 'text' after normalising");
        return;
    }
    decide_text(t, session, t->say.text, env->now_ms);
    note_turn(t->scratch->corpus, session, &t->reply.decision, env->now_ms);
    fill_record(t, env, session);
}

static void run_pick(struct turn *t, const struct turn_env *env, struct session *session)
{
    const struct corpus *c = t->scratch->corpus;
    struct decision *d = &t->reply.decision;
    int32_t intent = t->say.intent_null ? -1 : corpus_find(c, t->say.intent);

    if (!t->say.intent_null && (intent < 0 || c->content->intents[intent].reject)) {
        refuse(t, WIRE_UNKNOWN_INTENT, "no topic has the id in 'intent'");
        return;
    }
    *d = (struct decision){.outcome = intent < 0 ? OUTCOME_UNANSWERED : OUTCOME_ANSWER,
                           .intent = intent,
                           .confidence = intent < 0 ? 0 : 1,
                           .handover = intent < 0 && session->misses > 0,
                           .lang = session->lang};
    memcpy(d->slots, session->slots, sizeof(d->slots));
    note_turn(c, session, d, env->now_ms);
}

static void add_suggestion(struct turn *t, int32_t intent, enum lang lang)
{
    for (size_t i = 0; i < t->nsuggestions; i++) {
        if (t->suggestions[i] == intent)
            return;
    }
    if (t->nsuggestions < SUGGEST_MAX && suggest_may(t->scratch->corpus->suggest, intent, lang))
        t->suggestions[t->nsuggestions++] = intent;
}

/* Do keywords speak for it? Half a sentence alone resembles too much. */
static bool is_named(const struct ranking *r, int32_t intent)
{
    for (size_t i = 0; i < r->n; i++) {
        if (r->items[i].intent == intent)
            return r->items[i].keyword > 0;
    }
    return false;
}

/* What begins like it, then what the matcher is sure of or torn between. */
static void run_suggest(struct turn *t, const struct session *session, int64_t now_ms)
{
    const struct decision *d = &t->reply.decision;
    enum lang lang = session->lang;

    t->nsuggestions = 0;
    to_text(t, t->say.text);
    if (!suggest_enough(&t->text))
        return;
    decide_text(t, session, t->say.text, now_ms);
    t->nsuggestions = suggest_run(t->scratch->corpus->suggest, &t->text, t->match.hits,
                                  t->match.nhits, lang, t->suggestions);
    if (d->outcome == OUTCOME_ANSWER)
        add_suggestion(t, d->intent, lang);
    for (uint8_t i = 0; i < d->nchoices && d->outcome == OUTCOME_CHOOSE; i++) {
        if (is_named(&t->ranking, d->choices[i]))
            add_suggestion(t, d->choices[i], lang);
    }
}

void turn_run(struct turn *t, const struct turn_env *env, struct session *session, struct span in)
{
    struct session now = *session, theirs;

    t->err.code = wire_parse(in, env->type_default_ask, &t->say, &t->err);
    t->resumed = false;
    if (t->err.code != WIRE_OK)
        return;
    if (t->say.session.len > 0 &&
        session_verify(t->say.session, env->session_key, env->now_ms, &theirs)) {
        now = theirs;
        t->resumed = true;
    }
    if (t->say.has_lang)
        now.lang = (uint8_t)t->say.lang;
    now.last_ms = env->now_ms;
    copy_id(t->reply.id, sizeof(t->reply.id), t->say.id);
    switch (t->say.type) {
    case SAY_ASK:
        run_ask(t, env, &now);
        break;
    case SAY_PICK:
        run_pick(t, env, &now);
        break;
    case SAY_SUGGEST:
        run_suggest(t, &now, env->now_ms);
        break;
    case SAY_HELLO:
    case SAY_RATE:
    case SAY_FORGET:
        break;
    }
    if (t->err.code != WIRE_OK)
        return;
    *session = now;
    t->reply.session = now;
}

/* A topic may have gone with a reload, or be refused since: then nothing is left to say of it. */
static bool has_answer(const struct corpus *c, int32_t intent)
{
    return kb_find(c->kb, intent, LANG_JA, -1) != NULL;
}

void turn_restate(const struct corpus *c, const struct stored_view *first, struct turn_reply *reply)
{
    struct decision *d = &reply->decision;
    struct span rest = first->choices;

    d->outcome = first->outcome;
    d->intent = first->intent.len > 0 ? corpus_find(c, first->intent) : -1;
    d->confidence = (float)first->confidence;
    d->nchoices = 0;
    while (rest.len > 0 && d->nchoices < DECISION_CHOICES_MAX) {
        const char *comma = memchr(rest.ptr, ',', rest.len);
        size_t len = comma != NULL ? (size_t)(comma - rest.ptr) : rest.len;
        int32_t intent = corpus_find(c, span_of(rest.ptr, len));
        if (has_answer(c, intent))
            d->choices[d->nchoices++] = intent;
        rest = comma != NULL ? span_of(comma + 1, rest.len - len - 1) : span_of(NULL, 0);
    }
    if (d->outcome == OUTCOME_ANSWER && !has_answer(c, d->intent))
        d->outcome = OUTCOME_UNANSWERED;
    if (d->outcome == OUTCOME_CHOOSE && d->nchoices < 2)
        d->outcome = OUTCOME_UNANSWERED;
}

/* ---- to bytes -------------------------------------------------------------------------------- */

static const char *lang_name(unsigned lang)
{
    return lang == LANG_EN ? "en" : "ja";
}

static void print_token(const struct session *session, const struct turn_env *env, struct buf *out)
{
    char token[SESSION_TOKEN_BYTES_MAX + 1];
    size_t len = session_sign(session, env->session_key, token);
    buf_addc(out, '"');
    buf_add(out, token, len);
    buf_addc(out, '"');
}

/* Which value of the intent's slot is known; -1: none. */
static int32_t slot_value(const struct corpus *c, const struct decision *d, int32_t intent)
{
    int32_t slot = c->content->intents[intent].slot;
    return slot >= 0 ? (int32_t)d->slots[slot] - 1 : -1;
}

static const struct kb_answer *answer_of(const struct corpus *c, const struct decision *d,
                                         int32_t intent)
{
    return kb_find(c->kb, intent, d->lang, slot_value(c, d, intent));
}

static void print_topic(const struct corpus *c, int32_t intent, enum lang lang, struct buf *out)
{
    buf_adds(out, "{\"intent\":");
    buf_add_json(out, corpus_intent_id(c, intent));
    buf_adds(out, ",\"title\":");
    const struct kb_answer *a = kb_find(c->kb, intent, lang, -1);
    buf_add(out, a->title_json.ptr, a->title_json.len);
    buf_addc(out, '}');
}

static enum kb_message message_of(const struct decision *d)
{
    if (d->outcome == OUTCOME_CHOOSE)
        return KB_CHOOSE;
    if (d->other_language)
        return KB_OTHER_LANGUAGE;
    return d->handover ? KB_HANDOVER : KB_UNANSWERED;
}

/* The identifiers that the topic is about: another one may have become the answer since. */
static void lead_with_verdicts(const struct corpus *c, const struct decision *d, enum lang lang,
                               struct lead *lead)
{
    const struct id_verdict *ours[VERDICTS_MAX];
    unsigned n = 0;

    for (uint8_t i = 0; i < d->nverdicts; i++) {
        if (c->content->formats[d->verdicts[i].format].topic == d->intent)
            ours[n++] = &d->verdicts[i];
    }
    for (unsigned i = 0; i < n; i++)
        verdict_print(c->content, ours[i], n > 1 ? i + 1 : 0, lang, lead);
}

/* Which value the answer is for, where that makes a difference: so that the visitor can correct
 * it. */
static void lead_with_slot(const struct corpus *c, const struct decision *d,
                           const struct kb_answer *answer, struct lead *lead)
{
    int32_t slot = c->content->intents[d->intent].slot, value = slot_value(c, d, d->intent);

    if (value < 0 || (size_t)value >= c->content->slots[slot].nvalues)
        return;
    bool named = (d->named_slots >> slot & 1) != 0;
    if (!named && answer == kb_find(c->kb, d->intent, d->lang, -1))
        return;
    const struct content_label *label = &c->content->slots[slot].values[value].label;
    lead_open(lead, true);
    if (answer->lang == LANG_EN)
        lead_add(lead, "For the %s:", label->en != NULL ? label->en : label->ja);
    else
        lead_add(lead, "%sの場合", label->ja);
}

static void print_answer(const struct corpus *c, const struct decision *d,
                         const struct kb_answer *answer, int64_t now_ms, struct buf *out)
{
    struct lead lead;
    lead_begin(&lead);
    lead_with_verdicts(c, d, answer->lang, &lead);
    lead_with_slot(c, d, answer, &lead);
    kb_print_answer(c->kb, answer, &lead, now_ms, out);
}

void turn_print_reply(const struct corpus *c, const struct turn_env *env,
                      const struct turn_reply *reply, int64_t qid, struct buf *out)
{
    const struct decision *d = &reply->decision;
    const struct kb_answer *answer =
        d->outcome == OUTCOME_ANSWER ? answer_of(c, d, d->intent) : NULL;

    buf_adds(out, "{\"type\":\"reply\",\"id\":");
    if (reply->id[0] != '\0')
        buf_add_json(out, span_str(reply->id));
    else
        buf_adds(out, "null");
    buf_adds(out, ",\"session\":");
    print_token(&reply->session, env, out);
    buf_adds(out, ",\"lang\":\"");
    buf_adds(out, lang_name(answer != NULL ? answer->lang : d->lang));
    buf_adds(out, "\",\"question\":");
    if (qid != 0) {
        buf_addc(out, '"');
        buf_addi(out, qid);
        buf_addc(out, '"');
    } else {
        buf_adds(out, "null");
    }
    buf_adds(out, ",\"outcome\":\"");
    buf_adds(out, outcome_name(d->outcome));
    buf_adds(out, "\",\"intent\":");
    if (d->intent >= 0)
        buf_add_json(out, corpus_intent_id(c, d->intent));
    else
        buf_adds(out, "null");
    buf_printf(out, ",\"confidence\":%.3f,", (double)d->confidence);
    if (answer != NULL)
        print_answer(c, d, answer, env->now_ms, out);
    else
        kb_print_message(c->kb, message_of(d), d->lang, out);
    buf_adds(out, ",\"choices\":[");
    for (uint8_t i = 0; i < d->nchoices; i++) {
        if (i > 0)
            buf_addc(out, ',');
        print_topic(c, d->choices[i], d->lang, out);
    }
    buf_adds(out, "],\"contact\":");
    /* An answer about reaching people says whether somebody is there now. */
    if (d->outcome == OUTCOME_UNANSWERED || (answer != NULL && answer->names_contacts))
        kb_print_contacts(c->kb, d->lang, env->now_ms, out);
    else
        buf_adds(out, "[]");
    buf_addc(out, '}');
}

void turn_print_welcome(const struct corpus *c, const struct turn_env *env,
                        const struct session *session, bool resumed, struct buf *out)
{
    buf_adds(out, "{\"type\":\"welcome\",\"session\":");
    print_token(session, env, out);
    buf_printf(out, ",\"resumed\":%s,\"lang\":\"%s\",", resumed ? "true" : "false",
               lang_name(session->lang));
    kb_print_welcome(c->kb, session->lang, out);
    buf_adds(out, ",\"contact\":");
    kb_print_contacts(c->kb, session->lang, env->now_ms, out);
    buf_addc(out, '}');
}

void turn_print_suggestions(const struct corpus *c, const struct turn *t, struct buf *out)
{
    buf_adds(out, "{\"type\":\"suggestions\",\"id\":");
    if (t->reply.id[0] != '\0')
        buf_add_json(out, span_str(t->reply.id));
    else
        buf_adds(out, "null");
    buf_adds(out, ",\"items\":[");
    for (size_t i = 0; i < t->nsuggestions; i++) {
        if (i > 0)
            buf_addc(out, ',');
        print_topic(c, t->suggestions[i], (enum lang)t->reply.session.lang, out);
    }
    buf_adds(out, "]}");
}
