/* Private to core/column: the getters and formatters that columns[] names. */
#ifndef TCPLENS_CORE_COLUMN_VALUES_H
#define TCPLENS_CORE_COLUMN_VALUES_H

#include "core/column/column.h"

#define COLUMN_VALUE(name)                                                                         \
    bool value_##name(const struct column_context *context, const struct conn *conn,               \
                      struct column_value *value)
#define COLUMN_FORMAT(name)                                                                        \
    size_t format_##name(const struct column_context *context, const struct conn *conn, char *out, \
                         size_t size)

/* row.c: what the kernel says of a row */
/* A listener and a bound socket have no peer; what the kernel reports there is no fact. */
bool has_remote(const struct conn *conn);
COLUMN_VALUE(from);
COLUMN_VALUE(proto);
COLUMN_VALUE(family);
COLUMN_VALUE(local);
COLUMN_VALUE(remote);
COLUMN_VALUE(rport);
COLUMN_VALUE(ifname);
COLUMN_VALUE(host);
COLUMN_VALUE(netns);
COLUMN_VALUE(netns_name);
COLUMN_VALUE(netns_kind);
COLUMN_VALUE(pod);
COLUMN_VALUE(pod_namespace);
COLUMN_VALUE(out_bytes);
COLUMN_VALUE(retrans_10s);
COLUMN_VALUE(ulp);

/* owner.c: whose it is and since when */
COLUMN_VALUE(user);
COLUMN_VALUE(pid);
COLUMN_VALUE(proc);
COLUMN_VALUE(exe);
COLUMN_VALUE(command);
COLUMN_VALUE(unit);
COLUMN_VALUE(container);
COLUMN_VALUE(serves);
COLUMN_VALUE(cgroup);
COLUMN_VALUE(unit_from);
COLUMN_VALUE(owners);
COLUMN_VALUE(age);
COLUMN_VALUE(state_age);
void put_json_owners(struct buffer *buffer, const struct column_context *context,
                     const struct conn *conn);

/* format.c */
COLUMN_FORMAT(local);
COLUMN_FORMAT(remote);
COLUMN_FORMAT(lport);
COLUMN_FORMAT(rport);
COLUMN_FORMAT(host);
COLUMN_FORMAT(netns);
COLUMN_FORMAT(process);
COLUMN_FORMAT(pid);
COLUMN_FORMAT(user);
COLUMN_FORMAT(owners);
COLUMN_FORMAT(age);
COLUMN_FORMAT(offload);
COLUMN_FORMAT(recvq);
COLUMN_FORMAT(sendq);

#endif
