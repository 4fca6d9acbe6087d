/* hint: names match as a whole, which users of `grep` do not expect. If a filter matches nothing, a
 * name in it may be part of one in the frame. */
#include "core/filter/node.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* The nth name of a kind; NULL behind the last. */
typedef const char *(*nth_name)(const struct frame *frame, uint32_t n);

static const char *nth_comm(const struct frame *frame, uint32_t n)
{
    return n < frame->proc_count ? frame->procs[n].comm : NULL;
}

static const char *nth_exe(const struct frame *frame, uint32_t n)
{
    return n < frame->proc_count ? frame->procs[n].exe : NULL;
}

static const char *nth_unit(const struct frame *frame, uint32_t n)
{
    return n < frame->group_count ? frame->groups[n].unit : NULL;
}

static const char *nth_container(const struct frame *frame, uint32_t n)
{
    return n < frame->group_count ? frame->groups[n].container : NULL;
}

static const char *nth_user(const struct frame *frame, uint32_t n)
{
    return n < frame->user_count ? frame->users[n].name : NULL;
}

static const struct {
    const char *column;
    nth_name name;
} KINDS[] = {{"proc", nth_comm}, {"process", nth_comm},        {"exe", nth_exe},
             {"unit", nth_unit}, {"container", nth_container}, {"user", nth_user}};

static nth_name names_of(const char *column)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (strcasecmp(KINDS[i].column, column) == 0)
            return KINDS[i].name;
    return NULL;
}

bool filter_has_names(const char *column)
{
    return names_of(column) != NULL;
}

const char *filter_nth_name(const char *column, const struct frame *frame, uint32_t n)
{
    const nth_name name = names_of(column);

    return name && frame ? name(frame, n) : NULL;
}

static bool contains(const char *name, const char *part)
{
    const size_t length = strlen(part);

    for (; *name; name++)
        if (strncasecmp(name, part, length) == 0)
            return true;
    return false;
}

/* "" or "*": what must precede the part; NULL: no name contains it, or it is a whole name. */
static const char *find_part(const struct frame *frame, nth_name name, const char *part)
{
    const char *before = NULL, *text;

    for (uint32_t n = 0; (text = name(frame, n)) != NULL; n++) {
        if (strcasecmp(text, part) == 0)
            return NULL;
        if (strncasecmp(text, part, strlen(part)) == 0)
            before = "";
        else if (!before && contains(text, part))
            before = "*";
    }
    return before;
}

/* Then the hint can be typed without quotes. */
static bool is_plain(const char *text)
{
    static const char PLAIN[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-@:/";
    return text[0] && text[strspn(text, PLAIN)] == '\0';
}

static bool hint_of(const struct filter_node *node, const struct frame *frame, char *out,
                    size_t size)
{
    const struct text_pattern *pattern = &node->u.text.pattern;

    if (node->kind != NODE_TEXT || node->compare != OPERATOR_EQ || pattern->match != MATCH_EXACT ||
        !is_plain(pattern->text))
        return false;
    const nth_name name = names_of(node->u.text.column->id);
    const char *before = name ? find_part(frame, name, pattern->text) : NULL;
    if (before)
        snprintf(out, size, "%s %s%s*", node->u.text.column->id, before, pattern->text);
    return before != NULL;
}

static bool search(const struct filter_node *node, const struct frame *frame, char *out,
                   size_t size)
{
    for (; node && node->kind != NODE_NOT; node = node->left)
        if (hint_of(node, frame, out, size) || search(node->right, frame, out, size))
            return true;
    return false;
}

bool filter_hint(const struct filter *filter, const struct frame *frame, char *out, size_t size)
{
    return filter && frame && search(filter->root, frame, out, size);
}
