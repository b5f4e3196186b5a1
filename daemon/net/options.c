/*
 * net/options.c - flags, --set and the configuration file, from one table
 *
 * Values are gathered as text first, with where they came from, and set in the order of their
 * rank: default, file, --set, flag. So each is checked, also one that a later one overrides.
 */
#include "net/options.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "core/nearest.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
    CONFIG_BYTES_MAX = 1 << 20,
    LIST_MAX = 1000, /* origins, proxies */
    CONNECTIONS_MAX = 1000000,
    HOUR_MS = 60 * 60 * 1000,
};

struct option;
/* False: `why` says what is allowed. */
typedef bool set_fn(struct options *o, const struct option *opt, const char *value,
                    struct err *why);

struct option {
    const char *key;
    const char *flag;  /* NULL: only as a key */
    const char *value; /* what stands for it in --help */
    const char *fallback;
    set_fn *set;
    size_t offset; /* into struct options */
    double least, most;
    const char *help;
};

static void *field(struct options *o, const struct option *opt)
{
    return (char *)o + opt->offset;
}

static bool set_string(struct options *o, const struct option *opt, const char *value,
                       struct err *why)
{
    char **at = field(o, opt);
    if (value[0] == '\0') {
        err_set(why, ERR_INPUT, "must not be empty");
        return false;
    }
    free(*at);
    *at = mem_strdup(value);
    return true;
}

static bool set_cache(struct options *o, const struct option *opt, const char *value,
                      struct err *why)
{
    (void)opt;
    (void)why;
    free(o->cache_dir);
    o->cache_dir = value[0] != '\0' ? mem_strdup(value) : NULL;
    o->cache_given = true;
    return true;
}

static bool set_store(struct options *o, const struct option *opt, const char *value,
                      struct err *why)
{
    if (strncmp(value, "postgresql:", 11) == 0 || strncmp(value, "postgres:", 9) == 0) {
        err_set(why, ERR_INPUT, "this faqd keeps its log in SQLite only: use sqlite:PATH");
        return false;
    }
    if (strncmp(value, "sqlite:", 7) != 0 || value[7] == '\0') {
        err_set(why, ERR_INPUT, "expected sqlite:PATH");
        return false;
    }
    return set_string(o, opt, value, why);
}

static bool set_count(struct options *o, const struct option *opt, const char *value,
                      struct err *why)
{
    char *end = NULL;
    errno = 0;
    long long n = value[0] >= '0' && value[0] <= '9' ? strtoll(value, &end, 10) : 0;
    if (end == NULL || *end != '\0' || errno != 0 || (double)n < opt->least ||
        (double)n > opt->most) {
        err_set(why, ERR_INPUT, "expected a whole number from %.0f to %.0f", opt->least, opt->most);
        return false;
    }
    *(int64_t *)field(o, opt) = n;
    return true;
}

static bool set_workers(struct options *o, const struct option *opt, const char *value,
                        struct err *why)
{
    if (!set_count(o, opt, value, why))
        return false;
    if (o->workers > 1) {
        err_set(why, ERR_INPUT, "this faqd serves with one thread only: use 1");
        return false;
    }
    return true;
}

static bool set_real(struct options *o, const struct option *opt, const char *value,
                     struct err *why)
{
    char *end = NULL;
    double x = value[0] >= '0' && value[0] <= '9' ? strtod(value, &end) : NAN;
    if (end == NULL || *end != '\0' || strpbrk(value, "xX") != NULL || !isfinite(x) ||
        x < opt->least || x > opt->most) {
        err_set(why, ERR_INPUT, "expected a number from %g to %g", opt->least, opt->most);
        return false;
    }
    *(double *)field(o, opt) = x;
    return true;
}

static bool set_bool(struct options *o, const struct option *opt, const char *value,
                     struct err *why)
{
    bool yes = strcmp(value, "true") == 0;
    if (!yes && strcmp(value, "false") != 0) {
        err_set(why, ERR_INPUT, "expected true or false");
        return false;
    }
    *(bool *)field(o, opt) = yes;
    return true;
}

