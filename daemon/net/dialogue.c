#include "net/dialogue.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum {
    PENDING_BLOCK = 64,
    COMMENT_CP_MAX = 500,
};

/* ---- pendings -------------------------------------------------------------------------------- */

/* Never more than CONN_LINE_MAX times the connections that are allowed. */
static void pending_grow(struct service *s)
{
    struct pending *block = mem_zalloc_array(PENDING_BLOCK, sizeof(*block));

    s->pendings = mem_grow(s->pendings, &s->pendings_cap, s->npendings + PENDING_BLOCK,
                           sizeof(struct pending *));
    for (size_t i = 0; i < PENDING_BLOCK; i++) {
        block[i].number = (uint32_t)s->npendings;
        block[i].next = s->spare;
        s->spare = &block[i];
        s->pendings[s->npendings++] = &block[i];
    }
}

static struct pending *pending_new(struct conn *c)
{
    struct service *s = c->service;

    if (s->spare == NULL)
        pending_grow(s);
    struct pending *p = s->spare;
    s->spare = p->next;
    p->next = NULL;
    p->conn = c;
    p->waiting = false;
    p->corpus = NULL;
    p->qid = 0;
    p->id[0] = '\0';
    p->resumed = p->tokened = false;
    *c->last = p;
    c->last = &p->next;
    c->nline++;
    return p;
}

static void pending_wait(struct pending *p)
{
    struct service *s = p->conn->service;

    p->waiting = true;
    p->deadline_ms = s->now_ms + s->options->max_wait_ms;
    p->later = NULL;
    p->earlier = s->latest;
    if (s->latest != NULL)
        s->latest->later = p;
    else
        s->soonest = p;
    s->latest = p;
    service_due(s, p->deadline_ms);
}

static void pending_unwait(struct pending *p)
{
    struct service *s = p->conn->service;

    if (!p->waiting)
        return;
    p->waiting = false;
    *(p->earlier != NULL ? &p->earlier->later : &s->soonest) = p->later;
    *(p->later != NULL ? &p->later->earlier : &s->latest) = p->earlier;
}

static void pending_free(struct pending *p)
{
    struct service *s = p->conn->service;

    pending_unwait(p);
    if (p->kind == ANSWER_BYTES)
        free(p->bytes.ptr);
    corpus_unref(p->corpus);
    p->corpus = NULL;
    p->conn = NULL;
    p->generation++; /* a ticket that is still out belongs to nobody from now on */
    p->next = s->spare;
    s->spare = p;
}

static uint64_t ticket_of(const struct pending *p)
{
    return (uint64_t)p->generation << 32 | p->number;
}

static struct pending *pending_by(struct service *s, uint64_t ticket)
{
    uint32_t number = (uint32_t)ticket;

    assert(number < s->npendings);
    struct pending *p = s->pendings[number];
    return p->conn != NULL && p->generation == ticket >> 32 ? p : NULL;
}

static struct pending *line_pop(struct conn *c)
{
    struct pending *p = c->first;

    c->first = p->next;
    if (c->first == NULL)
        c->last = &c->first;
    c->nline--;
    if (c->holding == p)
        c->holding = NULL;
    return p;
}

void dialogue_drop(struct conn *c)
{
    while (c->first != NULL)
        pending_free(line_pop(c));
}

void dialogue_release(struct service *s)
{
    for (size_t i = 0; i < s->npendings; i += PENDING_BLOCK)
        free(s->pendings[i]); /* the first of each block is where it begins */
    free(s->pendings);
    s->pendings = NULL;
    s->npendings = 0;
}

/* ---- in -------------------------------------------------------------------------------------- */

static void copy_id(struct pending *p, struct span id)
{
    size_t len = id.len <= CLIENT_ID_BYTES_MAX ? id.len : 0;
    if (len > 0)
        memcpy(p->id, id.ptr, len);
    p->id[len] = '\0';
}

static void fail(struct pending *p, enum wire_code code, const char *message)
{
    p->kind = ANSWER_ERROR;
    p->error = (struct wire_error){.code = code};
    memcpy(p->error.id, p->id, sizeof(p->id));
    snprintf(p->error.message, sizeof(p->error.message), "%s", message);
}

/* Refuses a message unread but for its id. */
static void refuse(struct pending *p, struct span message, bool post, enum wire_code code,
                   const char *why)
{
    struct turn *t = p->conn->service->turn;
    struct wire_error err = {0};

    if (wire_parse(message, post, &t->say, &err) == WIRE_OK)
        copy_id(p, t->say.id);
    else
        memcpy(p->id, err.id, sizeof(p->id));
    fail(p, code, why);
}

static void change_init(struct change *change, enum change_kind kind, const struct conn *c)
{
    *change = (struct change){.kind = kind, .now_ms = c->service->env.now_ms};
    session_id_hex(&c->session, change->session);
}

