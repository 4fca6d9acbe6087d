/* Addresses, ports and the 4-tuple. Pure. Addresses are in network order as the kernel gives them.
 */
#ifndef TCPLENS_CORE_ADDR_H
#define TCPLENS_CORE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum family { FAMILY_INET = 4, FAMILY_INET6 = 6 };

struct addr {
    uint8_t bytes[16]; /* IPv4: the first four, the rest zero */
};

struct tuple {
    struct addr local, remote;
    uint16_t local_port, remote_port; /* host order */
    uint32_t scope;                   /* idiag_if: bound or link-local interface, 0 = none */
    uint8_t family;                   /* enum family */
    uint8_t spare[3];                 /* zero: tuples are compared by memcmp */
};

#define ADDR_TEXT_MAX 80 /* "[" INET6 "%" interface "]" and a NUL */

bool tuple_equal(const struct tuple *a, const struct tuple *b);
uint64_t tuple_hash(const struct tuple *tuple);
bool addr_is_zero(const struct addr *addr);
bool addr_is_mapped(const struct addr *addr, uint8_t family);     /* ::ffff:a.b.c.d */
bool addr_is_link_local(const struct addr *addr, uint8_t family); /* fe80::/10 */
/* By RFC 1918 or RFC 4193, or link-local. */
bool addr_is_private(const struct addr *addr, uint8_t family);
bool addr_is_loopback(const struct addr *addr, uint8_t family);

/* "10.0.0.5", "::1", "::ffff:10.0.0.5", "fe80::1%eth0" (interface only if not NULL). RFC 5952.
 * Returns the length; size at least ADDR_TEXT_MAX. */
size_t addr_format(char *out, size_t size, const struct addr *addr, uint8_t family,
                   const char *interface);
/* "ADDRESS:PORT", IPv6 in brackets. Port 0 is "*"; the unspecified address is "*" for IPv4, and
 * "[::]" for IPv6 unless the port is unspecified too: listeners of the two families must not look
 * alike. `port_text` replaces the number (service name) if not NULL. Size at least ADDR_TEXT_MAX
 * + 32. */
size_t addr_format_endpoint(char *out, size_t size, const struct addr *addr, uint8_t family,
                            const char *interface, uint16_t port, const char *port_text);

/* close() with SO_LINGER 0 clears the remote port, and the local address unless the socket was
 * bound to it, before the kernel reports the end (tcp_disconnect in net/ipv4/tcp.c, Linux 6.18).
 */
bool tuple_lacks_remote_port(const struct tuple *tuple);
bool tuple_lacks_local(const struct tuple *tuple);
/* One end of the tuple by addr_format_endpoint, with "?" for a missing part. The interface is
 * written with link-local addresses only. */
size_t tuple_format_end(char *out, size_t size, const struct tuple *tuple, bool remote,
                        const char *interface, const char *port_text);

/* Parses an address without port; IPv6 with or without brackets, "%name" is returned in interface
 * (may be NULL) of at least 16 bytes. 0 or -EINVAL. */
int addr_parse(const char *text, size_t length, struct addr *addr, uint8_t *family,
               char *interface);
/* True if the first `bits` bits agree (both of `family`). */
bool addr_in_prefix(const struct addr *addr, const struct addr *prefix, unsigned bits);
int addr_compare(const struct addr *a, const struct addr *b);

#endif