static bool set_endpoint(struct options *o, const struct option *opt, const char *value,
                         struct err *why)
{
    if (!endpoint_parse(span_str(value), field(o, opt))) {
        err_set(why, ERR_INPUT, "expected HOST:PORT, e.g. 127.0.0.1:8080 or [::1]:8080");
        return false;
    }
    return true;
}

/* The next part of a comma separated list, without blanks around it; false at its end. */
static bool list_next(const char **at, struct span *ret)
{
    if (*at == NULL)
        return false;
    const char *from = *at, *comma = strchr(from, ',');
    *at = comma != NULL ? comma + 1 : NULL;
    *ret = span_trim(span_of(from, comma != NULL ? (size_t)(comma - from) : strlen(from)));
    return true;
}

static void drop_origins(struct options *o)
{
    for (size_t i = 0; i < o->norigins; i++)
        free(o->origins[i]);
    free(o->origins);
    o->origins = NULL;
    o->norigins = 0;
}

/* As browsers send it: scheme, host, perhaps a port; lower case, no path. */
static bool is_origin(struct span s)
{
    size_t i = 0;
    if (s.len > 8 && memcmp(s.ptr, "https://", 8) == 0)
        i = 8;
    else if (s.len > 7 && memcmp(s.ptr, "http://", 7) == 0)
        i = 7;
    else
        return false;
    for (; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || memchr(".-_:[]", c, 6) != NULL))
            return false;
    }
    return true;
}

static bool set_origins(struct options *o, const struct option *opt, const char *value,
                        struct err *why)
{
    size_t cap = 0;
    struct span s;
    (void)opt;
    drop_origins(o);
    if (value[0] == '\0')
        return true;
    for (const char *at = value; list_next(&at, &s);) {
        if (!is_origin(s)) {
            err_set(why, ERR_INPUT,
                    "'%.*s' is no origin: expected e.g. https://www.example.jp, in lower case, "
                    "without a path, several separated by commas",
                    SPAN_ARG(s));
            return false;
        }
        if (o->norigins == LIST_MAX) {
            err_set(why, ERR_INPUT, "at most %d origins", LIST_MAX);
            return false;
        }
        o->origins = mem_grow(o->origins, &cap, o->norigins + 1, sizeof(*o->origins));
        o->origins[o->norigins++] = mem_strndup(s.ptr, s.len);
    }
    return true;
}

static bool set_proxies(struct options *o, const struct option *opt, const char *value,
                        struct err *why)
{
    size_t cap = 0;
    struct span s;
    (void)opt;
    free(o->proxies);
    o->proxies = NULL;
    o->nproxies = 0;
    if (value[0] == '\0')
        return true;
    for (const char *at = value; list_next(&at, &s);) {
        struct network n;
        if (!network_parse(s, &n) || o->nproxies == LIST_MAX) {
            err_set(why, ERR_INPUT,
                    "'%.*s': expected addresses or networks, e.g. 127.0.0.1, 10.0.0.0/8",
                    SPAN_ARG(s));
            return false;
        }
        o->proxies = mem_grow(o->proxies, &cap, o->nproxies + 1, sizeof(*o->proxies));
        o->proxies[o->nproxies++] = n;
    }
    return true;
}

#define AT(member) offsetof(struct options, member)

