/* The commands: each runs until it is over and returns its exit code. */
#ifndef TCPLENS_COMMAND_COMMANDS_H
#define TCPLENS_COMMAND_COMMANDS_H

#include "options/options.h"

int cmd_top(const struct options *options);
int cmd_list(const struct options *options);
int cmd_events(const struct options *options);
int cmd_record(const struct options *options);
int cmd_replay(const struct options *options);
int cmd_close(const struct options *options);
int cmd_doctor(const struct options *options);
int cmd_summary(const struct options *options);
int cmd_map(const struct options *options);
int cmd_metrics(const struct options *options);

#endif
