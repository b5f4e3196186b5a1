#include "net/health.h"

#include "base/clock.h"
#include "net/reload.h"

#include <inttypes.h>

bool health_print(struct service *s, struct buf *out)
{
    struct writer_stats store;
    struct reload_view content;

    writer_stats(s->config.writer, &store);
    reload_view(s->config.reload, &content);
    const char *status = s->draining           ? "draining"
                         : store.degraded      ? "degraded"
                         : content.last_failed ? "reload failed"
                                               : "ok";

    buf_printf(out, "{\"status\":\"%s\",\"revision\":", status);
    buf_add_json(out, span_str(content.revision));
    buf_printf(out,
               ",\"intents\":%zu,\"connections\":%zu,\"uptime_s\":%" PRId64
               ",\"store\":{\"state\":\"%s\",\"queued\":%" PRIu64 ",\"dropped\":%" PRIu64
               ",\"unlogged\":%" PRIu64 ",\"error\":",
               content.stats.intents, s->nconns, (clock_wall_ms() - s->started_ms) / 1000,
               store.degraded ? "degraded" : "ok", store.queued, store.dropped, s->count.unlogged);
    if (store.degraded && store.last_error[0] != '\0')
        buf_add_json(out, span_str(store.last_error));
    else
        buf_adds(out, "null");
    buf_printf(out,
               "},\"reload\":{\"done\":%" PRIu64 ",\"failed\":%" PRIu64 ",\"error\":", content.done,
               content.failed);
    if (content.last_failed)
        buf_add_json(out, span_str(content.last_error));
    else
        buf_adds(out, "null");
    buf_adds(out, "}}\n");
    return !s->draining;
}

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void one(struct buf *out, const char *name, const char *type, const char *help,
                uint64_t value)
{
    head(out, name, type, help);
    buf_printf(out, "%s %" PRIu64 "\n", name, value);
}

static void real(struct buf *out, const char *name, const char *type, const char *help,
                 double value)
{
    head(out, name, type, help);
    buf_printf(out, "%s %.6f\n", name, value);
}

static void messages(const struct counters *n, struct buf *out)
{
    static const char *const types[] = {"hello", "ask", "pick", "suggest", "rate", "forget"};

    head(out, "faqd_messages_total", "counter", "Messages of visitors that were understood.");
    for (size_t i = 0; i <= SAY_FORGET; i++)
        buf_printf(out, "faqd_messages_total{type=\"%s\"} %" PRIu64 "\n", types[i], n->messages[i]);
    head(out, "faqd_replies_total", "counter", "Replies sent, by outcome.");
    for (int i = 0; i <= OUTCOME_UNANSWERED; i++)
        buf_printf(out, "faqd_replies_total{outcome=\"%s\"} %" PRIu64 "\n",
                   outcome_name((enum outcome)i), n->outcomes[i]);
    head(out, "faqd_errors_total", "counter", "Errors sent, by code.");
    for (int i = WIRE_OK + 1; i <= WIRE_SHUTTING_DOWN; i++)
        buf_printf(out, "faqd_errors_total{code=\"%s\"} %" PRIu64 "\n",
                   wire_code_name((enum wire_code)i), n->errors[i]);
    one(out, "faqd_replies_repeated_total", "counter",
        "Questions that were asked again with the same id.", n->repeated);
    one(out, "faqd_replies_unlogged_total", "counter",
        "Replies that left before their row was on disk.", n->unlogged);
    one(out, "faqd_rows_late_total", "counter",
        "Rows that reached the disk after their reply, or after their visitor had gone.", n->late);
}

