/*
 * Reads trees for the content loader: what lies there is untrusted (a FIFO, a link loop, a file of
 * many gigabytes must cost an error line, never a hang), so files are opened with O_NONBLOCK and
 * looked at with fstat before the first byte is read.
 */
#include "base/file.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TREE_DEPTH_MAX = 4 };

static enum errc read_fd(int fd, const char *path, size_t max, struct buf *out, struct err *reterr)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set(reterr, ERR_IO, "cannot look at '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return err_set(reterr, ERR_INPUT, "'%s' is no regular file", path);
    if ((uint64_t)st.st_size > max)
        return err_set(reterr, ERR_LIMIT, "'%s' has %lld bytes; at most %zu are read", path,
                       (long long)st.st_size, max);

    char piece[65536];
    size_t total = 0;
    for (;;) {
        ssize_t n = read(fd, piece, sizeof(piece));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(reterr, ERR_IO, "cannot read '%s': %s", path, strerror(errno));
        if (n == 0)
            return ERR_OK;
        total += (size_t)n;
        if (total > max) /* it grew while we read */
            return err_set(reterr, ERR_LIMIT, "'%s' has more than %zu bytes", path, max);
        buf_add(out, piece, (size_t)n);
    }
}

enum errc file_read(const char *path, size_t max, struct buf *out, struct err *reterr)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return err_set(reterr, ERR_IO, "cannot open '%s': %s", path, strerror(errno));
    enum errc rc = read_fd(fd, path, max, out, reterr);
    close(fd);
    return rc;
}

static bool write_all(int fd, struct span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return fsync(fd) == 0;
}

enum errc file_replace(const char *path, struct span bytes, struct err *reterr)
{
    struct buf name;
    enum errc rc = ERR_OK;

    buf_init(&name, 0);
    buf_printf(&name, "%s.XXXXXX", path);
    (void)buf_cstr(&name);
    int fd = mkstemp(name.ptr); /* 0600 */
    if (fd < 0) {
        rc = err_set(reterr, ERR_IO, "cannot create '%s': %s", name.ptr, strerror(errno));
    } else {
        bool ok = write_all(fd, bytes);
        if (close(fd) != 0 || !ok || rename(name.ptr, path) != 0) {
            rc = err_set(reterr, ERR_IO, "cannot write '%s': %s", path, strerror(errno));
            (void)unlink(name.ptr);
        }
    }
    buf_release(&name);
    return rc;
}

void tree_add(struct tree *t, const char *name, struct span bytes)
{
    t->files = mem_grow(t->files, &t->cap, t->n + 1, sizeof(*t->files));
    size_t at = t->n;
    while (at > 0 && strcmp(t->files[at - 1].name, name) > 0)
        at--;
    memmove(t->files + at + 1, t->files + at, (t->n - at) * sizeof(*t->files));
    t->files[at] = (struct tree_file){
        .name = mem_strdup(name), .bytes = mem_strndup(bytes.ptr, bytes.len), .len = bytes.len};
    t->n++;
}

static int tree_file_order(const void *a, const void *b)
{
    return strcmp(((const struct tree_file *)a)->name, ((const struct tree_file *)b)->name);
}

static void tree_read_file(struct tree *t, const char *path, const char *name, struct diags *diags)
{
    struct buf bytes;
    struct err err;
    buf_init(&bytes, 0);
    if (file_read(path, TREE_FILE_BYTES_MAX, &bytes, &err) != ERR_OK) {
        diags_add(diags, SEVERITY_ERROR, name, 0,
                  "cannot be read (%s): make it a readable file of at most %d bytes, or remove it",
                  err.text, TREE_FILE_BYTES_MAX);
    } else {
        t->files = mem_grow(t->files, &t->cap, t->n + 1, sizeof(*t->files));
        t->files[t->n++] = (struct tree_file){
            .name = mem_strdup(name), .len = bytes.len, .bytes = mem_strndup(bytes.ptr, bytes.len)};
    }
    buf_release(&bytes);
}

static void tree_read_dir(struct tree *t, const char *path, const char *name, int depth,
                          struct diags *diags)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        if (errno != ENOENT || depth > 0)
            diags_add(diags, SEVERITY_ERROR, name, 0, "cannot open the directory: %s",
                      strerror(errno));
        return;
    }
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        struct buf p, n;
        buf_init(&p, 0);
        buf_init(&n, 0);
        buf_printf(&p, "%s/%s", path, e->d_name);
        buf_printf(&n, "%s/%s", name, e->d_name);
        const char *cp = buf_cstr(&p), *cn = buf_cstr(&n);

        struct stat st;
        bool is_dir = lstat(cp, &st) == 0 && S_ISDIR(st.st_mode);
        if (t->n >= TREE_FILES_MAX)
            diags_add(diags, SEVERITY_ERROR, cn, 0, "more than %d files: it is left out",
                      TREE_FILES_MAX);
        else if (!is_dir)
            tree_read_file(t, cp, cn, diags);
        else if (depth + 1 < TREE_DEPTH_MAX)
            tree_read_dir(t, cp, cn, depth + 1, diags);
        else
            diags_add(diags, SEVERITY_ERROR, cn, 0, "directories are nested too deeply");
        buf_release(&p);
        buf_release(&n);
    }
    closedir(dir);
}

void tree_read(struct tree *t, const char *root, const char *const subs[], struct diags *diags)
{
    *t = (struct tree){.root = mem_strdup(root)};
    for (size_t i = 0; subs[i] != NULL; i++) {
        struct buf p;
        buf_init(&p, 0);
        buf_printf(&p, "%s/%s", root, subs[i]);
        tree_read_dir(t, buf_cstr(&p), subs[i], 0, diags);
        buf_release(&p);
    }
    if (t->n > 0)
        qsort(t->files, t->n, sizeof(*t->files), tree_file_order);
}

void tree_release(struct tree *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free(t->files[i].name);
        free(t->files[i].bytes);
    }
    free(t->files);
    free(t->root);
    *t = (struct tree){0};
}

static uint64_t fnv1a(uint64_t h, const void *bytes, size_t len)
{
    const unsigned char *p = bytes;
    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

uint64_t tree_digest(const struct tree *t)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < t->n; i++) {
        const struct tree_file *f = &t->files[i];
        uint64_t len = f->len;
        h = fnv1a(h, f->name, strlen(f->name) + 1);
        h = fnv1a(h, &len, sizeof(len));
        h = fnv1a(h, f->bytes, f->len);
    }
    return h;
}
