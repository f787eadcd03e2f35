/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os.h"

#define PATIENCE_MS 10000
#define FINE 42 /* a child ends so when all was as it should be */
#define WRONG 43

/* Signals are the process's: each case has one of its own. */
static int
in_child(void (*body)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		body();
		_exit(FINE);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
want(bool ok)
{
	if (!ok)
		_exit(WRONG);
}

/* The next signal told on fd, or 0. */
static int
next(int fd)
{
	struct pollfd p = { fd, POLLIN, 0 };
	unsigned char byte = 0;

	if (poll(&p, 1, PATIENCE_MS) == 1 && read(fd, &byte, 1) == 1)
		return byte;
	return 0;
}

static void
is_caught(void)
{
	struct err e = ERR;

	os_catch_signals();
	want(os_interrupted() == 0 && os_check_interrupt(&e) == 0);
	raise(SIGHUP);
	want(os_interrupted() == SIGHUP);
	want(os_check_interrupt(&e) == -1);
	want(e.kind == ERR_SIGNAL && e.sig == SIGHUP);
}

static void
is_caught_twice(void)
{
	os_catch_signals();
	raise(SIGINT);
	raise(SIGTERM);
}

static void
a_signal_interrupts_and_a_second_one_ends(void **state)
{
	int status;

	(void)state;
	status = in_child(is_caught);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
	status = in_child(is_caught_twice);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void
interrupts_itself(void)
{
	os_interrupt(SIGTERM);
	want(os_interrupted() == SIGTERM);
}

static void
a_program_interrupts_itself(void **state)
{
	int status;

	(void)state;
	status = in_child(interrupts_itself);
	assert_int_equal(WEXITSTATUS(status), FINE);
}

static void *
wait_for_term(void *arg)
{
	int *fd = arg;

	want(next(*fd) == SIGTERM);
	return NULL;
}

static void
serves(void)
{
	struct err e = ERR;
	pthread_t thread;
	char byte;
	int fd;

	os_catch_signals();
	want(os_signal_fd(&fd, &e) == 0);
	want(read(fd, &byte, 1) == -1 && errno == EAGAIN);
	/* Of hang-ups any number may come. */
	for (int i = 0; i < 3; i++)
		kill(getpid(), SIGHUP);
	for (int i = 0; i < 3; i++)
		want(next(fd) == SIGHUP);
	want(pthread_create(&thread, NULL, wait_for_term, &fd) == 0);
	kill(getpid(), SIGTERM);
	want(pthread_join(thread, NULL) == 0);
	want(os_interrupted() == 0);
	/* The server itself may still break off what asks. */
	os_interrupt(SIGTERM);
	want(os_interrupted() == SIGTERM);
}

static void
ends_at_the_second(void)
{
	struct err e = ERR;
	int fd;

	want(os_signal_fd(&fd, &e) == 0);
	raise(SIGTERM);
	raise(SIGHUP);
	raise(SIGINT);
}

static void
a_server_reads_its_signals_and_is_not_interrupted(void **state)
{
	int status;

	(void)state;
	status = in_child(serves);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
	status = in_child(ends_at_the_second);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGINT);
}

static void
was_interrupted_before(void)
{
	struct err e = ERR;
	int fd = -1;

	os_catch_signals();
	raise(SIGTERM);
	want(os_signal_fd(&fd, &e) == -1 && fd == -1);
	want(e.kind == ERR_SIGNAL && e.sig == SIGTERM);
}

static void
a_signal_that_came_before_the_server_ran_is_not_lost(void **state)
{
	int status;

	(void)state;
	status = in_child(was_interrupted_before);
	assert_int_equal(WEXITSTATUS(status), FINE);
}

static void
floods(void)
{
	struct err e = ERR;
	int fd, n = 0;
	char byte;

	want(os_signal_fd(&fd, &e) == 0);
	for (int i = 0; i < 200000; i++)
		raise(SIGHUP);
	while (read(fd, &byte, 1) == 1)
		n++;
	want(n >= 4096 && n <= 200000);
	raise(SIGTERM);
	want(next(fd) == SIGTERM);
}

static void
more_signals_than_are_read_do_not_block(void **state)
{
	int status;

	(void)state;
	status = in_child(floods);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
}

/* In a process namespace of its own: the kernel keeps signals whose action is
 * the default one from its first process. */
static void
as_first(void)
{
	pid_t pid;
	int status = 0;

	if (unshare(CLONE_NEWPID) < 0)
		_exit(WRONG);
	pid = fork();
	if (pid == 0) {
		want(getpid() == 1);
		ends_at_the_second();
		_exit(FINE);
	}
	want(pid > 0 && waitpid(pid, &status, 0) == pid);
	want(WIFEXITED(status) && WEXITSTATUS(status) == ERR_SIGNAL + SIGINT);
}

static void
may_unshare(void)
{
	want(unshare(CLONE_NEWPID) == 0);
}

static void
the_second_signal_ends_process_1_too(void **state)
{
	int status;

	(void)state;
	status = in_child(may_unshare);
	if (WEXITSTATUS(status) != FINE)
		skip();
	status = in_child(as_first);
	assert_int_equal(WEXITSTATUS(status), FINE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_interrupts_and_a_second_one_ends),
		cmocka_unit_test(a_program_interrupts_itself),
		cmocka_unit_test(
		    a_server_reads_its_signals_and_is_not_interrupted),
		cmocka_unit_test(
		    a_signal_that_came_before_the_server_ran_is_not_lost),
		cmocka_unit_test(more_signals_than_are_read_do_not_block),
		cmocka_unit_test(the_second_signal_ends_process_1_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
