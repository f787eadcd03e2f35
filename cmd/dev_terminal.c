/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal that gives keys one by one, and is as it was when we end. */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "dev_parts.h"

/* For handlers, which are given nothing else. */
static struct termios usual, raw;
static atomic_int is_raw;

static bool
is_foreground(void)
{
	return tcgetpgrp(0) == getpgrp();
}

static void
restore(void)
{
	if (is_raw && is_foreground())
		(void)tcsetattr(0, TCSANOW, &usual);
}

/* Whatever ends us so, the shell is not to be left without an echo. */
static void
on_crash(int sig)
{
	restore();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Ctrl-Z: the shell is not to be left without an echo either. */
static void
on_stop(int sig)
{
	int why = errno;

	(void)sig;
	restore();
	raise(SIGSTOP);
	errno = why;
}

/* After a stop the shell has given the terminal its own manners. */
static void
on_continue(int sig)
{
	int why = errno;

	(void)sig;
	if (is_raw && is_foreground())
		(void)tcsetattr(0, TCSANOW, &raw);
	errno = why;
}

static void
catch_crashes(void)
{
	static const int crashes[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT,
		SIGQUIT };
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_crash;
	/* The engine has handlers of its own before these: a trap is not a
	 * crash. */
	sa.sa_flags = SA_ONSTACK | (int)SA_RESETHAND;
	for (size_t i = 0; i < COUNT(crashes); i++)
		sigaction(crashes[i], &sa, NULL);
	sa.sa_handler = on_continue;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGCONT, &sa, NULL);
	sa.sa_handler = on_stop;
	sigaction(SIGTSTP, &sa, NULL);
}

bool
dev_ask(const char *question, bool *yes)
{
	char line[80];

	fprintf(stderr, "%s [Y/n] ", question);
	fflush(stderr);
	if (!fgets(line, sizeof(line), stdin))
		return false;
	*yes = line[0] == '\n' || line[0] == 'y' || line[0] == 'Y';
	return true;
}

static void
on_keys(void *arg, int events)
{
	struct dev *d = arg;
	char keys[64];
	ssize_t n = read(0, keys, sizeof(keys));

	(void)events;
	if (n <= 0) {
		loop_watch_end(&d->on_key);
		return;
	}
	/* An arrow or a function key comes as several. */
	if (keys[0] == '\033')
		return;
	for (ssize_t i = 0; i < n && !d->ending; i++)
		dev_key(d, keys[i]);
}

void
dev_keys_prepare(void)
{
	if (!isatty(0) || !cmd_common()->tty_err)
		return;
	catch_crashes();
	(void)atexit(restore);
}

void
dev_keys_begin(struct dev *d)
{
	if (!isatty(0) || !cmd_common()->tty_err || !is_foreground() ||
	    tcgetattr(0, &usual) < 0)
		return;
	d->on_key = loop_watch_start(d->loop, 0, LOOP_READ, on_keys, d);
	if (!d->on_key)
		return;
	raw = usual;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	is_raw = 1;
	(void)tcsetattr(0, TCSANOW, &raw);
}

void
dev_keys_end(struct dev *d)
{
	loop_watch_end(&d->on_key);
	restore();
	is_raw = 0;
}
