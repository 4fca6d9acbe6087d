/* host_names: a bounded cache over c-ares. Answers are not trusted: an invalid host name counts as
 * none. */
#include "ui/host_names.h"

#include "base/clock.h"

#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Enough for several screens; the least recently used are replaced. */
#define SETS       512u
#define WAYS       8u
#define UNDER_WAY  32u
#define NAME_MAX_  253u /* RFC 1035 */
#define TIMEOUT_MS 2000
#define TRIES      2
#define KEPT_NS    (600 * SECOND_NS)
#define NONE_NS    (120 * SECOND_NS)
#define FAILED_NS  (30 * SECOND_NS)
#define UNUSED_NS  (10 * SECOND_NS) /* used more recently than this: not replaced */
#define V4_MAPPED  12u              /* bytes before the address */

enum entry_state { ENTRY_EMPTY, ENTRY_PENDING, ENTRY_NAME, ENTRY_NONE };

struct entry {
    struct addr addr;
    uint8_t family, state; /* enum entry_state */
    int64_t until_ns, used_ns;
    char *name;
};

struct query {
    struct host_names *names;
    struct entry *entry; /* NULL: free */
};

struct host_names {
    ares_channel channel;
    struct entry entries[SETS][WAYS];
    struct query queries[UNDER_WAY];
    struct pollfd descriptors[HOST_NAMES_DESCRIPTORS];
    size_t descriptor_count;
    int64_t now_ns;
    bool news;
    struct host_names_counts counts;
};

bool host_name_is_sound(const char *name)
{
    const size_t length = strlen(name);
    bool letter = false;

    if (length == 0 || length > NAME_MAX_ || name[0] == '.' || name[0] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        const char c = name[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
        if (c == '.' && name[i + 1] == '.')
            return false;
        letter |= is_letter;
    }
    return letter; /* only digits and dots would look like an address */
}

static void on_socket(void *data, ares_socket_t descriptor, int readable, int writable)
{
    struct host_names *names = data;
    size_t at = 0;
    const short events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));

    while (at < names->descriptor_count && names->descriptors[at].fd != descriptor)
        at++;
    if (at == names->descriptor_count) {
        if (!events || at == HOST_NAMES_DESCRIPTORS)
            return; /* more than can be watched: its queries end by timeout */
        names->descriptor_count++;
    }
    names->descriptors[at] = (struct pollfd){.fd = descriptor, .events = events};
    if (!events)
        names->descriptors[at] = names->descriptors[--names->descriptor_count];
}

int host_names_new(struct host_names **out, const char *servers)
{
    struct host_names *names = calloc(1, sizeof *names);
    /* Files first, as in nsswitch.conf. NOSEARCH: no search domains. */
    char lookups[] = "fb";
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                   .timeout = TIMEOUT_MS,
                                   .tries = TRIES,
                                   .lookups = lookups,
                                   .sock_state_cb = on_socket,
                                   .sock_state_cb_data = names};

    if (!names)
        return -ENOMEM;
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        free(names);
        return -ENOTSUP;
    }
    int error = ares_init_options(&names->channel, &options,
                                  ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                      ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
    if (error == ARES_SUCCESS && servers) {
        error = ares_set_servers_ports_csv(names->channel, servers);
        if (error != ARES_SUCCESS)
            ares_destroy(names->channel);
    }
    if (error != ARES_SUCCESS) {
        ares_library_cleanup();
        free(names);
        return error == ARES_ENOMEM ? -ENOMEM : -ENOTSUP;
    }
    *out = names;
    return 0;
}

void host_names_free(struct host_names *names)
{
    if (!names)
        return;
    ares_destroy(names->channel); /* calls back for pending queries */
    ares_library_cleanup();
    for (size_t i = 0; i < SETS; i++)
        for (size_t j = 0; j < WAYS; j++)
            free(names->entries[i][j].name);
    free(names);
}

static void settle(struct host_names *names, struct entry *entry, int status, const char *name)
{
    const bool answered = status == ARES_SUCCESS || status == ARES_ENOTFOUND ||
                          status == ARES_ENODATA || status == ARES_EBADNAME;
    const bool sound = status == ARES_SUCCESS && name && host_name_is_sound(name);
    char *copy = sound ? strdup(name) : NULL;

    names->counts.refused += status == ARES_EBADNAME || (status == ARES_SUCCESS && !sound);
    names->counts.named += copy != NULL;
    free(entry->name);
    entry->name = copy;
    entry->state = copy ? ENTRY_NAME : ENTRY_NONE;
    entry->until_ns = names->now_ns + (copy ? KEPT_NS : answered ? NONE_NS : FAILED_NS);
    names->news |= copy != NULL;
}