static void hand_over(struct pending *p, const struct change *change)
{
    if (writer_change(p->conn->service->port, ticket_of(p), change))
        pending_wait(p);
    else if (change->kind == CHANGE_PICK)
        p->qid = 0; /* visitors come first: the reply goes out, the label is lost */
    else
        fail(p, WIRE_BUSY, "the log is full; try again later");
}

static void hear_ask(struct pending *p, struct turn *t)
{
    struct conn *c = p->conn;
    struct service *s = c->service;

    p->kind = ANSWER_REPLY;
    p->reply = t->reply;
    p->corpus = corpus_ref(turn_corpus(t));
    if (t->record.page[0] == '\0' && c->page != NULL)
        snprintf(t->record.page, sizeof(t->record.page), "%s", c->page);
    if (writer_ask(s->port, ticket_of(p), &t->record))
        pending_wait(p);
    else
        s->count.unlogged++;
}

static void hear_pick(struct pending *p, struct turn *t)
{
    struct change change;

    p->kind = ANSWER_REPLY;
    p->reply = t->reply;
    p->corpus = corpus_ref(turn_corpus(t));
    p->qid = t->say.question;
    if (p->qid == 0)
        return; /* a question that never came into the log: there is nothing to label */
    change_init(&change, CHANGE_PICK, p->conn);
    change.qid = t->say.question;
    if (!t->say.intent_null && t->say.intent.len <= INTENT_ID_BYTES_MAX && t->say.intent.len > 0)
        memcpy(change.intent, t->say.intent.ptr, t->say.intent.len);
    hand_over(p, &change);
}

static void hear_rate(struct pending *p, struct turn *t)
{
    struct change change;

    p->kind = ANSWER_DONE;
    change_init(&change, CHANGE_RATE, p->conn);
    change.qid = t->say.question;
    change.helpful = t->say.helpful;
    if (t->say.comment.len > 0) {
        struct buf masked; /* before the cut: half a number is still somebody's */
        buf_init(&masked, 0);
        mask_text(corpus_mask_rules(turn_corpus(t)), t->say.comment, &masked);
        struct span head = utf8_head(buf_span(&masked), COMMENT_CP_MAX);
        if (head.len > RECORD_TEXT_BYTES_MAX)
            head.len = utf8_valid_prefix(span_of(head.ptr, RECORD_TEXT_BYTES_MAX));
        memcpy(change.comment, head.ptr, head.len);
        buf_release(&masked);
    }
    hand_over(p, &change);
}

/* What comes behind it belongs to the new dialogue: so nothing is read until it is done. */
static void hear_forget(struct pending *p)
{
    struct change change;

    p->kind = ANSWER_DONE;
    p->tokened = true;
    change_init(&change, CHANGE_FORGET, p->conn);
    hand_over(p, &change);
    if (p->waiting)
        p->conn->holding = p;
}

static void hear_hello(struct pending *p, struct turn *t)
{
    struct conn *c = p->conn;
    char page[RECORD_PAGE_BYTES_MAX + 1];

    p->kind = ANSWER_WELCOME;
    p->session = c->session;
    p->resumed = t->resumed;
    p->corpus = corpus_ref(turn_corpus(t));
    wire_page(t->say.page, page);
    if (page[0] != '\0') {
        free(c->page);
        c->page = mem_strdup(page);
    }
}

static void hear_suggest(struct pending *p, struct turn *t)
{
    struct buf out;

    buf_init(&out, 0);
    turn_print_suggestions(turn_corpus(t), t, &out);
    p->kind = ANSWER_BYTES;
    p->bytes.ptr = out.ptr; /* its owner now */
    p->bytes.len = out.len;
}

static void hear(struct pending *p, struct span message, bool post)
{
    struct conn *c = p->conn;
    struct service *s = c->service;
    struct turn *t = s->turn;

    if (!c->has_session || post) {
        session_begin(&c->session, s->env.now_ms);
        c->has_session = true;
    }
    if (post) { /* a proxy's connection: the one before may have been another visitor's */
        free(c->page);
        c->page = NULL;
    }
    s->env.type_default_ask = post;
    turn_run(t, &s->env, &c->session, message);
    if (t->err.code != WIRE_OK) {
        p->kind = ANSWER_ERROR;
        p->error = t->err;
        return;
    }
    copy_id(p, t->say.id);
    p->type = t->say.type;
    s->count.messages[t->say.type]++;
    switch (t->say.type) {
    case SAY_HELLO:
        hear_hello(p, t);
        return;
    case SAY_ASK:
        hear_ask(p, t);
        return;
    case SAY_PICK:
        hear_pick(p, t);
        return;
    case SAY_SUGGEST:
        hear_suggest(p, t);
        return;
    case SAY_RATE:
        hear_rate(p, t);
        return;
    case SAY_FORGET:
        hear_forget(p);
        return;
    }
}

