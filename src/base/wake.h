/* Wake-up descriptors: an eventfd that one thread signals and another polls. Signals add up to one
 * wake-up. */
#ifndef TCPLENS_BASE_WAKE_H
#define TCPLENS_BASE_WAKE_H

int wake_open(void); /* a descriptor, closed on exec and non-blocking; or -errno */
void wake_signal(int descriptor);
void wake_drain(int descriptor); /* poll() sees it readable again after the next signal */
void wake_close(int descriptor); /* < 0 is fine */

#endif
