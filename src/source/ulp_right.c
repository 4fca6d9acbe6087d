/* ulp_right: does the kernel report upper layers to the calling thread?
 * INET_DIAG_ULP_INFO came with Linux 5.4 for CAP_NET_ADMIN; since 6.15 it is given to everyone. */
#include "source/ulp_right.h"

#include "source/privilege.h"

#include <stdio.h>
#include <sys/utsname.h>

void ulp_right_init(struct ulp_right *right)
{
    struct utsname system;
    unsigned major = 0;
    unsigned minor = 0;
    if (uname(&system) < 0 || sscanf(system.release, "%u.%u", &major, &minor) != 2)
        major = 0;
    right->everyone = major > 6 || (major == 6 && minor >= 15);
    right->privileged = (major > 5 || (major == 5 && minor >= 4)) && privilege_owns_network();
}

bool ulp_right_holds(const struct ulp_right *right)
{
    return right->everyone || (right->privileged && privilege_is_effective(PRIVILEGE_NET_ADMIN));
}
