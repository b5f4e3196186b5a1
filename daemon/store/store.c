#include "store/store.h"

#include "store/sqlite.h"

#include <string.h>

enum errc store_open(const char *url, enum store_mode mode, struct store **ret, struct err *reterr)
{
    static const char scheme[] = "sqlite:";

    if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 || url[sizeof(scheme) - 1] == '\0')
        return err_set(reterr, ERR_INPUT, "store '%s': expected sqlite:PATH", url);
    return store_sqlite_open(url + sizeof(scheme) - 1, mode, ret, reterr);
}

void store_close(struct store *s)
{
    if (s != NULL)
        s->ops->close(s);
}
