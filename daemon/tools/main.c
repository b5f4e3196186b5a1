/*
 * tools/main.c - faqctl: content and log on the command line, for editors and operators
 */
#include "base/clock.h"
#include "base/mem.h"
#include "console/logview.h"
#include "core/calendar.h"
#include "core/nearest.h"
#include "tools/tools.h"

#include <math.h>
#include <stdlib.h>

/* ---- the subcommands ------------------------------------------------------------------------- */

enum { CHECK = 1, ASK = 2, MATCH = 4, TEST = 8, LOG = 16, ALL = 31 };

static const struct command {
    const char *name;
    unsigned bit;
    int (*run)(const struct tool *o); /* NULL: log, which reads its own options */
    const char *words, *help, *more;
} commands[] = {
    {"check", CHECK, check_run, "", "reads the content and says what there is to mend",
     "Prints file:line: what, why and the mend, one a line. Exit status 1 if anything is wrong;\n"
     "with --strict also for warnings (expired answers, patterns that are slow to look for)."},
    {"ask", ASK, ask_run, " QUESTION", "answers one question and explains why",
     "Shows the words that counted, the answer as a visitor gets it, what spoke for it, what came\n"
     "second and why it lost. Nothing is logged."},
    {"match", MATCH, match_run_tool, "", "questions from standard input, decisions as JSON lines",
     "Each line is a question, or JSON: "
     "{\"q\":\"...\",\"context\":\"topic-id\"|null,\"lang\":\"ja\"|\"en\"}.\n"
     "One line comes out for each that goes in:\n"
     "{\"outcome\",\"intent\",\"confidence\",\"choices\":[ids],\"why\":[{\"source\",\"what\","
     "\"intent\",\"begin\",\"end\"}]}\n"
     "begin and end count code points of the question. A line that is no question gives\n"
     "\"outcome\":\"error\" and exit status 1 at the end. Nothing is logged."},
    {"test", TEST, test_run, " [FILE...]", "does every example reach its topic? and question files",
     "Asks all examples of the content, each also as other people would type it (width, case,\n"
     "kana, spaces, endings, one typing error ...), then the questions in FILEs: *.jsonl with\n"
     "lines like {\"q\":\"...\",\"want\":\"topic-id\"|null} and dialogues in *.txt. Exit status 1\n"
     "if an example does not reach its topic, if too many of its variants do not, or if a\n"
     "question in a must-pass.jsonl is not answered right."},
    {"log", LOG, NULL, " ...", "the log of questions: faqctl log --help", NULL},
};
enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* ---- the options ----------------------------------------------------------------------------- */

static bool set_content(struct tool *o, const char *value)
{
    o->content = value;
    return value[0] != '\0';
}

static bool set_store(struct tool *o, const char *value)
{
    o->store = value;
    return value[0] != '\0';
}

static bool set_context(struct tool *o, const char *value)
{
    o->context = value;
    return value[0] != '\0';
}

static bool set_lang(struct tool *o, const char *value)
{
    o->has_lang = true;
    o->lang = strcmp(value, "en") == 0 ? LANG_EN : LANG_JA;
    return o->lang == LANG_EN || strcmp(value, "ja") == 0;
}

static bool set_now(struct tool *o, const char *value)
{
    struct span date = span_str(value), time = {0};
    unsigned minute = 0;
    int32_t day;
    const char *t = strchr(value, 'T');

    if (t != NULL) {
        date.len = (size_t)(t - value);
        time = span_str(t + 1);
    }
    if (!calendar_parse_date(date, &day) || (t != NULL && !calendar_parse_time(time, &minute)))
        return false;
    o->now_ms = calendar_begin_ms(day) + (int64_t)minute * 60 * 1000;
    return true;
}

static bool set_json(struct tool *o, const char *value)
{
    (void)value;
    o->json = true;
    return true;
}

static bool set_strict(struct tool *o, const char *value)
{
    (void)value;
    o->strict = true;
    return true;
}

static bool set_quick(struct tool *o, const char *value)
{
    (void)value;
    o->quick = true;
    return true;
}

static bool set_verbose(struct tool *o, const char *value)
{
    (void)value;
    o->verbose = true;
    return true;
}

static bool threshold(const char *s, double *ret)
{
    char *end;
    double x = strtod(s, &end);
    if (end == s || *end != '\0' || !isfinite(x) || x < 0 || x > 1)
        return false;
    *ret = x;
    return true;
}

static struct span flag_name(const char *arg)
{
    return span_of(arg, strcspn(arg, "="));
}

static const char *const keys[] = {"match.answer_at", "match.choose_at", "cache.dir"};

