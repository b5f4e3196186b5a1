#include "net/key.h"

#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static enum errc key_read(const char *path, unsigned char ret[SESSION_KEY_BYTES],
                          struct err *reterr)
{
    struct buf bytes;
    struct stat st;

    buf_init(&bytes, 0);
    enum errc rc = file_read(path, SESSION_KEY_BYTES, &bytes, reterr);
    if (rc == ERR_OK && bytes.len != SESSION_KEY_BYTES)
        rc = err_set(reterr, ERR_INPUT,
                     "'%s' must hold %d bytes: remove it, and faqd makes a new one (dialogues "
                     "then begin anew)",
                     path, SESSION_KEY_BYTES);
    if (rc == ERR_OK) {
        memcpy(ret, bytes.ptr, SESSION_KEY_BYTES);
        if (stat(path, &st) == 0 && (st.st_mode & 077) != 0)
            log_warn("key-readable", "file=%s mode=%o advice=\"chmod 600\"", path,
                     (unsigned)(st.st_mode & 07777));
    }
    if (bytes.ptr != NULL)
        sodium_memzero(bytes.ptr, bytes.len);
    buf_release(&bytes);
    return rc;
}

static bool write_whole(int fd, const unsigned char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return fsync(fd) == 0;
}

/* Under another name first, then linked: who reads the name finds a whole key, and of two that
 * start at once one wins. */
static enum errc key_create(const char *path, const char *fresh, struct err *reterr)
{
    unsigned char key[SESSION_KEY_BYTES];

    randombytes_buf(key, sizeof(key));
    unlink(fresh); /* left over by one that was killed */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(reterr, ERR_IO, "cannot create '%s': %s", fresh, strerror(errno));
    bool whole = write_whole(fd, key, sizeof(key));
    int why = errno;
    sodium_memzero(key, sizeof(key));
    close(fd);
    if (whole && link(fresh, path) != 0 && errno != EEXIST) {
        why = errno;
        whole = false;
    }
    unlink(fresh);
    if (!whole)
        return err_set(reterr, ERR_IO, "cannot create '%s': %s", path, strerror(why));
    return ERR_OK;
}

enum errc key_open(const char *path, unsigned char ret[SESSION_KEY_BYTES], struct err *reterr)
{
    struct buf name, fresh;
    enum errc rc = ERR_OK;

    buf_init(&name, 0);
    buf_init(&fresh, 0);
    buf_printf(&name, "%s.key", path);
    buf_printf(&fresh, "%s.key.%ld", path, (long)getpid());
    const char *cname = buf_cstr(&name);
    if (access(cname, F_OK) != 0 && errno == ENOENT)
        rc = key_create(cname, buf_cstr(&fresh), reterr);
    if (rc == ERR_OK)
        rc = key_read(cname, ret, reterr);
    buf_release(&name);
    buf_release(&fresh);
    return rc;
}
