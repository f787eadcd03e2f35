/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies kept in files, to compare later ones with. */

#include "os/os.h"
#include "smoke/shape.h"
#include "smoke/show.h"
#include "smoke/trial.h"

#define SLUG_MAX 80u
#define MAX_SNAPSHOT (64u << 20)

/* Letters and digits; all between them becomes one dash. */
struct str
snapshot_path(struct arena *a, struct str file, struct str name)
{
	char slug[SLUG_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < name.n && n < SLUG_MAX; i++) {
		char c = name.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '_')
			slug[n++] = c;
		else if (n > 0 && slug[n - 1] != '-')
			slug[n++] = '-';
	}
	while (n > 0 && slug[n - 1] == '-')
		n--;
	if (n == 0) {
		slug[0] = 'x';
		n = 1;
	}
	slug[n] = 0;
	if (str_ends(file, ".yaml"))
		file.n -= 5;
	else if (str_ends(file, ".yml"))
		file.n -= 4;
	return str_of(arena_printf(a, STR_F ".snap/%s.txt", STR_A(file), slug));
}

static int
write_snapshot(struct trial *t, struct str path, struct str got, struct err *e)
{
	const char *file = arena_cstr(t->arena, path);
	struct str dir = path;

	while (dir.n > 0 && dir.p[dir.n - 1] != '/')
		dir.n--;
	dir.n--; /* there is always a slash: the folder is x.snap */
	if (os_mkdirs(arena_cstr(t->arena, dir), 0755, e) < 0)
		return -1;
	return os_replace(file, got, 0644, e);
}

/* Read it; *there says whether it is. */
static int
read_snapshot(struct trial *t, struct str path, struct buf *out, bool *there,
    struct err *e)
{
	struct err why = ERR;

	*there = true;
	if (os_read(out, arena_cstr(t->arena, path), &why) == 0)
		return 0;
	*there = false;
	if (why.kind == ERR_MISSING)
		return 0;
	*e = why;
	return -1;
}

static void
update(struct trial *t, struct str path, bool there, struct str old,
    struct str got)
{
	struct err e = ERR;

	if (write_snapshot(t, path, got, &e) < 0) {
		buf_addf(&t->details, "%s\n", e.text);
		return;
	}
	t->snapped = true;
	if (there) {
		show_difference(&t->snap_difference, "the snapshot", old, got,
		    t->opt->width);
		return;
	}
	buf_addf(&t->snap_difference, "a new snapshot:\n");
	show_bytes(&t->snap_difference, got);
}

void
check_snapshot(struct trial *t, struct str got)
{
	CLEANUP(buf_free) struct buf old = BUF(MAX_SNAPSHOT);
	struct str path = t->c->want.body.snapshot_path;
	struct err e = ERR;
	bool there;

	if (read_snapshot(t, path, &old, &there, &e) < 0) {
		buf_addf(&t->details, "%s\n", e.text);
		return;
	}
	if (there && str_eq(buf_str(&old), got))
		return;
	if (t->opt->update && t->details.n > 0)
		return; /* it is not an answer to keep */
	if (t->opt->update) {
		update(t, path, there, buf_str(&old), got);
		return;
	}
	if (there) {
		show_difference(&t->details, "the snapshot", buf_str(&old), got,
		    t->opt->width);
		buf_addf(&t->details,
		    "    to keep the new one: subo test "
		    "--update\n");
		return;
	}
	buf_addf(&t->details, "there is no snapshot yet at ");
	show_quoted(&t->details, path);
	buf_addf(&t->details, "; to make it: subo test --update\n");
}
