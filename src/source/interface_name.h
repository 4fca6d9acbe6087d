/* Names of interfaces as safe text: the kernel allows nearly every byte in them. */
#ifndef TCPLENS_SOURCE_INTERFACE_NAME_H
#define TCPLENS_SOURCE_INTERFACE_NAME_H

#include "core/text/text.h"

#include <net/if.h>
#include <stdint.h>

#define INTERFACE_NAME_MAX TEXT_CLEAN_MAX(IF_NAMESIZE)

/* Its name as safe text; false: there is no interface with that index. */
bool interface_name(uint32_t index, char out[INTERFACE_NAME_MAX]);
/* The same in the network namespace of a socket. */
bool interface_name_by(int socket, uint32_t index, char out[INTERFACE_NAME_MAX]);
/* Its index by its name, raw or as returned by interface_name; 0 = there is none. */
uint32_t interface_index(const char *name, size_t length);

#endif
