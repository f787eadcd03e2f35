/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, and the passwords they are under. */
#include "keys.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "os/os.h"

#define MAX_PATH 4096u

/* ---- folders ---- */

static bool
folder(
    struct buf *out, const char *variable, const char *below, const char *name)
{
	const char *base = world_env(variable), *home = world_env("HOME");

	out->max = MAX_PATH;
	if (base && base[0] == '/')
		buf_addf(out, "%s/subo/%s", base, name);
	else if (home && home[0] == '/')
		buf_addf(out, "%s/%s/subo/%s", home, below, name);
	return out->n > 0 && !buf_over(out);
}

bool
keys_config(struct buf *out, const char *name)
{
	return folder(out, "XDG_CONFIG_HOME", ".config", name);
}

bool
keys_state(struct buf *out, const char *name)
{
	return folder(out, "XDG_STATE_HOME", ".local/state", name);
}

/* ---- passwords ---- */

static int
ask(struct buf *out, int tty, const char *prompt, struct err *e)
{
	struct termios old, quiet;
	bool shows = tcgetattr(tty, &old) == 0;
	ssize_t n;
	char c;

	(void)!write(tty, prompt, strlen(prompt));
	quiet = old;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	if (shows)
		(void)tcsetattr(tty, TCSAFLUSH, &quiet);
	while ((n = read(tty, &c, 1)) == 1 && c != '\n')
		buf_addc(out, c);
	if (shows)
		(void)tcsetattr(tty, TCSAFLUSH, &old);
	(void)!write(tty, "\n", 1);
	if (n < 0 && os_check_interrupt(e) < 0)
		return -1;
	if (buf_over(out))
		return err_set(e, ERR_USAGE, "a password has at most %u bytes",
		    SIGN_MAX_PASSWORD);
	return 0;
}

int
keys_password(struct buf *out, const char *prompt, bool new, struct err *e)
{
	CLEANUP(sign_wipe_buf) struct buf again = BUF(SIGN_MAX_PASSWORD);
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY), rc;

	out->max = SIGN_MAX_PASSWORD;
	if (tty < 0) {
		(void)err_set(
		    e, ERR_USAGE, "there is no terminal to ask for a password");
		return err_hint(e, "SUBO_KEY_PASSWORD in the environment%s",
		    new ? ", or --no-password" : "");
	}
	rc = ask(out, tty, prompt, e);
	if (rc == 0 && new && out->n > 0)
		rc = ask(&again, tty, "The same again: ", e);
	close(tty);
	if (rc < 0)
		return -1;
	if (out->n == 0)
		return err_set(e, ERR_USAGE, "the password is empty");
	if (new && !str_eq(buf_str(out), buf_str(&again)))
		return err_set(
		    e, ERR_USAGE, "these are two different passwords");
	return 0;
}

/* ---- keys ---- */

static bool
is_others(const struct stat *st)
{
	return st->st_uid != geteuid() && st->st_uid != 0;
}

static int
read_linked(struct buf *out, int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return err_sys(e, "cannot read '%s'", path);
	if (!is_others(&st))
		return S_ISREG(st.st_mode) ? os_read_fd(out, fd, path, e)
					   : os_read(out, path, e);
	(void)err_set(e, ERR_TRUST,
	    "'%s' is a link to a file that belongs to somebody else", path);
	return err_hint(e, "put a copy of the file there");
}

int
keys_read(struct buf *out, const char *path, struct err *e)
{
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) != 0 || !S_ISLNK(st.st_mode))
		return os_read(out, path, e);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return os_read(out, path, e); /* which says why */
	rc = read_linked(out, fd, path, e);
	close(fd);
	return rc;
}

int
keys_public(struct sign_public *p, const char *text, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(SIGN_MAX_FILE);
	struct str s = str_of(text);

	if (s.n == 56 && str_starts(s, "RW") && !os_exists(text))
		return sign_public_parse(p, s, e);
	if (keys_read(&b, text, e) < 0)
		return -1;
	if (sign_public_parse(p, buf_str(&b), e) < 0)
		return err_wrap(e, "'%s'", text);
	return 0;
}

int
keys_cosign(struct cosign_key *k, bool *is_one, const char *path, struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(COSIGN_MAX_KEY);
	struct err ignored = ERR;

	*is_one = false;
	if (!os_exists(path) || keys_read(&b, path, &ignored) < 0 ||
	    !cosign_key_looks(buf_str(&b)))
		return 0;
	*is_one = true;
	if (cosign_key_parse(k, buf_str(&b), e) < 0)
		return err_wrap(e, "'%s'", path);
	return 0;
}

