/* Users that only the NSS service of the test knows. */
#ifndef USER_NUMBERS_H
#define USER_NUMBERS_H

enum { USER_GOOD = 61184001, USER_ESCAPES, USER_HUGE, USER_HANGS, USER_CRASHES, USER_UNKNOWN };

#endif
