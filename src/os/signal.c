/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals.  A handler may run at any instruction of any thread: it touches
 * only the lock-free atomics below, one set for the process, as its signals
 * are, and makes only calls that are allowed there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

static atomic_int interrupted; /* the signal; 0: none */
static atomic_int ending;      /* SIGINT or SIGTERM went to told */
static atomic_int told;	       /* 1 + the descriptor they are written to */

/* Its default action would do nothing to process 1. */
static void
end_now(int sig)
{
	sigset_t one;

	signal(sig, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	raise(sig);
	_exit(ERR_SIGNAL + sig);
}

static void
tell(int fd, int sig)
{
	unsigned char byte = (unsigned char)sig;

	if (sig != SIGHUP && atomic_exchange(&ending, 1) != 0)
		end_now(sig);
	(void)!write(fd, &byte, 1); /* full: enough are in it */
}

static void
on_signal(int sig)
{
	int why = errno, fd = atomic_load(&told) - 1;

	if (fd >= 0)
		tell(fd, sig);
	else if (atomic_exchange(&interrupted, sig) != 0)
		end_now(sig);
	errno = why;
}

void
os_catch_signals(void)
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	/* A closed pipe and a full file are errors of write(2). */
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGXFSZ, &sa, NULL);
}

int
os_signal_fd(int *fd, struct err *e)
{
	int ends[2], old;

	if (os_check_interrupt(e) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_sys(e, "cannot wait for signals");
	old = atomic_exchange(&told, ends[1] + 1);
	if (old > 0)
		close(old - 1);
	atomic_store(&ending, 0);
	os_catch_signals();
	*fd = ends[0];
	return 0;
}

int
os_interrupted(void)
{
	return atomic_load_explicit(&interrupted, memory_order_relaxed);
}

void
os_interrupt(int sig)
{
	atomic_store(&interrupted, sig);
}

int
os_check_interrupt(struct err *e)
{
	int sig = os_interrupted();

	if (sig == 0)
		return 0;
	err_set(e, ERR_SIGNAL, "interrupted (%s)", strsignal(sig));
	e->sig = sig;
	return -1;
}
