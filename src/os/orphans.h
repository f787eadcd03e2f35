/* SPDX-License-Identifier: Apache-2.0 */
/*
 * orphans.h - descendants that left the group of the program we started.
 *
 * Since we are the reaper of our descendants' orphans, whoever is our child
 * and was not started by os_run is one.
 */
#ifndef OS_ORPHANS_H
#define OS_ORPHANS_H

#include <sys/types.h>

/*
 * Start a process that calls become(arg), which must end in exec or _exit, and
 * no other thread takes it for an orphan.  Returns its id, or -1 with errno.
 *
 * It is vfork(2): until then the child runs in our memory, and this thread
 * waits.  To copy the page tables of a server with its pools takes fork ten
 * milliseconds and more.  Signals are blocked in the child, and handlers of ours
 * are gone from it.
 */
pid_t	orphans_start(void (*become)(void *arg), void *arg);
/* The child has been waited for. */
void	orphans_gone(pid_t pid);
/* Kill and reap every orphan, and what it leaves behind. */
void	orphans_end(void);

#endif
