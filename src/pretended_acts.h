/* Acts over invented rows: nothing happens to anybody. */
#ifndef TCPLENS_PRETENDED_ACTS_H
#define TCPLENS_PRETENDED_ACTS_H

#include "ui/acts.h"

void pretended_acts_init(struct screen_acts *acts); /* all functions but the guard of rows */

#endif
