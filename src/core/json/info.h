/* All fields of a struct tcp_info that only conn_detail holds, as members of a JSON object. Private
 * to json.c. Pure. */
#ifndef TCPLENS_CORE_JSON_INFO_H
#define TCPLENS_CORE_JSON_INFO_H

#include "core/conn.h"

#define JSON_INFO_ROOM 6144 /* bytes they take at most */

/* Writes ,"key":number for each that is known, in the order of columns[]; returns the end. */
char *json_info_write(char *at, const struct conn *conn, const struct conn_detail *detail);

#endif
