/* host: the words of host.h. */
#include "core/host.h"

static const char *const STATES[HOST_STATE_COUNT] = {
    [HOST_WAITING] = "waiting", [HOST_CONNECTING] = "connecting",
    [HOST_OK] = "ok",           [HOST_LATE] = "late",
    [HOST_LOST] = "lost",       [HOST_REFUSED] = "refused",
    [HOST_ENDED] = "ended",
};
const struct words HOST_STATE_WORDS = WORDS(STATES);