/* Who gives the public key by mistake is told of that. */
static int
refuse_open(int fd, const char *path, struct err *e)
{
	CLEANUP(sign_wipe_buf) struct buf b = BUF(SIGN_MAX_FILE);
	struct err ignored = ERR;
	struct sign_public p;

	if (os_read_fd(&b, fd, path, &ignored) == 0 &&
	    sign_public_parse(&p, buf_str(&b), &ignored) == 0) {
		(void)err_set(e, ERR_INPUT,
		    "'%s' is a public key, and those sign nothing", path);
		return err_hint(e, "the secret one is in NAME.key");
	}
	(void)err_set(e, ERR_TRUST, "others may read '%s'", path);
	return err_hint(e, "chmod 600 %s", path);
}

/* Nobody else may read it, or have put it there. */
static int
read_secret(struct buf *out, const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int rc;

	if (fd < 0)
		return os_read(out, path, e); /* which says why */
	rc = fstat(fd, &st);
	if (rc == 0 && (st.st_mode & 077) != 0) {
		rc = refuse_open(fd, path, e);
	} else if (rc == 0 && is_others(&st)) {
		rc = err_set(
		    e, ERR_TRUST, "'%s' belongs to somebody else", path);
	} else if (rc == 0) {
		rc = os_read_fd(out, fd, path, e);
	} else {
		rc = err_sys(e, "cannot read '%s'", path);
	}
	close(fd);
	return rc;
}

int
keys_secret(struct sign_secret **out, const char *path, struct err *e)
{
	CLEANUP(sign_wipe_buf) struct buf text = BUF(SIGN_MAX_FILE);
	CLEANUP(sign_wipe_buf) struct buf password = BUF(SIGN_MAX_PASSWORD);
	const char *given = world_env("SUBO_KEY_PASSWORD");
	char prompt[200];

	if (read_secret(&text, path, e) < 0)
		return -1;
	if (sign_secret_locked(buf_str(&text))) {
		(void)snprintf(
		    prompt, sizeof(prompt), "Password of %.150s: ", path);
		if (given)
			buf_add(&password, str_of(given));
		else if (keys_password(&password, prompt, false, e) < 0)
			return -1;
	}
	if (sign_secret_parse(out, buf_str(&text), buf_str(&password), e) < 0)
		return err_wrap(e, "'%s'", path);
	return 0;
}

/* ---- signatures beside a file ---- */

static int
add_text(struct str *texts, size_t *n, struct arena *a, const char *path,
    struct err *e)
{
	CLEANUP(buf_free) struct buf b = BUF(BUNDLE_MAX_COMMENT);

	if (*n == KEYS_MAX_DETACHED)
		return err_set(e, ERR_INPUT,
		    "'%s': more than %u signatures are too many", path,
		    KEYS_MAX_DETACHED);
	if (os_read(&b, path, e) < 0)
		return -1;
	texts[(*n)++] = arena_copy(a, buf_str(&b));
	return 0;
}

/* "NAME.0A2F542CF34912C7.minisig", of NAME. */
static bool
is_beside(struct str file, struct str name)
{
	return file.n == name.n + 1 + (SIGN_ID - 1) + strlen(".minisig") &&
	    str_starts(file, name.p) && file.p[name.n] == '.' &&
	    str_ends(file, ".minisig");
}

int
keys_detached(struct str *texts, size_t *n, struct arena *a, const char *path,
    struct err *e)
{
	const char *slash = strrchr(path, '/');
	const char *dir = slash
	    ? arena_printf(a, "%.*s", (int)(slash - path) + 1, path)
	    : ".";
	char *first = arena_printf(a, "%s.minisig", path);
	struct str name = str_of(slash ? slash + 1 : path);
	struct dirent *de;
	int rc = 0;
	DIR *d;

	if (os_exists(first) && add_text(texts, n, a, first, e) < 0)
		return -1;
	d = opendir(dir);
	while (d && rc == 0 && (de = readdir(d)) != NULL)
		if (is_beside(str_of(de->d_name), name))
			rc = add_text(texts, n, a,
			    arena_printf(
				a, "%s%s", slash ? dir : "", de->d_name),
			    e);
	if (d)
		closedir(d);
	return rc;
}
