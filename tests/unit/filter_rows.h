/* Rows and names for tests of filters: few values, so that conditions meet them often. */
#ifndef TCPLENS_UNIT_FILTER_ROWS_H
#define TCPLENS_UNIT_FILTER_ROWS_H

#include "core/filter/filter.h"

#include <string.h>

static const char *const ROW_ADDRESSES[] = {
    "0.0.0.0", "127.0.0.1", "10.0.0.5",    "10.1.2.3",      "192.168.1.20",    "::",
    "::1",     "fe80::1",   "2001:db8::7", "2001:db8:1::1", "::ffff:10.0.0.5", "::ffff:127.0.0.1",
};
#define ROW_INET_COUNT    5u
#define ROW_ADDRESS_COUNT 12u

static const uint16_t ROW_PORTS[] = {0, 22, 80, 443, 5432, 8080, 40000, 65535};
#define ROW_PORT_COUNT 8u

static inline struct addr row_address(unsigned index)
{
    struct addr addr = {{0}};
    uint8_t family;

    (void)addr_parse(ROW_ADDRESSES[index], strlen(ROW_ADDRESSES[index]), &addr, &family, NULL);
    return addr;
}

/* `choice` holds what a row is made of, bit by bit. */
static inline struct conn row_make(uint64_t choice)
{
    const bool inet6 = choice & 1;
    const unsigned first = inet6 ? ROW_INET_COUNT : 0;
    const unsigned count = inet6 ? ROW_ADDRESS_COUNT - ROW_INET_COUNT : ROW_INET_COUNT;
    struct conn conn = {.owner = CONN_NO_INDEX,
                        .owners = CONN_NO_INDEX,
                        .group = CONN_NO_INDEX,
                        .detail = CONN_NO_INDEX};

    conn.tuple.family = inet6 ? FAMILY_INET6 : FAMILY_INET;
    conn.tuple.local = row_address(first + (unsigned)(choice >> 1 & 0xff) % count);
    conn.tuple.remote = row_address(first + (unsigned)(choice >> 9 & 0xff) % count);
    conn.tuple.local_port = ROW_PORTS[choice >> 17 & 7];
    conn.tuple.remote_port = ROW_PORTS[choice >> 20 & 7];
    conn.tuple.scope = choice >> 23 & 3;
    conn.state = (uint8_t)(STATE_CLOSED + (choice >> 25 & 15) % (STATE_COUNT - STATE_CLOSED));
    conn.from = (uint8_t)(STATE_CLOSED + (choice >> 29 & 15) % (STATE_COUNT - STATE_CLOSED));
    conn.mark = choice >> 33 & 3;
    return conn;
}

static inline const char *names_nth_service(void *data, size_t n, uint16_t *port)
{
    static const char *const NAMES[] = {"ssh", "http", "https", "postgresql"};
    static const uint16_t PORTS[] = {22, 80, 443, 5432};

    (void)data;
    if (n >= 4)
        return NULL;
    *port = PORTS[n];
    return NAMES[n];
}

static inline bool names_service(void *data, const char *name, size_t length, uint16_t *port)
{
    for (size_t n = 0; n < 4; n++) {
        const char *known = names_nth_service(data, n, port);
        if (strlen(known) == length && !memcmp(known, name, length))
            return true;
    }
    return false;
}

static inline bool names_interface(void *data, const char *name, size_t length, uint32_t *index)
{
    (void)data;
    *index = length == 2 && !memcmp(name, "lo", 2) ? 1 : 2;
    return *index == 1 || (length == 4 && !memcmp(name, "eth0", 4));
}

static inline bool names_cgroup(void *data, const char *path, size_t length, uint64_t *id)
{
    (void)data;
    *id = 77;
    return length == 4 && !memcmp(path, "/web", 4);
}

static inline uint32_t names_host(void *data, const char *name, size_t length, struct addr *addrs,
                                  uint8_t *families, uint32_t max)
{
    (void)data;
    if (max < 2 || length != 4 || memcmp(name, "home", 4) != 0)
        return 0;
    addrs[0] = row_address(1);
    families[0] = FAMILY_INET;
    addrs[1] = row_address(6);
    families[1] = FAMILY_INET6;
    return 2;
}

static const struct filter_names ROW_NAMES = {.service = names_service,
                                              .interface = names_interface,
                                              .cgroup = names_cgroup,
                                              .nth_service = names_nth_service,
                                              .host = names_host};

#endif
