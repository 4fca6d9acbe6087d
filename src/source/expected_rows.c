/* expected_rows: see expected_rows.h. The count is from /proc/net/sockstat. */
#include "source/expected_rows.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX (1u << 22) /* larger counts are not trusted */

/* The number after `word` in a line "TCP: inuse 12 orphan 0 tw 3 ...". */
static unsigned long read_count(const char *line, const char *word)
{
    const size_t length = strcspn(line, "\n");
    const char *found = strstr(line, word);

    return found && found < line + length ? strtoul(found + strlen(word), NULL, 10) : 0;
}

/* Sockets and TIME-WAITs in one file; the first file has TIME-WAITs of both families. */
static unsigned long count_sockets(const char *proc_root, const char *name, const char *head)
{
    char path[PATH_MAX], text[1024];
    const char *line;
    ssize_t length;
    int file;

    snprintf(path, sizeof(path), "%s/net/%s", proc_root, name);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return 0;
    length = read(file, text, sizeof(text) - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    line = strstr(text, head);
    return line ? read_count(line, " inuse ") + read_count(line, " tw ") : 0;
}

void expected_rows_reserve(struct frame *frame, const char *proc_root, bool with_details)
{
    const unsigned long count = count_sockets(proc_root, "sockstat", "TCP:") +
                                count_sockets(proc_root, "sockstat6", "TCP6:");
    const unsigned long rows = count + count / 64 + 64; /* the number changes meanwhile */

    if (count && rows <= ROWS_MAX)
        frame_reserve(frame, (uint32_t)rows, with_details);
}
