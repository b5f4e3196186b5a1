/*
 * Is this a `body` of the protocol? Written against the protocol's text and not against markdown.c,
 * for the unit tests and for the fuzz target.
 */
#ifndef FAQD_TESTS_BLOCKS_H
#define FAQD_TESTS_BLOCKS_H

#include <jansson.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

static const char *blocks_fault(const json_t *blocks);

/* Exactly the members named, which all are there. */
static bool blocks_has(const json_t *o, const char *a, const char *b, const char *c)
{
    const char *keys[] = {a, b, c};
    size_t n = 0;
    for (size_t i = 0; i < 3; i++) {
        if (keys[i] != NULL && json_object_get(o, keys[i]) == NULL)
            return false;
        n += keys[i] != NULL;
    }
    return json_object_size(o) == n;
}

static bool blocks_href_ok(const char *href)
{
    static const char *const schemes[] = {"https://", "http://", "tel:", "mailto:"};
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        if (strncasecmp(href, schemes[i], strlen(schemes[i])) == 0 &&
            href[strlen(schemes[i])] != '\0')
            return true;
    }
    return false;
}

static const char *inlines_fault(const json_t *inlines)
{
    if (!json_is_array(inlines))
        return "inlines are no list";
    bool text = false;
    for (size_t i = 0; i < json_array_size(inlines); i++) {
        const json_t *k = json_array_get(inlines, i);
        if (json_is_string(k)) {
            if (text)
                return "two strings beside each other";
            if (json_string_length(k) == 0)
                return "an empty string";
            text = true;
            continue;
        }
        text = false;
        const char *t = json_string_value(json_object_get(k, "t"));
        if (t == NULL)
            return "an inline without t";
        if (strcmp(t, "br") == 0) {
            if (!blocks_has(k, "t", NULL, NULL))
                return "br with other members";
            continue;
        }
        if (strcmp(t, "a") == 0) {
            const char *href = json_string_value(json_object_get(k, "href"));
            if (!blocks_has(k, "t", "href", "c") || href == NULL || !blocks_href_ok(href))
                return "a link that is not allowed";
        } else if (strcmp(t, "b") != 0 || !blocks_has(k, "t", "c", NULL)) {
            return "an unknown inline";
        }
        const char *fault = inlines_fault(json_object_get(k, "c"));
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

static const char *cells_fault(const json_t *cells, size_t columns)
{
    if (!json_is_array(cells) || json_array_size(cells) != columns)
        return "a row with another number of cells than the head";
    for (size_t i = 0; i < columns; i++) {
        const char *fault = inlines_fault(json_array_get(cells, i));
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

static const char *block_fault(const json_t *b)
{
    const char *t = json_string_value(json_object_get(b, "t"));
    if (t == NULL)
        return "a block without t";
    if (strcmp(t, "p") == 0 || strcmp(t, "h") == 0)
        return blocks_has(b, "t", "c", NULL) ? inlines_fault(json_object_get(b, "c"))
                                             : "p or h with other members";
    if (strcmp(t, "note") == 0)
        return blocks_has(b, "t", "c", NULL) ? blocks_fault(json_object_get(b, "c"))
                                             : "note with other members";
    const char *fault = NULL;
    if (strcmp(t, "ul") == 0 || strcmp(t, "ol") == 0) {
        const json_t *items = json_object_get(b, "items");
        if (!blocks_has(b, "t", "items", NULL) || !json_is_array(items))
            return "a list without items";
        for (size_t i = 0; i < json_array_size(items) && fault == NULL; i++)
            fault = blocks_fault(json_array_get(items, i));
        return fault;
    }
    if (strcmp(t, "table") != 0)
        return "an unknown block";
    const json_t *head = json_object_get(b, "head"), *rows = json_object_get(b, "rows");
    if (!blocks_has(b, "t", "head", "rows") || !json_is_array(rows))
        return "a table without head or rows";
    size_t columns = json_array_size(head);
    fault = cells_fault(head, columns);
    for (size_t i = 0; i < json_array_size(rows) && fault == NULL; i++)
        fault = cells_fault(json_array_get(rows, i), columns);
    return fault;
}

/* NULL, or what is wrong. */
static const char *blocks_fault(const json_t *blocks)
{
    if (!json_is_array(blocks))
        return "blocks are no list";
    for (size_t i = 0; i < json_array_size(blocks); i++) {
        const char *fault = block_fault(json_array_get(blocks, i));
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

#endif
