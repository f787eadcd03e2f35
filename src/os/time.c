/* SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "os/os.h"

uint64_t
os_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int64_t
os_unix_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

unsigned
os_cores(void)
{
	cpu_set_t set;
	long n;

	if (sched_getaffinity(0, sizeof(set), &set) == 0)
		return (unsigned)CPU_COUNT(&set);
	n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (unsigned)n : 1;
}

/* The only thing a handler may touch: a flag.  One for the process. */
static volatile sig_atomic_t interrupted;

static void
on_signal(int sig)
{
	if (interrupted != 0) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	interrupted = sig;
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
os_interrupted(void)
{
	return interrupted;
}

int
os_check_interrupt(struct err *e)
{
	int sig = interrupted;

	if (sig == 0)
		return 0;
	err_set(e, ERR_SIGNAL, "interrupted (%s)", strsignal(sig));
	e->sig = sig;
	return -1;
}
