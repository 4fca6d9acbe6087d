/* act_netns: see netns.h. A list of namespaces is made at the first act in another one, and
 * refreshed when it lacks one. */
#include "act/netns.h"

#include "base/clock.h"
#include "source/netns/list.h"
#include "source/netns/netns.h"

#include <errno.h>
#include <linux/netlink.h>

static struct netns_list *list; /* kept until exit */

static int open_listed(uint32_t inode)
{
    const struct netns_entry *entry = netns_list_find_inode(list, inode);

    return entry ? netns_list_socket(list, entry, NETLINK_SOCK_DIAG, 0) : -ESRCH;
}

static int open_other(uint32_t inode)
{
    int result = list ? 0 : netns_list_open(&list, "/proc");

    if (result)
        return result;
    result = open_listed(inode);
    if (result != -ESRCH) /* that one may have ended, and a new one have the same number */
        return result;
    netns_list_hasten(list);
    result = netns_list_refresh(list, clock_mono_ns());
    return result ? result : open_listed(inode);
}

static bool is_own(uint32_t netns, struct netns *own)
{
    netns_own(own);
    return !netns || !own->inode || netns == own->inode;
}

bool act_netns_is_own(uint32_t netns)
{
    struct netns own;

    return is_own(netns, &own);
}

int act_netns_open_diag(uint32_t netns)
{
    struct netns own;

    if (is_own(netns, &own))
        return netns_open_diag(&own, 0);
    const int result = open_other(netns);
    return result == -EPERM || result == -EACCES ? -EXDEV : result;
}