static const struct option table[] = {
    {"content", "content", "DIR", ".", set_string, AT(content), 0, 0,
     "directory that holds intents/ and kb/"},
    {"listen", "listen", "HOST:PORT", "127.0.0.1:8080", set_endpoint, AT(listen), 0, 0,
     "where visitors are served; port 0 picks one"},
    {"store", "store", "sqlite:PATH", "sqlite:faqd.db", set_store, AT(store), 0, 0,
     "where questions are kept; PATH.key beside it signs dialogues"},
    {"workers", "workers", "N", "1", set_workers, AT(workers), 1, 64, "threads that serve"},
    {"origins", NULL, "LIST", "", set_origins, AT(origins), 0, 0,
     "pages that may use the chat, separated by commas; unset: the daemon's own and localhost"},
    {"origin_required", NULL, "BOOL", "false", set_bool, AT(origin_required), 0, 0,
     "refuse WebSocket clients that name no origin"},
    {"limits.connections", NULL, "N", "10000", set_count, AT(connections), 0, CONNECTIONS_MAX,
     "open connections; 0 = no limit, for each of limits.*"},
    {"limits.connections_per_address", NULL, "N", "50", set_count, AT(connections_per_address), 0,
     CONNECTIONS_MAX, "open connections of one address"},
    {"limits.messages_per_second", NULL, "X", "5", set_real, AT(messages_per_second), 0, 1e6,
     "messages of one visitor, in the long run"},
    {"limits.message_burst", NULL, "N", "30", set_count, AT(message_burst), 0, 1e6,
     "messages of one visitor at once"},
    {"limits.idle_timeout_ms", NULL, "MS", "60000", set_count, AT(idle_timeout_ms), 0,
     24.0 * HOUR_MS, "silence after which a connection is closed; pinged at half of it"},
    {"trusted_proxies", NULL, "LIST", "", set_proxies, AT(proxies), 0, 0,
     "addresses and networks whose X-Forwarded-For is believed; unset: nobody's"},
    {"admin.listen", NULL, "HOST:PORT", NULL, set_endpoint, AT(admin), 0, 0,
     "where /healthz and /metrics are served; unset: on --listen if that is a loopback address"},
    {"cache.dir", NULL, "DIR", NULL, set_cache, AT(cache_dir), 0, 0,
     "where trained models are kept between starts; unset: PATH.cache beside the store, empty: "
     "nowhere"},
    {"log.max_wait_ms", NULL, "MS", "1000", set_count, AT(max_wait_ms), 1, HOUR_MS,
     "how long a reply waits for its row to be on disk"},
    {"log.retention_days", NULL, "N", "180", set_count, AT(retention_days), 0, 36500,
     "age at which questions are deleted; 0 = never"},
    {"match.answer_at", NULL, "X", NULL, set_real, AT(answer_at), 0, 1,
     "confidence that is enough to answer; unset: what the content's build found"},
    {"match.choose_at", NULL, "X", NULL, set_real, AT(choose_at), 0, 1,
     "confidence that is enough to offer a choice; unset: what the content's build found"},
};
enum { NTABLE = sizeof(table) / sizeof(table[0]) };

static const struct option *find(struct span key)
{
    for (size_t i = 0; i < NTABLE; i++) {
        if (span_is(key, table[i].key))
            return &table[i];
    }
    return NULL;
}

static void unknown_key(struct diags *diags, const char *file, unsigned line, const char *before,
                        struct span key)
{
    struct nearest near = {0};
    for (size_t i = 0; i < NTABLE; i++)
        nearest_try(&near, key, table[i].key);
    if (near.name != NULL)
        diags_add(diags, SEVERITY_ERROR, file, line, "%sunknown option '%.*s': did you mean '%s'?",
                  before, SPAN_ARG(key), near.name);
    else
        diags_add(diags, SEVERITY_ERROR, file, line,
                  "%sunknown option '%.*s': faqd --help lists all", before, SPAN_ARG(key));
}

