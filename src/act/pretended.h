/* Acts over invented rows: nothing happens to anybody. */
#ifndef TCPLENS_ACT_PRETENDED_H
#define TCPLENS_ACT_PRETENDED_H

#include "ui/acts.h"

void pretended_acts_init(struct screen_acts *acts); /* all functions but the guard of rows */

#endif