void dialogue_hear(struct conn *c, struct span message, bool post)
{
    struct service *s = c->service;
    struct pending *p = pending_new(c);

    if (s->draining) {
        refuse(p, message, post, WIRE_SHUTTING_DOWN, "this node is going down; connect again");
        return;
    }
    int64_t wait = limits_message(s->limits, c->host, post ? NULL : &c->bucket, s->now_ms);
    if (wait > 0) {
        refuse(p, message, post, WIRE_RATE_LIMITED, "too many messages; wait a little");
        p->error.retry_after_ms = wait;
        c->flooding = limits_refused(s->limits, &c->refusals, s->now_ms);
        return;
    }
    hear(p, message, post);
}

/* ---- from the writer ------------------------------------------------------------------------- */

struct flush_list {
    struct conn *first, **last;
};

static void flush_add(struct flush_list *list, struct conn *c)
{
    if (c->flush_queued)
        return;
    c->flush_queued = true;
    c->flush_next = NULL;
    *list->last = c;
    list->last = &c->flush_next;
}

static void done_ask(struct pending *p, const struct writer_done *done)
{
    struct service *s = p->conn->service;

    if (done->failed) {
        s->count.unlogged++;
        return;
    }
    p->qid = done->stored.qid;
    if (done->stored.repeated) {
        s->count.repeated++;
        struct stored_view first = {done->stored.outcome, span_str(done->stored.intent),
                                    span_str(done->stored.choices), done->stored.confidence};
        turn_restate(p->corpus, &first, &p->reply);
    }
}

static void begin_anew(struct pending *p)
{
    struct conn *c = p->conn;
    uint8_t lang = c->session.lang;

    session_begin(&c->session, c->service->env.now_ms);
    c->session.lang = lang;
    p->session = c->session;
}

static void done_change(struct pending *p, const struct writer_done *done)
{
    if (done->failed && p->type == SAY_PICK)
        p->qid = 0;
    else if (done->failed)
        fail(p, WIRE_BUSY, "could not be stored; try again later");
    else if (done->change == CHANGE_UNKNOWN_QUESTION && p->type != SAY_FORGET) {
        corpus_unref(p->corpus);
        p->corpus = NULL;
        fail(p, WIRE_UNKNOWN_QUESTION, "no such question in this dialogue");
    } else if (p->type == SAY_FORGET) {
        begin_anew(p);
    }
}

struct conn *dialogue_take(struct service *s, bool *retmore)
{
    struct writer_done done[CONN_BATCH_MAX];
    struct flush_list list = {.last = &list.first};
    size_t n = writer_take(s->port, done, CONN_BATCH_MAX);

    for (size_t i = 0; i < n; i++) {
        struct pending *p = pending_by(s, done[i].ticket);
        if (p == NULL || !p->waiting) { /* its visitor is gone, or was answered without */
            s->count.late++;
            continue;
        }
        pending_unwait(p);
        if (done[i].kind == WRITER_ASK)
            done_ask(p, &done[i]);
        else
            done_change(p, &done[i]);
        flush_add(&list, p->conn);
    }
    *retmore = n == CONN_BATCH_MAX;
    return list.first;
}

struct conn *dialogue_expire(struct service *s)
{
    struct flush_list list = {.last = &list.first};

    while (s->soonest != NULL && s->soonest->deadline_ms <= s->now_ms) {
        struct pending *p = s->soonest;
        pending_unwait(p);
        if (p->kind == ANSWER_REPLY) {
            p->qid = 0;
            s->count.unlogged++;
        } else {
            fail(p, WIRE_BUSY, "the log is slow; try again later");
        }
        flush_add(&list, p->conn);
    }
    return list.first;
}

/* ---- out ------------------------------------------------------------------------------------- */

bool dialogue_ready(const struct conn *c)
{
    return c->first != NULL && !c->first->waiting;
}

static void print_done(const struct pending *p, const struct service *s, struct buf *out)
{
    char token[SESSION_TOKEN_BYTES_MAX + 1];

    if (p->tokened)
        session_sign(&p->session, s->env.session_key, token);
    wire_print_done(span_str(p->id), p->tokened ? token : NULL, out);
}

struct printed dialogue_print(struct conn *c, struct buf *out)
{
    struct service *s = c->service;
    struct pending *p = line_pop(c);
    struct printed printed = {0};

    switch (p->kind) {
    case ANSWER_REPLY:
        turn_print_reply(p->corpus, &s->env, &p->reply, p->qid, out);
        s->count.outcomes[p->reply.decision.outcome]++;
        break;
    case ANSWER_WELCOME:
        turn_print_welcome(p->corpus, &s->env, &p->session, p->resumed, out);
        break;
    case ANSWER_DONE:
        print_done(p, s, out);
        break;
    case ANSWER_BYTES:
        buf_add(out, p->bytes.ptr, p->bytes.len);
        break;
    case ANSWER_ERROR:
        wire_print_error(&p->error, out);
        s->count.errors[p->error.code]++;
        printed = (struct printed){true, p->error.code, p->error.retry_after_ms};
        break;
    }
    pending_free(p);
    return printed;
}