static bool set_key(struct tool *o, const char *value)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL)
        return false;
    struct span key = flag_name(value);
    if (span_is(key, "match.answer_at"))
        return threshold(equals + 1, &o->answer_at);
    if (span_is(key, "match.choose_at"))
        return threshold(equals + 1, &o->choose_at);
    if (span_is(key, "cache.dir")) {
        o->cache_dir = equals + 1;
        return equals[1] != '\0';
    }
    fprintf(stderr, "faqctl %s: unknown key '%.*s'", o->name, SPAN_ARG(key));
    tool_print_nearest(key, keys, sizeof(keys) / sizeof(keys[0]));
    fputs("\n", stderr);
    return false;
}

static const struct flag {
    const char *name;
    const char *value; /* NULL: takes none */
    unsigned commands;
    bool (*set)(struct tool *o, const char *value);
    const char *allowed, *help;
} flags[] = {
    {"--content", "DIR", ALL, set_content, "a directory",
     "directory that holds intents/ and kb/ [.]"},
    {"--store", "URL", LOG, set_store, "sqlite:PATH", "where the log of questions is"},
    {"--strict", NULL, CHECK, set_strict, "", "warnings count as findings"},
    {"--now", "DATE", CHECK | ASK | TEST, set_now, "YYYY-MM-DD or YYYY-MM-DDTHH:MM",
     "as if it were this day (Asia/Tokyo); ask: also YYYY-MM-DDTHH:MM"},
    {"--context", "TOPIC", ASK, set_context, "a topic id", "the topic that was answered before"},
    {"--lang", "LANG", ASK, set_lang, "ja or en", "language of the page"},
    {"--json", NULL, ASK | TEST, set_json, "", "one JSON object"},
    {"--verbose", NULL, TEST, set_verbose, "",
     "(-v) with the sentences and what spoke for each topic, and figures by tag"},
    {"--quick", NULL, TEST, set_quick, "", "without the variants of each example"},
    {"--set", "KEY=VALUE", CHECK | ASK | MATCH | TEST, set_key,
     "match.answer_at=0..1, match.choose_at=0..1 or cache.dir=DIR",
     "match.answer_at, match.choose_at, cache.dir; as of faqd"},
};
enum { NFLAGS = sizeof(flags) / sizeof(flags[0]) };

static const struct flag *find_flag(struct span name)
{
    if (span_is(name, "-v"))
        name = span_str("--verbose");
    for (size_t i = 0; i < NFLAGS; i++) {
        if (span_is(name, flags[i].name))
            return &flags[i];
    }
    return NULL;
}

void tool_print_nearest(struct span given, const char *const *known, size_t n)
{
    const char *near = nearest_of(given, known, n);
    if (near != NULL)
        fprintf(stderr, ": did you mean '%s'?", near);
}

/* ---- help ------------------------------------------------------------------------------------ */

static void print_flags(unsigned of, FILE *out)
{
    fputs("\noptions:\n", out);
    for (size_t i = 0; i < NFLAGS; i++) {
        if ((flags[i].commands & of) == 0)
            continue;
        char left[40];
        (void)snprintf(left, sizeof(left), "%s %s", flags[i].name,
                       flags[i].value != NULL ? flags[i].value : "");
        fprintf(out, "  %-18s %s\n", left, flags[i].help);
    }
    fputs("  --help             this text\n", out);
}

static void print_help(FILE *out)
{
    fputs("usage: faqctl COMMAND [OPTIONS]\n\ncommands:\n", out);
    for (size_t i = 0; i < NCOMMANDS; i++)
        fprintf(out, "  %-18s %s\n", commands[i].name, commands[i].help);
    print_flags(ALL, out);
    fputs("  --version          which faqctl this is\n"
          "\n"
          "faqctl COMMAND --help says more. Exit status: 0 fine, 1 findings, 2 usage, 3 the work\n"
          "could not be done.\n",
          out);
}

static void print_command_help(const struct command *c, FILE *out)
{
    fprintf(out, "usage: faqctl %s%s [OPTIONS]\n\n%s\n", c->name, c->words, c->more);
    print_flags(c->bit, out);
}

/* ---- reading the command line ---------------------------------------------------------------- */

static bool unknown_flag(const struct command *c, struct span name)
{
    const char *known[NFLAGS + 2];
    size_t n = 0;

    for (size_t i = 0; i < NFLAGS; i++) {
        if (c == NULL || (flags[i].commands & c->bit) != 0)
            known[n++] = flags[i].name;
    }
    known[n++] = "--help";
    const char *head = c != NULL ? c->name : "";
    const char *space = c != NULL ? " " : "";
    fprintf(stderr, "faqctl%s%s: unknown option '%.*s'", space, head, SPAN_ARG(name));
    tool_print_nearest(name, known, n);
    fprintf(stderr, "\nfaqctl%s%s --help shows all\n", space, head);
    return false;
}

