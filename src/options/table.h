/* Private to options*.c: how the value of an option is read. */
#ifndef TCPLENS_OPTIONS_TABLE_H
#define TCPLENS_OPTIONS_TABLE_H

#include "options/options.h"

enum option_reader {
    READ_FLAG,
    READ_TEXT,
    READ_TIME,    /* ns, least .. most */
    READ_SIZE,    /* bytes */
    READ_ROTATE,  /* rotate_bytes, rotate_ns */
    READ_FILE,    /* once */
    READ_PERCENT, /* uint8_t */
    READ_COUNT,   /* unsigned */
    READ_CLASS,
    READ_INET,
    READ_INET6,
    READ_COLUMNS,
    READ_SORT,
    READ_JSON,
    READ_CSV,
    READ_EVENTS,
    READ_REFRESH,
    READ_COLOR,
    READ_SETS,  /* each value is kept, in the order given */
    READ_HOSTS, /* the same */
    READ_LOGS,  /* the same; the first is in its place, too */
    READ_HELP,
    READ_VERSION
};

#define OPTION_WHY_MAX 320

/* Reads value (NULL for an option without one) into its place. 0, or -EINVAL with one line in why
 * (at least OPTION_WHY_MAX bytes) that says what was expected. */
int option_read(struct options *options, const struct option_name *option, const char *value,
                char *why);

/* Adds a log or a folder of logs, for --from and for commands whose operands they are. Errors as
 * above. */
int option_add_log(struct options *options, const char *path, char *why);

/* For one command; RUN_COUNT: for all. */
void options_print_help(enum command_kind command);
void options_print_version(void);

#endif
