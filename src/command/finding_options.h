/* finding_options: --only, --skip and --set of all commands that run detectors. */
#ifndef TCPLENS_COMMAND_FINDING_OPTIONS_H
#define TCPLENS_COMMAND_FINDING_OPTIONS_H

#include "core/finding/finding.h"
#include "options/options.h"

/* The defaults, changed by the settings file and by the options. 0, or -EINVAL after a message. */
int finding_options_read(const struct options *options, struct finding_settings *settings);
/* At least one detector is on. */
bool finding_options_any(const struct finding_settings *settings);

#endif
