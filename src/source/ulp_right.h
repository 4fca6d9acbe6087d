/* ulp_right: does the kernel report upper layers (kTLS, mptcp) to us? Then a row without
 * INET_DIAG_ULP_INFO has none; else nothing is known of it. */
#ifndef TCPLENS_SOURCE_ULP_RIGHT_H
#define TCPLENS_SOURCE_ULP_RIGHT_H

#include <stdbool.h>

struct ulp_right {
    bool everyone;   /* Linux >= 6.15 */
    bool privileged; /* Linux >= 5.4, and capabilities of our user namespace count in our network
                        namespace */
};

void ulp_right_init(struct ulp_right *right);
bool ulp_right_holds(const struct ulp_right *right); /* for the calling thread, now */

#endif
