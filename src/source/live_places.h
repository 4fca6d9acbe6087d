/* live_places: the network namespaces that a live source shows in addition to ours, or instead of
 * it: their list, whose turn it is to be read, and one netlink that goes from one to the next.
 * Keeps no namespace alive between two frames. Only the collector thread uses it. */
#ifndef TCPLENS_SOURCE_LIVE_PLACES_H
#define TCPLENS_SOURCE_LIVE_PLACES_H

#include "core/frame.h"
#include "core/wish.h"
#include "source/netns/netlink.h"

struct places;

/* word: "all", or what netns_list_match() takes. 0 or -errno: -EINVAL: there is none of that name;
 * text (at least 128 bytes) says why. */
int places_open(struct places **places, const char *proc_root, const char *word, char *text);
void places_close(struct places *places);

/* Fills frame->namespaces with those shown in this frame; read_ns of each is that of `last`, the
 * frame before (NULL: 0). 0 or -errno. */
int places_list(struct places *places, struct frame *frame, const struct frame *last);

/* Counters and settings of each namespace of the frame but ours, in turn. 0 or -ENOMEM. */
int places_facts(struct places *places, struct frame *frame);

/* There were events in these: in the next order they come before all others except ours. An unknown
 * key makes the next list look at every process. */
void places_touch(struct places *places, const uint32_t *keys, uint32_t count);
bool places_is_touched(const struct places *places, uint32_t key);

/* Makes the next list look at every process again. */
void places_hasten(struct places *places);

/* The number of its sockets in the kernel's tables: all except those that are only bound, and
 * SYN-RECEIVED. 0 or -errno. */
int places_count_sockets(struct places *places, const struct frame_netns *netns, uint32_t *sockets);
/* False if the kernel reports that it has no TCP socket. */
bool places_has_sockets(struct places *places, const struct frame_netns *netns,
                        uint32_t state_bits);
/* The namespaces of the frame in the order in which they are to be read, as indexes into
 * frame->namespaces: ours, then those that were touched, then by the time at which they were read last. NULL when out of memory.
 * Valid until the next call. */
const uint32_t *places_order(struct places *places, const struct frame *frame);
/* "/proc/PID" of a process in it. 0 or -errno. */
int places_proc(struct places *places, const struct frame_netns *netns, char *path, size_t size);

/* The netlink, in that namespace. 0; -ESRCH: it no longer exists, or cannot be found; -EPERM,
 * -EACCES: it may not be entered; other -errno. It stays there until places_leave(). */
int places_enter(struct places *places, const struct frame_netns *netns, struct netlink **netlink);
void places_leave(struct places *places);

#endif
