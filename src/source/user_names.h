/* user_names: names of users that are not in /etc/passwd, from NSS (a directory service,
 * DynamicUser= of systemd). NSS runs code of others and may block: a process of its own calls it,
 * without capabilities and, where root started it, as the user nobody; each look-up runs in a child
 * of that process, which is killed after a time. Nothing here waits for an answer, but for
 * user_names_wait(). */
#ifndef TCPLENS_SOURCE_USER_NAMES_H
#define TCPLENS_SOURCE_USER_NAMES_H

#include <stdint.h>

struct user_names;

/* Before the first thread. 0 or -errno. */
int user_names_new(struct user_names **names);
void user_names_free(struct user_names *names); /* NULL: nothing */
/* As far as it is known by now; safe text, valid until the next call; NULL: it has none, or it is
 * being looked up. names NULL: nothing is known. now_ns: names may change, and are looked up again
 * after some minutes. */
const char *user_names_find(struct user_names *names, uint32_t uid, int64_t now_ns);
/* Waits until all look-ups are done, at most so long. */
void user_names_wait(struct user_names *names, int most_ms);

#endif
