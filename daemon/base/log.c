#include "base/log.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdatomic.h>

static _Atomic int log_least = LOG_LEVEL_INFO;

void log_set_level(enum log_level least)
{
    atomic_store(&log_least, (int)least);
}

void log_line(enum log_level level, const char *event, const char *fmt, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load(&log_least))
        return;

    char text[1024], safe[1200];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    text[utf8_valid_prefix(span_str(text))] = '\0';

    /* A control character could forge a line or drive a terminal. */
    size_t n = 0;
    for (const char *p = text; *p != '\0' && n + 5 < sizeof(safe); p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20 || c == 0x7f)
            n += (size_t)snprintf(safe + n, sizeof(safe) - n, "\\x%02x", c);
        else
            safe[n++] = (char)c;
    }
    safe[n] = '\0';
    fprintf(stderr, "%s %s%s%s\n", names[level], event, n > 0 ? " " : "", safe);
}