static void on_answer(void *data, int status, int timeouts, struct hostent *host)
{
    struct query *query = data;
    struct host_names *names = query->names;
    struct entry *entry = query->entry;

    (void)timeouts;
    query->entry = NULL;
    names->counts.under_way--;
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
        entry->state = ENTRY_EMPTY;
    else
        settle(names, entry, status, host ? host->h_name : NULL);
}

static void ask(struct host_names *names, struct entry *entry)
{
    struct query *query = names->queries;

    while (query->entry) /* there is a free one, as under_way was checked */
        query++;
    *query = (struct query){names, entry};
    entry->state = ENTRY_PENDING;
    names->counts.under_way++;
    names->counts.asked++;
    const bool mapped = addr_is_mapped(&entry->addr, entry->family);
    const bool four = entry->family == FAMILY_INET || mapped;
    const uint8_t *bytes = entry->addr.bytes + (mapped ? V4_MAPPED : 0);
    ares_gethostbyaddr(names->channel, bytes, four ? 4 : 16, four ? AF_INET : AF_INET6, on_answer,
                       query);
}

static uint32_t set_of(const struct addr *addr, uint8_t family)
{
    uint64_t hash = family * UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < sizeof addr->bytes; i++)
        hash = (hash ^ addr->bytes[i]) * UINT64_C(0x100000001b3);
    return (uint32_t)(hash >> 32) % SETS;
}

/* The address's entry, or one for it; NULL if all are used by others. */
static struct entry *place_of(struct host_names *names, const struct addr *addr, uint8_t family)
{
    struct entry *set = names->entries[set_of(addr, family)], *oldest = NULL;

    for (size_t i = 0; i < WAYS; i++) {
        struct entry *entry = &set[i];

        if (entry->state != ENTRY_EMPTY && entry->family == family &&
            memcmp(&entry->addr, addr, sizeof *addr) == 0)
            return entry;
        if (entry->state == ENTRY_PENDING)
            continue;
        if (!oldest || entry->state == ENTRY_EMPTY ||
            (oldest->state != ENTRY_EMPTY && entry->used_ns < oldest->used_ns))
            oldest = entry;
    }
    if (!oldest || (oldest->state != ENTRY_EMPTY && names->now_ns - oldest->used_ns < UNUSED_NS))
        return NULL;
    free(oldest->name);
    *oldest = (struct entry){.addr = *addr, .family = family};
    return oldest;
}

const char *host_names_find(struct host_names *names, const struct addr *addr, uint8_t family,
                            int64_t now_ns)
{
    names->now_ns = now_ns;
    if (addr_is_zero(addr) || addr_is_link_local(addr, family))
        return NULL;
    struct entry *entry = place_of(names, addr, family);
    if (!entry)
        return NULL;
    entry->used_ns = now_ns;
    const bool old =
        entry->state != ENTRY_EMPTY && entry->state != ENTRY_PENDING && entry->until_ns <= now_ns;
    if ((entry->state == ENTRY_EMPTY || old) && names->counts.under_way < UNDER_WAY) {
        /* an old name stays until then; names in /etc/hosts are answered before this returns */
        ask(names, entry);
    }
    return entry->name;
}

size_t host_names_descriptors(const struct host_names *names, struct pollfd *out, int *timeout_ms)
{
    struct timeval left;

    memcpy(out, names->descriptors, names->descriptor_count * sizeof *out);
    if (names->counts.under_way > 0 && ares_timeout(names->channel, NULL, &left)) {
        const int64_t ms = left.tv_sec * 1000 + left.tv_usec / 1000 + 1;
        if (ms < *timeout_ms)
            *timeout_ms = (int)ms;
    }
    return names->descriptor_count;
}

bool host_names_pump(struct host_names *names, const struct pollfd *waits, size_t count,
                     int64_t now_ns)
{
    names->now_ns = now_ns;
    for (size_t i = 0; i < count; i++) {
        const ares_socket_t reads = waits[i].revents & ~POLLOUT ? waits[i].fd : ARES_SOCKET_BAD;
        const ares_socket_t writes = waits[i].revents & POLLOUT ? waits[i].fd : ARES_SOCKET_BAD;

        if (waits[i].revents)
            ares_process_fd(names->channel, reads, writes);
    }
    if (names->counts.under_way > 0)
        ares_process_fd(names->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    const bool news = names->news;
    names->news = false;
    return news;
}

struct host_names_counts host_names_counts(const struct host_names *names)
{
    return names->counts;
}
