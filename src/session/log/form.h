/* What the first bytes of a file say that it is. Pure. */
#ifndef TCPLENS_SESSION_LOG_FORM_H
#define TCPLENS_SESSION_LOG_FORM_H

#include <stddef.h>
#include <stdint.h>

#define LOG_FORM_BYTES 6u /* as many as it takes; 4 for a log */

enum log_form {
    LOG_FORM_UNKNOWN,
    LOG_FORM_PLAIN,
    LOG_FORM_ZSTD,
    LOG_FORM_FOREIGN /* compressed by something else */
};

/* `foreign`: of LOG_FORM_FOREIGN, in words, with the command that helps. */
enum log_form log_form_find(const uint8_t *bytes, size_t length, const char **foreign);

#endif