static void set(struct options *o, const struct option *opt, const char *value, const char *file,
                unsigned line, const char *before, struct diags *diags)
{
    struct err why;
    if (opt->set(o, opt, value, &why))
        return;
    if (opt->set == set_store) /* a URL may hold a password */
        diags_add(diags, SEVERITY_ERROR, file, line, "%s%s: %s", before, opt->key, why.text);
    else
        diags_add(diags, SEVERITY_ERROR, file, line, "%s%s = '%s': %s", before, opt->key, value,
                  why.text);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void read_line(struct options *o, struct span s, const char *path, unsigned line,
                      struct diags *diags)
{
    s = span_trim(s);
    if (s.len == 0 || s.ptr[0] == '#')
        return;
    const char *equals = memchr(s.ptr, '=', s.len);
    if (equals == NULL) {
        diags_add(diags, SEVERITY_ERROR, path, line, "expected `key = value` or a # comment");
        return;
    }
    struct span key = span_trim(span_of(s.ptr, (size_t)(equals - s.ptr)));
    struct span value = span_trim(span_of(equals + 1, (size_t)(s.ptr + s.len - equals - 1)));
    const struct option *opt = find(key);
    if (opt == NULL) {
        unknown_key(diags, path, line, "", key);
        return;
    }
    char *text = mem_strndup(value.ptr, value.len);
    set(o, opt, text, path, line, "", diags);
    free(text);
}

static void read_file(struct options *o, const char *path, struct diags *diags)
{
    struct buf bytes;
    struct err err;
    buf_init(&bytes, 0);
    if (file_read(path, CONFIG_BYTES_MAX, &bytes, &err) != ERR_OK) {
        diags_add(diags, SEVERITY_ERROR, NULL, 0, "--config: %s", err.text);
        buf_release(&bytes);
        return;
    }
    struct span all = buf_span(&bytes);
    if (all.len >= 3 && memcmp(all.ptr, "\xEF\xBB\xBF", 3) == 0)
        all = span_of(all.ptr + 3, all.len - 3);
    unsigned line = 1;
    while (all.len > 0) {
        const char *end = memchr(all.ptr, '\n', all.len);
        size_t len = end != NULL ? (size_t)(end - all.ptr) : all.len;
        struct span s = span_of(all.ptr, len);
        if (!utf8_valid(s) || memchr(s.ptr, '\0', s.len) != NULL)
            diags_add(diags, SEVERITY_ERROR, path, line, "is not valid UTF-8 text");
        else
            read_line(o, s, path, line, diags);
        size_t took = end != NULL ? len + 1 : len;
        all = span_of(all.ptr + took, all.len - took);
        line++;
    }
    buf_release(&bytes);
}

/* ---- the command line ------------------------------------------------------------------------ */

struct given {
    const struct option *opt; /* NULL: --config, --set */
    bool config;
    const char *value;
};

static void read_set(struct options *o, const char *arg, struct diags *diags)
{
    const char *equals = strchr(arg, '=');
    if (equals == NULL) {
        diags_add(diags, SEVERITY_ERROR, NULL, 0, "--set %s: expected key=value", arg);
        return;
    }
    struct span key = span_trim(span_of(arg, (size_t)(equals - arg)));
    const struct option *opt = find(key);
    if (opt == NULL)
        unknown_key(diags, NULL, 0, "--set: ", key);
    else
        set(o, opt, equals + 1, NULL, 0, "--set ", diags);
}

static void unknown_flag(const char *arg, struct span name, struct diags *diags)
{
    struct nearest near = {0};
    nearest_try(&near, name, "config");
    nearest_try(&near, name, "set");
    nearest_try(&near, name, "help");
    for (size_t i = 0; i < NTABLE; i++) {
        if (table[i].flag != NULL)
            nearest_try(&near, name, table[i].flag);
    }
    if (find(name) != NULL && near.name == NULL)
        diags_add(diags, SEVERITY_ERROR, NULL, 0, "'%s' is no flag: use --set %.*s=VALUE", arg,
                  SPAN_ARG(name));
    else if (near.name != NULL)
        diags_add(diags, SEVERITY_ERROR, NULL, 0, "unknown flag '%s': did you mean --%s?", arg,
                  near.name);
    else
        diags_add(diags, SEVERITY_ERROR, NULL, 0, "unknown flag '%s': faqd --help lists all", arg);
}

/* Reads one argument and perhaps the next as its value; returns how many it took. */
static int read_arg(int argc, char *const argv[], int i, struct given *given, size_t *n,
                    enum options_result *result, struct diags *diags)
{
    const char *arg = argv[i];
    if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
        *result = OPTIONS_HELP;
        return 1;
    }
    if (strcmp(arg, "--version") == 0) {
        *result = OPTIONS_VERSION;
        return 1;
    }
    if (strncmp(arg, "--", 2) != 0) {
        diags_add(diags, SEVERITY_ERROR, NULL, 0, "unexpected argument '%s': faqd --help", arg);
        return 1;
    }
    const char *equals = strchr(arg, '=');
    struct span name =
        span_of(arg + 2, equals != NULL ? (size_t)(equals - arg - 2) : strlen(arg + 2));
    struct given g = {.config = span_is(name, "config")};
    for (size_t k = 0; k < NTABLE; k++) {
        if (table[k].flag != NULL && span_is(name, table[k].flag))
            g.opt = &table[k];
    }
    if (g.opt == NULL && !g.config && !span_is(name, "set")) {
        unknown_flag(arg, name, diags);
        return 1;
    }
    g.value = equals != NULL ? equals + 1 : i + 1 < argc ? argv[i + 1] : NULL;
    if (g.value == NULL)
        diags_add(diags, SEVERITY_ERROR, NULL, 0, "--%.*s: a value is missing", SPAN_ARG(name));
    else
        given[(*n)++] = g;
    return equals != NULL ? 1 : 2;
}

