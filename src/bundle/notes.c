/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle/notes.h"
#include "os/os.h"

/* Another number when the rules of reading change: what passed the old ones has
 * not passed these. */
#define RULES "subo bundle 1\n"
#define END "end\n"
#define SUFFIX ".opened"
#define MAX_BYTES (4u << 20)

static void
note_path(struct buf *out, const char *dir, const struct digest *bundle)
{
	char hex[DIGEST_HEX];

	digest_hex(bundle, hex);
	buf_addf(out, "%s/%s" SUFFIX, dir, hex);
}

/* Nobody but us may have written it. */
static bool
read_ours(struct buf *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct err ignored = ERR;
	struct stat st;
	bool good;

	if (fd < 0)
		return false;
	good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_uid == geteuid() && (st.st_mode & 022) == 0 &&
	    os_read_fd(out, fd, path, &ignored) == 0;
	close(fd);
	return good;
}

static bool
read_line(struct str *text, struct str name, struct digest *d)
{
	struct str line, hex;

	return str_cut(text, '\n', &line) && str_cut(&line, ' ', &hex) &&
	    str_eq(line, name) && digest_parse(hex, d);
}

bool
notes_read(const char *dir, const struct digest *bundle,
    const struct zip_entry *z, size_t n, bool (*module)(struct str),
    struct digest *digests)
{
	CLEANUP(buf_free) struct buf path = BUF(4096), all = BUF(MAX_BYTES);
	struct str text;

	note_path(&path, dir, bundle);
	if (buf_over(&path) || !read_ours(&all, buf_cstr(&path)))
		return false;
	text = buf_str(&all);
	if (!str_starts(text, RULES) || !str_ends(text, END))
		return false;
	text = str_from(text, sizeof(RULES) - 1);
	for (size_t i = 0; i < n; i++)
		if (module(z[i].name) &&
		    !read_line(&text, z[i].name, &digests[i]))
			return false;
	return str_is(text, END);
}

/* ---- keeping the folder within its bound ---- */

/* Its oldest file when it holds too many; else "". */
static void
oldest(char name[NAME_MAX + 1], const char *dir)
{
	DIR *d = opendir(dir);
	time_t least = 0;
	size_t n = 0;
	struct dirent *de;
	struct stat st;

	name[0] = '\0';
	while (d && (de = readdir(d)) != NULL) {
		if (!str_ends(str_of(de->d_name), SUFFIX) ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (n++ > 0 && st.st_mtime >= least)
			continue;
		least = st.st_mtime;
		(void)snprintf(name, NAME_MAX + 1, "%s", de->d_name);
	}
	if (d)
		closedir(d);
	if (n < NOTES_MAX_FILES)
		name[0] = '\0';
}

static void
prune(const char *dir)
{
	CLEANUP(buf_free) struct buf path = BUF(4096);
	struct err ignored = ERR;
	char name[NAME_MAX + 1];

	oldest(name, dir);
	if (name[0] == '\0')
		return;
	buf_addf(&path, "%s/%s", dir, name);
	if (!buf_over(&path))
		(void)!os_remove(buf_cstr(&path), &ignored);
}

void
notes_write(const char *dir, const struct digest *bundle, const struct note *v,
    size_t n)
{
	CLEANUP(buf_free) struct buf path = BUF(4096), all = BUF(MAX_BYTES);
	struct err ignored = ERR;
	char hex[DIGEST_HEX];

	note_path(&path, dir, bundle);
	buf_add(&all, STR(RULES));
	for (size_t i = 0; i < n; i++) {
		digest_hex(&v[i].digest, hex);
		buf_addf(&all, "%s " STR_F "\n", hex, STR_A(v[i].name));
	}
	buf_add(&all, STR(END));
	if (buf_over(&path) || buf_over(&all))
		return;
	prune(dir);
	(void)!os_remake(buf_cstr(&path), buf_str(&all), 0600, &ignored);
}
