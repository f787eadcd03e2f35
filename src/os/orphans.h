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

/* fork(2), and no other thread takes the child for an orphan. */
pid_t	orphans_fork(void);
/* The child has been waited for. */
void	orphans_gone(pid_t pid);
/* Kill and reap every orphan, and what it leaves behind. */
void	orphans_end(void);

#endif
