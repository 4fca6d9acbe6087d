/* Tuples of rows from addresses as text. */
#ifndef TCPLENS_UNIT_TUPLE_H
#define TCPLENS_UNIT_TUPLE_H

#include "core/addr.h"
#include "unit.h"

#include <string.h>

static inline void unit_parse_addr(const char *text, struct addr *addr, uint8_t *family)
{
    assert_int_equal(addr_parse(text, strlen(text), addr, family, NULL), 0);
}

/* Its family is that of `remote`; the scope stays. */
static inline void unit_set_tuple(struct tuple *tuple, const char *local, uint16_t local_port,
                                  const char *remote, uint16_t remote_port)
{
    unit_parse_addr(local, &tuple->local, &tuple->family);
    unit_parse_addr(remote, &tuple->remote, &tuple->family);
    tuple->local_port = local_port;
    tuple->remote_port = remote_port;
}

#endif
