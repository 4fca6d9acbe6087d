/* What options of ss mean to `list`: some are accepted, for the others a message names our own
 * spelling. */
#ifndef TCPLENS_OPTIONS_SS_H
#define TCPLENS_OPTIONS_SS_H

#include "options/options.h"

struct ss_letter {
    char letter;
    enum tcp_class class; /* what it lists, if `lists` */
    bool lists;
    const char *answer; /* NULL = taken; else what to say instead */
};

const struct ss_letter *ss_letter_find(char letter); /* NULL: ss has none, or it is ours as well */

#endif
