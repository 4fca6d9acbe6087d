/* An NSS service for test_user_names: users whose lookup goes well, hangs, lies or crashes. */
#include "user_numbers.h"

#include <errno.h>
#include <nss.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum nss_status _nss_tcplens_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size,
                                        int *error);

static const char *name_of(uid_t uid)
{
    static char huge[65536];

    switch (uid) {
    case USER_GOOD:
        return "dyn-web";
    case USER_ESCAPES:
        return "evil\x1b[2J\xff";
    case USER_HUGE:
        memset(huge, 'x', sizeof(huge) - 1);
        return huge;
    case USER_HANGS:
        for (;;)
            pause();
    case USER_CRASHES:
        abort();
    default:
        return NULL;
    }
}

enum nss_status _nss_tcplens_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size,
                                        int *error)
{
    static char empty[] = "";
    const char *name = name_of(uid);

    if (!name)
        return NSS_STATUS_NOTFOUND;
    if (strlen(name) >= size) {
        *error = ERANGE;
        return NSS_STATUS_TRYAGAIN;
    }
    *entry = (struct passwd){.pw_name = strcpy(room, name),
                             .pw_passwd = empty,
                             .pw_uid = uid,
                             .pw_gid = uid,
                             .pw_gecos = empty,
                             .pw_dir = empty,
                             .pw_shell = empty};
    return NSS_STATUS_SUCCESS;
}
