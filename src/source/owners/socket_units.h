/* socket_units: the unit that systemd activates for a listener that it holds, from the files of its
 * socket units, without talking to it. */
#ifndef TCPLENS_SOURCE_OWNERS_SOCKET_UNITS_H
#define TCPLENS_SOURCE_OWNERS_SOCKET_UNITS_H

#include "core/addr.h"

#include <stdbool.h>

#define SOCKET_UNIT_MAX 256

/* Facts from the text of a unit, and then of its drop-ins. */
struct socket_unit {
    bool listens; /* it listens on the given address */
    bool accepts; /* Accept=yes: one service per connection, "NAME@.service" */
    char service[SOCKET_UNIT_MAX];
};
/* text: ended by NUL, of any bytes. */
void socket_unit_read(struct socket_unit *unit, const char *text, const struct tuple *at);

/* "cups.service"; "?" if several units have this address. False: none has. root: prefix of the unit
 * folders, "" except in tests. Units with an instance or specifiers in their address are not
 * found. */
bool socket_units_find(const char *root, const struct tuple *at, char unit[SOCKET_UNIT_MAX]);

#endif
