/*
 * Any bytes as an answer: no crash; what comes out is JSON with nothing but the blocks of the
 * protocol and the links that are allowed, and plain text without control characters.
 */
#include "core/markdown.h"

#include "../unit/core/blocks.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make(struct span source, enum lang lang)
{
    struct markdown m;
    struct diags diags;
    markdown_init(&m);
    diags_init(&diags);
    if (markdown_make(&m, source, "kb/fuzz.md", 1, lang, &diags)) {
        json_t *body = json_loadb(m.body.ptr, m.body.len, JSON_REJECT_DUPLICATES, NULL);
        if (body == NULL || blocks_fault(body) != NULL || json_array_size(body) == 0)
            abort();
        json_decref(body);
        for (size_t i = 0; i < m.text.len; i++) {
            unsigned char c = (unsigned char)m.text.ptr[i];
            if ((c < 0x20 && c != '\n') || c == 0x7f)
                abort();
        }
        if (m.title.len == 0 || memchr(m.title.ptr, '\n', m.title.len) != NULL)
            abort();
    } else if (diags.nerrors == 0) {
        abort();
    }
    markdown_release(&m);
    diags_release(&diags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *answer = malloc(size + 5); /* most inputs have no heading; then nothing else is reached */
    if (answer == NULL)
        return 0;
    memcpy(answer, "# x\n", 4);
    if (size > 0)
        memcpy(answer + 4, data, size);
    make(span_of(answer, size + 4), LANG_JA);
    make(span_of(answer + 4, size), LANG_EN);
    free(answer);
    return 0;
}
