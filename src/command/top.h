/* The screen over any source: what `top` and `replay` share. */
#ifndef TCPLENS_COMMAND_TOP_H
#define TCPLENS_COMMAND_TOP_H

#include "options/options.h"

/* log: what to replay, "-" = standard input, NULL = live. input: where the keys come from. Returns
 * an exit code. */
int cmd_top_over(const struct options *options, const char *log, int input);

#endif
