/* The filter of the command line. Independent of the command. */
#include "command/filter_read.h"

#include "core/text/text.h"
#include "options/options.h"
#include "options/output.h"
#include "source/system_names.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_NAME_LONGEST 253
#define SHOWN_CELLS       100 /* of an invalid filter */
#define LEFT_CELLS        60  /* of them before the error */

static bool read_address(const struct addrinfo *entry, struct addr *addr, uint8_t *family)
{
    struct sockaddr_in inet;
    struct sockaddr_in6 inet6;

    *addr = (struct addr){{0}};
    if (entry->ai_family == AF_INET && entry->ai_addrlen >= sizeof(inet)) {
        memcpy(&inet, entry->ai_addr, sizeof(inet));
        memcpy(addr->bytes, &inet.sin_addr, sizeof(inet.sin_addr));
        *family = FAMILY_INET;
        return true;
    }
    if (entry->ai_family == AF_INET6 && entry->ai_addrlen >= sizeof(inet6)) {
        memcpy(&inet6, entry->ai_addr, sizeof(inet6));
        memcpy(addr->bytes, &inet6.sin6_addr, sizeof(inet6.sin6_addr));
        *family = FAMILY_INET6;
        return true;
    }
    return false;
}

static uint32_t find_host(void *data, const char *name, size_t length, struct addr *addrs,
                          uint8_t *families, uint32_t max)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    char text[HOST_NAME_LONGEST + 1];
    uint32_t count = 0;

    (void)data;
    if (length > HOST_NAME_LONGEST)
        return 0;
    memcpy(text, name, length);
    text[length] = '\0';
    if (getaddrinfo(text, NULL, &hints, &found) != 0)
        return 0;
    for (const struct addrinfo *entry = found; entry && count < max; entry = entry->ai_next)
        count += read_address(entry, &addrs[count], &families[count]);
    freeaddrinfo(found);
    return count;
}

static size_t clean_width(char *room, const char *text, size_t length)
{
    text_clean(room, TEXT_CLEAN_MAX(length), text, length);
    return text_width(room);
}

/* Shows the filter as safe text with carets under the wrong word; of a long filter, the part around
 * that word. */
static void show_place(const char *text, const struct filter_error *error)
{
    char *room = malloc(TEXT_CLEAN_MAX(strlen(text))), *shown = room, carets[SHOWN_CELLS];

    if (!room)
        return;
    size_t before = clean_width(room, text, error->column);
    size_t under = clean_width(room, text + error->column, error->length);
    const size_t width = clean_width(room, text, strlen(text));
    if (width > SHOWN_CELLS && before > LEFT_CELLS) {
        shown += text_fit(room, before - LEFT_CELLS);
        before -= width - text_width(shown);
    }
    const bool cut_left = shown > room, cut_right = text_width(shown) > SHOWN_CELLS;
    shown[text_fit(shown, SHOWN_CELLS)] = '\0';
    message_line("%s%s%s", cut_left ? "…" : "", shown, cut_right ? "…" : "");
    if (before + under > SHOWN_CELLS)
        under = SHOWN_CELLS - before;
    memset(carets, '^', sizeof(carets));
    message_line("%*s%.*s", (int)before + cut_left, "", under ? (int)under : 1, carets);
    free(room);
}

int filter_read(struct filter **filter, const char *text, unsigned flags)
{
    struct filter_error error = {0};
    struct system_names *names = NULL;
    int result = system_names_new(&names, NULL, NULL);

    if (!result) {
        struct filter_names lookup = system_names_filter(names);
        if (flags & FILTER_RESOLVES_HOSTS)
            lookup.host = find_host;
        lookup.several_hosts = flags & FILTER_KNOWS_MACHINES;
        result = filter_parse(filter, text, &lookup, &error);
    }
    system_names_free(names);
    if (result == 0)
        return -1;
    if (result != -EINVAL) {
        message("filter: %s", strerror(-result));
        return EXIT_FAILED;
    }
    show_place(text, &error);
    message("filter, character %zu: %s", error.column + 1, error.message);
    return EXIT_USAGE;
}
