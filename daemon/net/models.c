#include "net/models.h"

#include "base/log.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct model {
    char *name;
    struct timespec at;
};

void models_open(const char *dir)
{
    if (dir != NULL && mkdir(dir, 0700) != 0 && errno != EEXIST)
        log_warn("no-model-cache", "dir=%s error=\"%s\"", dir, strerror(errno));
}

static int newest_first(const void *a, const void *b)
{
    const struct model *x = a, *y = b;
    if (x->at.tv_sec != y->at.tv_sec)
        return x->at.tv_sec < y->at.tv_sec ? 1 : -1;
    return (x->at.tv_nsec < y->at.tv_nsec) - (x->at.tv_nsec > y->at.tv_nsec);
}

static bool is_model(const char *name)
{
    size_t len = strlen(name), suffix = strlen(".model");
    return len > suffix && strcmp(name + len - suffix, ".model") == 0;
}

void models_tidy(const char *dir)
{
    struct model *models = NULL;
    size_t n = 0, cap = 0;
    DIR *d = dir != NULL ? opendir(dir) : NULL;

    if (d == NULL)
        return;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        struct stat st;
        if (!is_model(e->d_name) || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        models = mem_grow(models, &cap, n + 1, sizeof(*models));
        models[n++] = (struct model){mem_strdup(e->d_name), st.st_mtim};
    }
    if (n > 0)
        qsort(models, n, sizeof(*models), newest_first);
    for (size_t i = 0; i < n; i++) {
        if (i >= MODELS_KEPT)
            (void)unlinkat(dirfd(d), models[i].name, 0);
        free(models[i].name);
    }
    free(models);
    closedir(d);
}
