/* Names of interfaces, in which the kernel allows nearly every byte: as safe text. */
#ifndef TCPLENS_SOURCE_INTERFACE_NAME_H
#define TCPLENS_SOURCE_INTERFACE_NAME_H

#include "core/text/text.h"

#include <net/if.h>
#include <stdint.h>

#define INTERFACE_NAME_MAX TEXT_CLEAN_MAX(IF_NAMESIZE)

/* Its name, made safe; false: there is none with that number. */
bool interface_name(uint32_t index, char out[INTERFACE_NAME_MAX]);
/* The same in the network namespace of a socket. */
bool interface_name_by(int socket, uint32_t index, char out[INTERFACE_NAME_MAX]);
/* Its number by its name, as the kernel has it or as interface_name shows it; 0 = there is none. */
uint32_t interface_index(const char *name, size_t length);

#endif
