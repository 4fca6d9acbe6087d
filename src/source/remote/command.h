/* remote_command: the words that start tcplens on a host and bring its session log here: by ssh, or
 * by a command of the user's (kubectl exec, docker exec, a jump host). Pure: words in, words out. No
 * shell reads them here; what ssh is given has no character that a shell there would take. */
#ifndef TCPLENS_SOURCE_REMOTE_COMMAND_H
#define TCPLENS_SOURCE_REMOTE_COMMAND_H

#include "core/host.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REMOTE_WORDS_MAX 64
#define REMOTE_TEXT_MAX  3072

/* What the tcplens there is asked for. */
struct remote_wish {
    int64_t interval_ns;
    const char *netns;    /* --netns, NULL = not given */
    const char *template; /* --host-command: "{}" stands for the words of tcplens, "{host}" for the
                           * name; NULL = ssh */
    bool detail, with_args;
    /* size of the program, which standard input brings first (push.h); 0 = it is there */
    uint64_t push_bytes;
};

struct remote_command {
    char name[HOST_NAME_BYTES];
    char place[HOST_NAME_BYTES + 8];         /* "ssh:web1" */
    const char *words[REMOTE_WORDS_MAX + 1]; /* into text; ends with NULL */
    size_t count;
    char text[REMOTE_TEXT_MAX];
    size_t used;
    bool is_ssh;
    char port[8], copy_to[2 * HOST_NAME_BYTES + 8]; /* of ssh, for scp: "2222" or "", "ann@web1" */
};

/* target: "web1", "user@web1:2222", "[2001:db8::1]:22", with "ssh:" or "ssh://" in front or not. 0, or
 * -EINVAL with one line in why. */
int remote_target_check(const char *target, char *why, size_t size);
int remote_command_make(struct remote_command *command, const char *target,
                        const struct remote_wish *wish, char *why, size_t size);

#endif
