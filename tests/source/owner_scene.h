/* owner_scene: processes that hold sockets in known ways, and frames of the live source to compare
 * with what they say they hold. Knows nothing of how owners are found. */
#ifndef TCPLENS_SOURCE_OWNER_SCENE_H
#define TCPLENS_SOURCE_OWNER_SCENE_H

#include "source/live.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TRUTH_MOST 65536u

/* Which process holds which socket, recorded by the holders themselves in shared memory. */
struct truth {
    uint32_t inode;
    pid_t pid;
};
void truth_reset(void);
void truth_add(uint64_t inode, pid_t pid);
void truth_drop(pid_t pid); /* it holds nothing any more */

/* Runs play in a new process, returns when it has said ready; it then lives until actor_end, or
 * until the test ends. */
struct actor;
typedef void play_function(struct actor *actor, void *data);
pid_t actor_start(play_function *play, void *data);
void actor_ready(struct actor *actor); /* called by the play, before it waits or ends */
void actor_wait(struct actor *actor);  /* in the play: until actor_end */
int actor_end_descriptor(const struct actor *actor); /* reads as ended then */
void actor_end(pid_t pid);                           /* has it end, and reaps it */
void actors_end(void);

/* The rest of the program in namespaces of its own (network, processes, mounts): this function
 * returns in a child, the parent waits for it and ends as it does. */
void scene_enter(void);

/* Owners are looked for by "bpf", by the same beside the first dump ("ahead", on several processors;
 * the first walk of each stage then lacks half of the descriptors), or by a walk that is not to be had
 * ("failing"), in the stages opened from now on; false: that is no way. Ends the test as skipped where bpf is not to be had.
 */
bool scene_walk_by(const char *way);
unsigned scene_walks(void); /* how often a walk was requested */

struct stage { /* the live source, frame by frame, as the collector runs it (without track) */
    struct source *source;
    struct frame_pool *pool;
    struct diff diff;
    struct frame *previous;
    struct wish wish;
};
/* Setup and teardown of a test: the stage is open with owners, processes and groups, and no process
 * holds anything; what was started ends, and the stage closes. */
extern struct stage owner_stage;
int stage_begin(void **state);
int stage_end(void **state);

void stage_open(struct stage *stage, uint32_t needs);
void stage_open_with(struct stage *stage, uint32_t needs, const struct live_settings *settings);
void stage_close(struct stage *stage);
/* The next frame; valid until the next step. */
const struct frame *stage_step(struct stage *stage);
/* The same, and further ones until the owner walk is not late: the machine may have any number of
 * descriptors. */
const struct frame *stage_settle(struct stage *stage);

/* Compares every row that has an inode with the truth, by print_message; counts what is wrong. */
struct score {
    uint32_t rows, expected, found, right; /* pairs of row and holder */
};
struct score stage_score(const struct frame *frame);
void score_print(const char *name, const struct score *score);
bool score_is_perfect(const struct score *score);
const struct conn *row_of_inode(const struct frame *frame, uint64_t inode);
/* remote 0: any. NULL: there is none. */
const struct conn *row_of_ports(const struct frame *frame, unsigned local, unsigned remote);
unsigned port_of(int fd);          /* that the socket is bound to */
void send_fd(int channel, int fd); /* SCM_RIGHTS: held by no process until it is received */
/* pid 0: no process. */
void assert_owner(const struct frame *frame, const struct conn *row, uint8_t word, pid_t pid);
bool row_is_held_by(const struct frame *frame, const struct conn *row, pid_t pid);

#endif
