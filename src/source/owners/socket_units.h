/* socket_units: the unit that systemd starts for a listener which it holds itself, out of the files
 * of its socket units: nothing talks to it. */
#ifndef TCPLENS_SOURCE_OWNERS_SOCKET_UNITS_H
#define TCPLENS_SOURCE_OWNERS_SOCKET_UNITS_H

#include "core/addr.h"

#include <stdbool.h>

#define SOCKET_UNIT_MAX 256

/* What the text of a unit says; of several (the unit, what is dropped in) one after the other. */
struct socket_unit {
    bool listens; /* on the given address */
    bool accepts; /* one service a connection: "NAME@.service" */
    char service[SOCKET_UNIT_MAX];
};
/* text: ended by NUL, of any bytes. */
void socket_unit_read(struct socket_unit *unit, const char *text, const struct tuple *at);

/* "cups.service"; "?" where the files of several units have this address. False: of none. root:
 * below which the folders of units are, "" but in tests. Units with an instance or specifiers in
 * their address are not found. */
bool socket_units_find(const char *root, const struct tuple *at, char unit[SOCKET_UNIT_MAX]);

#endif