enum options_result options_read(struct options *o, int argc, char *const argv[],
                                 struct diags *diags)
{
    enum options_result result = OPTIONS_RUN;
    struct given *given = mem_zalloc_array((size_t)argc + 1, sizeof(*given));
    size_t n = 0;

    *o = (struct options){.answer_at = -1, .choose_at = -1};
    for (size_t i = 0; i < NTABLE; i++) {
        if (table[i].fallback != NULL)
            set(o, &table[i], table[i].fallback, NULL, 0, "default: ", diags);
    }
    for (int i = 1; i < argc;)
        i += read_arg(argc, argv, i, given, &n, &result, diags);

    for (size_t i = 0; i < n; i++) {
        if (given[i].config)
            read_file(o, given[i].value, diags);
    }
    for (size_t i = 0; i < n; i++) {
        if (!given[i].config && given[i].opt == NULL)
            read_set(o, given[i].value, diags);
    }
    for (size_t i = 0; i < n; i++) {
        if (given[i].opt != NULL)
            set(o, given[i].opt, given[i].value, NULL, 0, "", diags);
    }
    free(given);
    if (!o->cache_given && o->store != NULL) {
        struct buf dir;
        buf_init(&dir, 0);
        buf_printf(&dir, "%s.cache", o->store + strlen("sqlite:"));
        o->cache_dir = mem_strdup(buf_cstr(&dir));
        buf_release(&dir);
    }
    if (result == OPTIONS_RUN && diags->nerrors > 0)
        return OPTIONS_USAGE;
    return result;
}

void options_release(struct options *o)
{
    drop_origins(o);
    free(o->proxies);
    free(o->content);
    free(o->store);
    free(o->cache_dir);
    *o = (struct options){0};
}

void options_help(FILE *out)
{
    fputs("usage: faqd [--config FILE] [--content DIR] [--listen HOST:PORT] [--store sqlite:PATH]\n"
          "            [--workers N] [--set KEY=VALUE]... [--help] [--version]\n"
          "\n"
          "Answers visitors' questions in the foreground. Prints `ready http=HOST:PORT` when it "
          "serves.\n"
          "SIGHUP reads the content again, SIGTERM answers what waits and ends.\n"
          "\n"
          "  --config FILE    lines of `key = value`, # comments, the keys below\n"
          "  --set KEY=VALUE  one option; repeatable, the last one wins\n"
          "\n"
          "A flag wins over --set, --set over the file. Keys:\n"
          "\n",
          out);
    for (size_t i = 0; i < NTABLE; i++) {
        const struct option *opt = &table[i];
        fprintf(out, "  %s = %s", opt->key, opt->value);
        if (opt->flag != NULL)
            fprintf(out, "  (--%s)", opt->flag);
        fprintf(out, "\n      %s", opt->help);
        if (opt->fallback != NULL && opt->fallback[0] != '\0')
            fprintf(out, " [%s]", opt->fallback);
        fputs("\n", out);
    }
}
