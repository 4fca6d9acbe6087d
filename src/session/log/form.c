/* The table of first bytes. Adding a form means adding a row. */
#include "session/log/form.h"

#include "session/zst.h"

#include <string.h>

#define PIPE_IT(program, command)                                                                  \
    "compressed with " program ", which tcplens does not read: pipe what \"" command               \
    " FILE\" prints into it, and name the log \"-\""

static const struct form {
    const char *bytes;
    uint8_t length;
    uint8_t form;
    const char *words;
} FORMS[] = {
    {"{", 1, LOG_FORM_PLAIN, NULL},
    {"\xef\xbb\xbf{", 4, LOG_FORM_PLAIN, NULL}, /* a byte order mark */
    {"\x1f\x8b", 2, LOG_FORM_FOREIGN, PIPE_IT("gzip", "zcat")},
    {"\xfd"
     "7zXZ",
     5, LOG_FORM_FOREIGN, PIPE_IT("xz", "xzcat")},
    {"BZh", 3, LOG_FORM_FOREIGN, PIPE_IT("bzip2", "bzcat")},
    {"\x04\x22\x4d\x18", 4, LOG_FORM_FOREIGN, PIPE_IT("lz4", "lz4cat")},
    {"PK\x03\x04", 4, LOG_FORM_FOREIGN, PIPE_IT("zip", "unzip -p")},
};

enum log_form log_form_find(const uint8_t *bytes, size_t length, const char **foreign)
{
    if (length >= 4 && zst_is_magic(bytes))
        return LOG_FORM_ZSTD;
    for (size_t i = 0; i < sizeof(FORMS) / sizeof(FORMS[0]); i++) {
        const struct form *form = &FORMS[i];
        if (length < form->length || memcmp(bytes, form->bytes, form->length) != 0)
            continue;
        *foreign = form->words;
        return (enum log_form)form->form;
    }
    return LOG_FORM_UNKNOWN;
}
