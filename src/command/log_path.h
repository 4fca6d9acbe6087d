/* Where a recording without a file name goes, and when it is rotated: for `record` and the
 * screen. */
#ifndef TCPLENS_COMMAND_LOG_PATH_H
#define TCPLENS_COMMAND_LOG_PATH_H

#include "options/options.h"
#include "session/log/writer.h"

#define LOG_PATH_WHY_MAX 200

/* $XDG_STATE_HOME/tcplens/HOST-TIME.jsonl.zst; its folder is made. Where that belongs to a user
 * although we are root (sudo kept HOME), in root's own home. 0 or -errno with one line. */
int log_path_default(char *path, size_t size, char *why);
/* The same for a folder with the logs of several hosts, which is not made: hosts-TIME. */
int log_path_default_hosts(char *path, size_t size, char *why);
/* Its folder, which may not exist; 0 or -errno. */
int log_folder_default(char *folder, size_t size);
/* Everything of struct log_settings that follows from the options and this machine; view.accept
 * stays the caller's. 0; -EINVAL with one line of why: --rotate is wrong. */
void log_settings_fill(struct log_settings *settings, const struct options *options,
                       const char *path);

#endif
