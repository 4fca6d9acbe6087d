/* user_names: names of users that are not in /etc/passwd, from NSS (a directory service, DynamicUser= of systemd). NSS runs
 * code of others and may block: a process of its own asks it, nobody's where root made it, without capabilities, and each question in a child of that, which
 * is killed after a time. Nothing here waits for an answer, but for user_names_wait(). */
#ifndef TCPLENS_SOURCE_USER_NAMES_H
#define TCPLENS_SOURCE_USER_NAMES_H

#include <stdint.h>

struct user_names;

/* Before the first thread. 0 or -errno. */
int user_names_new(struct user_names **names);
void user_names_free(struct user_names *names); /* NULL: nothing */
/* As far as it is known by now; safe text, valid until the next call; NULL: it has none, or none yet, and NSS is asked.
 * names NULL: nothing is known. now_ns: names may change, and are asked for again after some minutes. */
const char *user_names_find(struct user_names *names, uint32_t uid, int64_t now_ns);
/* Until all questions are answered, or so long. */
void user_names_wait(struct user_names *names, int most_ms);

#endif
