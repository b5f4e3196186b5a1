/*
 * core/turn.h - one question and its reply: bytes -> say -> text -> evidence -> decision -> reply
 *
 * Pure: knows no socket, file, clock, thread or log, so that tests, fuzzers, the command line and
 * the daemon all run the same function. A `struct turn` is the working memory of one thread.
 */
#ifndef FAQD_CORE_TURN_H
#define FAQD_CORE_TURN_H

#include "core/corpus.h"
#include "core/decide.h"
#include "core/evidence.h"
#include "core/match.h"
#include "core/text.h"
#include "core/wire.h"

struct turn_env {
    const unsigned char *session_key; /* SESSION_KEY_BYTES */
    int64_t now_ms;                   /* wall clock */
    bool type_default_ask;            /* POST /ask */
};

/* What must be kept while a reply waits for its commit; copied by value. */
struct turn_reply {
    char id[CLIENT_ID_BYTES_MAX + 1]; /* "" = null */
    struct session session;           /* as it is after this turn */
    struct decision decision;
};

struct turn {
    struct say say;
    struct text text; /* what was matched: the text with personal data blanked out */
    struct match match;
    struct ranking ranking;
    struct evidence_set
        evidence; /* filled only by turn_explain; bytes are those of the visitor's text */
    struct turn_reply reply; /* ask and pick */
    struct record record;    /* ask: what the log keeps */
    struct wire_error err;   /* code WIRE_OK if all went well */
    bool resumed;            /* say.session was a valid token */
    int32_t suggestions[5];  /* suggest: intents */
    size_t nsuggestions;
    struct turn_scratch *scratch; /* private */
};

/* Zeroed working memory for `c`, which it refs. */
struct turn *turn_new(struct corpus *c);
void turn_free(struct turn *t);
/* Goes over to another corpus (after a reload): lets go of the old one, allocates for the new. */
void turn_use(struct turn *t, struct corpus *c);
struct corpus *turn_corpus(const struct turn *t);
/* Its matcher's counters, e.g. match_pattern_limits. */
const struct match_scratch *turn_matcher(const struct turn *t);

/*
 * Runs one message of a visitor. `session` is the connection's dialogue (begin one with
 * session_begin); a valid token in the message replaces it, an invalid one begins nothing by
 * itself: `*session` then stays the fresh one that the caller gave. Fills t->say and, by type:
 *
 *   ask            t->reply, t->record; moves the session on (turns, topic, slots, misses)
 *   pick           t->reply; moves the session on
 *   suggest        t->suggestions
 *   hello          nothing else
 *   rate, forget   nothing else; the caller acts
 *
 * or t->err. A language in the message becomes the session's. `session` is changed only when
 * t->err.code is WIRE_OK. Allocates nothing, locks nothing.
 */
void turn_run(struct turn *t, const struct turn_env *env, struct session *session, struct span in);

/* The middle of a turn by itself, for `faqctl match`, tests and replays: text to decision, as
 * turn_run does for an ask. Fills t->text, match, ranking, reply.decision and record.text/core
 * (masked); nothing else. False: nothing is left of the text after normalising ("empty"). */
bool turn_decide(struct turn *t, const struct session *session, struct span text);
/* After turn_decide or an ask: fills t->evidence. Not on the hot path. */
void turn_explain(struct turn *t);

/* After the commit found that the same client id had been asked before: the first one's decision.
 */
struct stored_view {
    enum outcome outcome;
    struct span intent;
    struct span choices;
    double confidence;
};
void turn_restate(const struct corpus *c, const struct stored_view *first,
                  struct turn_reply *reply);

/* Prints replies as JSON text. qid 0 = null. */
void turn_print_reply(const struct corpus *c, const struct turn_env *env,
                      const struct turn_reply *reply, int64_t qid, struct buf *out);
void turn_print_welcome(const struct corpus *c, const struct turn_env *env,
                        const struct session *session, bool resumed, struct buf *out);
void turn_print_suggestions(const struct corpus *c, const struct turn *t, struct buf *out);

#endif