/* Sets the option at argv[*i], and steps over its value. */
static bool read_flag(struct tool *o, const struct command *c, int argc, char **argv, int *i)
{
    struct span name = flag_name(argv[*i]);
    const struct flag *flag = find_flag(name);
    const char *value = argv[*i][name.len] == '=' ? argv[*i] + name.len + 1 : NULL;

    if (flag == NULL || (flag->commands & c->bit) == 0)
        return unknown_flag(c, name);
    if (flag->value == NULL && value != NULL) {
        fprintf(stderr, "faqctl %s: %s takes no value\n", c->name, flag->name);
        return false;
    }
    if (flag->value != NULL && value == NULL) {
        if (*i + 1 >= argc) {
            fprintf(stderr, "faqctl %s: %s needs %s\n", c->name, flag->name, flag->allowed);
            return false;
        }
        value = argv[++*i];
    }
    if (flag->set(o, value))
        return true;
    fprintf(stderr, "faqctl %s: %s '%s': must be %s\n", c->name, flag->name,
            value != NULL ? value : "", flag->allowed);
    return false;
}

/* Where the subcommand stands: options may come before it. 0: nowhere, or behind an option that is
 * not known, of which nobody can say whether it takes a value. */
static int find_command_word(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            return i;
        const struct flag *flag = find_flag(flag_name(argv[i]));
        if (flag == NULL)
            return 0;
        if (flag->value != NULL && strchr(argv[i], '=') == NULL)
            i++;
    }
    return 0;
}

static const struct command *find_command(const char *name)
{
    const char *known[NCOMMANDS];

    for (size_t i = 0; i < NCOMMANDS; i++) {
        known[i] = commands[i].name;
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    fprintf(stderr, "faqctl: unknown command '%s'", name);
    tool_print_nearest(span_str(name), known, NCOMMANDS);
    fputs("\nfaqctl --help shows all\n", stderr);
    return NULL;
}

static bool asks_for_help(int argc, char **argv, int from)
{
    for (int i = from; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    }
    return false;
}

static int run_without_command(int argc, char **argv)
{
    if (asks_for_help(argc, argv, 1)) {
        print_help(stdout);
        return TOOL_FINE;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--version") == 0) {
            puts("faqctl " FAQD_VERSION);
            return TOOL_FINE;
        }
        if (find_flag(flag_name(argv[i])) == NULL && argv[i][0] == '-') {
            unknown_flag(NULL, flag_name(argv[i]));
            return TOOL_USAGE;
        }
    }
    print_help(stderr);
    return TOOL_USAGE;
}

/* The log has a command line of its own; every subcommand takes --content, it has no use for it. */
static int run_log(struct tool *o, const struct command *c, int argc, char **argv, int at)
{
    char **rest = mem_zalloc_array((size_t)argc + 1, sizeof(*rest));
    int n = 0, status = TOOL_FINE;

    for (int i = 1; i < argc && status == TOOL_FINE; i++) {
        if (i == at)
            continue;
        if (i < at || span_is(flag_name(argv[i]), "--content"))
            status = read_flag(o, c, argc, argv, &i) ? TOOL_FINE : TOOL_USAGE;
        else
            rest[n++] = argv[i];
    }
    if (status == TOOL_FINE)
        status = logview_main(o->store, n, rest, stdout, stderr);
    free(rest);
    return status;
}

static int run(struct tool *o, const struct command *c, int argc, char **argv, int at)
{
    bool words_only = false; /* after -- */

    for (int i = 1; i < argc; i++) {
        if (i == at)
            continue;
        if (!words_only && strcmp(argv[i], "--") == 0)
            words_only = true;
        else if (words_only || argv[i][0] != '-' || argv[i][1] == '\0')
            o->words[o->nwords++] = argv[i];
        else if (!read_flag(o, c, argc, argv, &i))
            return TOOL_USAGE;
    }
    if (o->nwords > 0 && c->words[0] == '\0') {
        fprintf(stderr, "faqctl %s: unexpected '%s'\nfaqctl %s --help shows all\n", c->name,
                o->words[0], c->name);
        return TOOL_USAGE;
    }
    return c->run(o);
}

int main(int argc, char **argv)
{
    int at = find_command_word(argc, argv);
    if (at == 0)
        return run_without_command(argc, argv);
    const struct command *c = find_command(argv[at]);
    if (c == NULL)
        return TOOL_USAGE;
    struct tool o = {
        .name = c->name,
        .content = ".",
        .answer_at = -1,
        .choose_at = -1,
        .now_ms = clock_wall_ms(),
        .words = mem_zalloc_array((size_t)argc + 1, sizeof(char *)),
    };
    int status;
    if (c->run == NULL) {
        status = run_log(&o, c, argc, argv, at);
    } else if (asks_for_help(argc, argv, 1)) {
        print_command_help(c, stdout);
        status = TOOL_FINE;
    } else {
        status = run(&o, c, argc, argv, at);
    }
    free(o.words);
    return status;
}