static void connections(const struct service *s, struct buf *out)
{
    const struct counters *n = &s->count;

    one(out, "faqd_connections", "gauge", "Open connections.", s->nconns);
    one(out, "faqd_websockets", "gauge", "Open WebSocket connections.", s->nws);
    one(out, "faqd_connections_total", "counter", "Connections accepted.", n->accepted);
    head(out, "faqd_connections_refused_total", "counter", "Connections refused, by reason.");
    buf_printf(out,
               "faqd_connections_refused_total{reason=\"full\"} %" PRIu64 "\n"
               "faqd_connections_refused_total{reason=\"address\"} %" PRIu64 "\n"
               "faqd_connections_refused_total{reason=\"handshake\"} %" PRIu64 "\n",
               n->refused_full, n->refused_address, n->refused_gate);
    one(out, "faqd_origins_refused_total", "counter", "Requests from pages that may not ask.",
        n->refused_origin);
    head(out, "faqd_connections_cut_total", "counter", "Connections that we closed, by reason.");
    buf_printf(out,
               "faqd_connections_cut_total{reason=\"idle\"} %" PRIu64 "\n"
               "faqd_connections_cut_total{reason=\"stalled\"} %" PRIu64 "\n"
               "faqd_connections_cut_total{reason=\"flood\"} %" PRIu64 "\n"
               "faqd_connections_cut_total{reason=\"protocol\"} %" PRIu64 "\n",
               n->closed_idle, n->closed_stalled, n->closed_flood, n->closed_protocol);
    head(out, "faqd_http_responses_total", "counter", "HTTP responses, by class of status.");
    for (unsigned i = 2; i <= 5; i++)
        buf_printf(out, "faqd_http_responses_total{status=\"%uxx\"} %" PRIu64 "\n", i, n->http[i]);
}

static void store(const struct writer_stats *w, struct buf *out)
{
    one(out, "faqd_rows_committed_total", "counter", "Questions on disk.", w->committed);
    one(out, "faqd_rows_dropped_total", "counter", "Questions that will never be on disk.",
        w->dropped);
    one(out, "faqd_commits_total", "counter", "Transactions.", w->batches);
    one(out, "faqd_commit_failures_total", "counter", "Transactions that failed.", w->failures);
    one(out, "faqd_store_queued", "gauge", "Rows that wait for the disk.", w->queued);
    one(out, "faqd_store_degraded", "gauge", "1 while the disk fails or is slow.", w->degraded);
    real(out, "faqd_commit_seconds_last", "gauge", "How long the last commit took.",
         w->commit_ms_last / 1000);
    real(out, "faqd_commit_seconds_max", "gauge", "How long the longest commit took.",
         w->commit_ms_max / 1000);
}

static void content(const struct reload_view *r, struct buf *out)
{
    head(out, "faqd_content_info", "gauge", "The content that is being served.");
    buf_printf(out, "faqd_content_info{revision=\"%s\"} 1\n", r->revision);
    one(out, "faqd_intents", "gauge", "Intents that are being served.", r->stats.intents);
    one(out, "faqd_patterns", "gauge", "Patterns that are being served.", r->stats.patterns);
    one(out, "faqd_reloads_total", "counter", "Content taken over while serving.", r->done);
    one(out, "faqd_reload_failures_total", "counter", "Content refused while serving.", r->failed);
    one(out, "faqd_config_ok", "gauge", "0 if the last content was refused.", !r->last_failed);
    real(out, "faqd_build_seconds", "gauge", "How long the build of the content took.",
         r->stats.build_ms / 1000);
}

/* For editors: a pattern that ran into a limit is no hit, and must not stay unnoticed. */
static void patterns(const struct turn *t, struct buf *out)
{
    const struct corpus *c = turn_corpus(t);
    struct corpus_stats stats;

    corpus_stats(c, &stats);
    one(out, "faqd_pattern_overruns", "gauge",
        "Questions that used up the time of all patterns, since this content is served.",
        match_pattern_overruns(turn_matcher(t)));
    head(out, "faqd_pattern_limits", "gauge",
         "Times that a pattern ran into a limit of steps or time, since this content is served.");
    for (uint32_t i = 0; i < stats.patterns; i++) {
        uint32_t n = match_pattern_limits(turn_matcher(t), i);
        struct span id = corpus_intent_id(c, corpus_pattern_intent(c, i));
        if (n > 0)
            buf_printf(out,
                       "faqd_pattern_limits{intent=\"%.*s\",pattern=\"%" PRIu32 "\"} %" PRIu32 "\n",
                       SPAN_ARG(id), i, n);
    }
}

void health_metrics(struct service *s, struct buf *out)
{
    struct writer_stats w;
    struct reload_view r;

    writer_stats(s->config.writer, &w);
    reload_view(s->config.reload, &r);
    real(out, "faqd_start_time_seconds", "gauge", "When the daemon started, since 1970.",
         (double)s->started_ms / 1000);
    connections(s, out);
    messages(&s->count, out);
    store(&w, out);
    content(&r, out);
    patterns(s->turn, out);
}
