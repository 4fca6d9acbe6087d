/* What an errno says, and what to do about it where that is known. */
#ifndef TCPLENS_BASE_ERROR_H
#define TCPLENS_BASE_ERROR_H

const char *error_text(int error); /* errno or -errno; as strerror, valid until the next call */

#endif
