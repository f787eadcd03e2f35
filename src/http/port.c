/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a port?  As far as /proc shows it to us. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "http/parts.h"
#include "os/os.h"

#define MOST_PROCESSES 20000u
#define MOST_FDS 4096u

/* The next word of a line of /proc. */
static struct str
word(struct str *line)
{
	struct str s = str_trim(*line);
	size_t n = 0;

	while (n < s.n && s.p[n] != ' ')
		n++;
	*line = str_from(s, n);
	return (struct str){ s.p, n };
}

/* "   0: 0100007F:1F90 00000000:0000 0A ... inode", proc(5). */
static bool
is_listener(struct str line, const char *port, struct str *inode)
{
	struct str local;

	(void)word(&line);
	local = word(&line);
	(void)word(&line);
	if (!str_ends(local, port) || !str_is(word(&line), "0A"))
		return false;
	for (int i = 0; i < 5; i++)
		(void)word(&line);
	*inode = word(&line);
	return inode->n > 0 && inode->n < 24;
}

/* "socket:[123]", as a descriptor's link says. */
static bool
find_socket(uint16_t port, char *link, size_t n)
{
	static const char *const files[] = { "/proc/net/tcp",
		"/proc/net/tcp6" };
	struct err ignored = ERR;
	char want[8];

	(void)snprintf(want, sizeof(want), ":%04X", port);
	for (size_t i = 0; i < COUNT(files); i++) {
		CLEANUP(buf_free) struct buf b = BUF(16u << 20);
		struct str rest, line, inode;
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (os_read_fd(&b, fd, files[i], &ignored) < 0)
			buf_clear(&b);
		(void)close(fd);
		rest = buf_str(&b);
		while (str_cut(&rest, '\n', &line)) {
			if (!is_listener(line, want, &inode))
				continue;
			(void)snprintf(
			    link, n, "socket:[" STR_F "]", STR_A(inode));
			return true;
		}
	}
	return false;
}

static void
dir_close(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

static bool
has_socket(const char *pid, const char *link)
{
	CLEANUP(dir_close) DIR *d = NULL;
	char path[300], text[64];
	struct dirent *f;

	(void)snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	d = opendir(path);
	for (unsigned i = 0; d && i < MOST_FDS && (f = readdir(d)); i++) {
		ssize_t n =
		    readlinkat(dirfd(d), f->d_name, text, sizeof(text) - 1);

		if (n <= 0)
			continue;
		text[n] = '\0';
		if (strcmp(text, link) == 0)
			return true;
	}
	return false;
}

static void
tell(const char *pid, struct buf *out)
{
	CLEANUP(buf_free) struct buf name = BUF(64);
	struct err ignored = ERR;
	char path[300];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (os_read_fd(&name, fd, path, &ignored) < 0)
			buf_clear(&name);
		(void)close(fd);
	}
	buf_addc(out, '\'');
	buf_show(out, str_trim(buf_str(&name)), false);
	buf_addf(out, "' (process %s)", pid);
}

bool
port_owner(uint16_t port, struct buf *out)
{
	CLEANUP(dir_close) DIR *d = opendir("/proc");
	struct dirent *p;
	char link[64];
	uint64_t pid;

	if (!d || !find_socket(port, link, sizeof(link)))
		return false;
	for (unsigned i = 0; i < MOST_PROCESSES && (p = readdir(d)); i++) {
		if (!str_u64(str_of(p->d_name), INT32_MAX, &pid) ||
		    !has_socket(p->d_name, link))
			continue;
		tell(p->d_name, out);
		return true;
	}
	return false;
}
