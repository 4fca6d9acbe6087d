/* Private to column_*.c: the getters and formatters that columns[] names. */
#ifndef TCPLENS_CORE_COLUMN_VALUES_H
#define TCPLENS_CORE_COLUMN_VALUES_H

#include "core/column/column.h"
#include "core/info_fields.h"

#define COLUMN_VALUE(name)                                                                         \
    bool value_##name(const struct column_context *context, const struct conn *conn,               \
                      struct column_value *value)
#define COLUMN_FORMAT(name)                                                                        \
    size_t format_##name(const struct column_context *context, const struct conn *conn, char *out, \
                         size_t size)

/* row.c: what the kernel says of a row */
COLUMN_VALUE(state);
COLUMN_VALUE(mib_state);
COLUMN_VALUE(from);
COLUMN_VALUE(proto);
COLUMN_VALUE(family);
COLUMN_VALUE(local);
COLUMN_VALUE(remote);
COLUMN_VALUE(lport);
COLUMN_VALUE(rport);
COLUMN_VALUE(ifname);
COLUMN_VALUE(ifindex);
COLUMN_VALUE(netns);
COLUMN_VALUE(cookie);
COLUMN_VALUE(inode);
COLUMN_VALUE(uid);
COLUMN_VALUE(recvq);
COLUMN_VALUE(sendq);
COLUMN_VALUE(accept_queue);
COLUMN_VALUE(backlog);
COLUMN_VALUE(drops);
COLUMN_VALUE(in_bytes);
COLUMN_VALUE(out_bytes);
COLUMN_VALUE(in);
COLUMN_VALUE(out);
COLUMN_VALUE(rtt);
COLUMN_VALUE(cwnd);
COLUMN_VALUE(retrans);
COLUMN_VALUE(last_data_sent);
COLUMN_VALUE(last_data_recv);
COLUMN_VALUE(timer);
COLUMN_VALUE(timer_left);
COLUMN_VALUE(timer_retrans);
COLUMN_VALUE(offload);
COLUMN_VALUE(ulp);
COLUMN_VALUE(cgroup_id);
COLUMN_VALUE(serial);

/* owner.c: whose it is and since when */
COLUMN_VALUE(user);
COLUMN_VALUE(pid);
COLUMN_VALUE(proc);
COLUMN_VALUE(exe);
COLUMN_VALUE(unit);
COLUMN_VALUE(container);
COLUMN_VALUE(cgroup);
COLUMN_VALUE(unit_from);
COLUMN_VALUE(owner);
COLUMN_VALUE(owners);
COLUMN_VALUE(created_min);
COLUMN_VALUE(created_max);
COLUMN_VALUE(age);
COLUMN_VALUE(state_since);
COLUMN_VALUE(state_age);
void put_json_owners(struct buffer *buffer, const struct column_context *context,
                     const struct conn *conn);

/* detail.c: what only conn_detail holds */
COLUMN_VALUE(congestion);
COLUMN_VALUE(tos);
COLUMN_VALUE(tclass);
COLUMN_VALUE(fwmark);
COLUMN_VALUE(class_id);
COLUMN_VALUE(shutdown);
COLUMN_VALUE(tls_version);
COLUMN_VALUE(tls_cipher);
COLUMN_VALUE(rmem_alloc);
COLUMN_VALUE(rcvbuf);
COLUMN_VALUE(wmem_alloc);
COLUMN_VALUE(sndbuf);
COLUMN_VALUE(fwd_alloc);
COLUMN_VALUE(wmem_queued);
COLUMN_VALUE(optmem);
COLUMN_VALUE(sock_backlog);
enum info_index { /* place in TCP_INFO */
#define INFO_INDEX(field, id, json, label, title, offset, size, shift, bits, unit, unset)          \
    INFO_##field,
                  INFO_FIELDS(INFO_INDEX, INFO_INDEX)
#undef INFO_INDEX
};
#define INFO_NOTHING(field, id, json, label, title, offset, size, shift, bits, unit, unset)
#define INFO_DECLARE(field, id, json, label, title, offset, size, shift, bits, unit, unset)        \
    COLUMN_VALUE(info_##field);
INFO_FIELDS(INFO_NOTHING, INFO_DECLARE)
#undef INFO_DECLARE

/* tcp_get_info (net/ipv4/tcp.c, Linux 6.18) fills in next to nothing of a listener. last_ack_recv
 * is time since boot before the first ACK, as last_data_recv is. */
static inline bool info_is_filled(const struct conn *conn, unsigned index)
{
    if (conn->state == STATE_LISTEN)
        return false;
    return index != INFO_last_ack_recv || (conn->known & KNOWN_LAST_DATA);
}

/* format.c */
COLUMN_FORMAT(local);
COLUMN_FORMAT(remote);
COLUMN_FORMAT(lport);
COLUMN_FORMAT(rport);
COLUMN_FORMAT(process);
COLUMN_FORMAT(pid);
COLUMN_FORMAT(user);
COLUMN_FORMAT(owners);
COLUMN_FORMAT(age);
COLUMN_FORMAT(offload);
COLUMN_FORMAT(uid);
COLUMN_FORMAT(inode);
COLUMN_FORMAT(netns);
COLUMN_FORMAT(cgroup_id);
COLUMN_FORMAT(serial);
COLUMN_FORMAT(recvq);
COLUMN_FORMAT(sendq);

#endif
