/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/os.h"
#include "template/child.h"
#include "template/template.h"

/* Repositories are made by git itself; hostile ones by its plumbing. */
static char dir[64];
static bool have_git;

static const char *const env[] = { "PATH=/usr/local/bin:/usr/bin:/bin",
	"GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b",
	"GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b", "HOME=/nonexistent",
	"GIT_AUTHOR_DATE=1700000000 +0000",
	"GIT_COMMITTER_DATE=1700000000 +0000", NULL };

static int
sh(const char *script, struct buf *out)
{
	const char *argv[] = { "sh", "-euc", script, NULL };
	struct os_spawn s = { .argv = argv, .env = env, .out = out };
	struct os_exit ex;
	struct err e = ERR;

	if (os_run(&s, &ex, &e) < 0)
		return -1;
	return ex.code;
}

/* Run a script of git commands; its output without the last newline. */
static const char *
git(const char *script)
{
	static struct buf out = BUF(100000);

	buf_clear(&out);
	if (sh(script, &out) != 0)
		fail_msg("%s: %s", script, buf_cstr(&out));
	while (out.n > 0 && out.p[out.n - 1] == '\n')
		out.p[--out.n] = '\0';
	return buf_cstr(&out);
}

static int
enter(void **state)
{
	struct buf out = BUF(1000);
	struct err e = ERR;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/subo-fetch-test.XXXXXX");
	if (!mkdtemp(dir) || chdir(dir) != 0)
		return -1;
	have_git = sh("git --version", &out) == 0;
	buf_free(&out);
	if (!have_git)
		return 0;
	git("git init -q -b main origin; cd origin; mkdir -p t/c;"
	    "echo one >t/c/f; echo x >t/c/run; chmod +x t/c/run; echo r >r;"
	    "git add .; git commit -qm one; git tag v1;"
	    "git tag -a -m note v1a;"
	    "echo two >t/c/f; git commit -qam two;"
	    "git branch feature/x; git checkout -q -b dead;"
	    "echo three >t/c/f; git commit -qam three; git checkout -q main");
	return os_mkdirs("cache", 0700, &e);
}

static int
leave(void **state)
{
	struct err e = ERR;

	(void)state;
	return chdir("/") == 0 ? os_remove_tree(dir, &e) : -1;
}

static void
need_git(void)
{
	if (!have_git)
		skip();
}

static struct template_source
fetched(const char *address)
{
	struct template_source s;
	struct err e = ERR;

	if (template_fetch(&s, "cache", address, &e) < 0)
		fail_msg("%s: %s", address, e.text);
	return s;
}

static void
refused(const char *address, enum err_kind kind, const char *text)
{
	struct template_source s;
	struct err e = ERR;

	if (template_fetch(&s, "cache", address, &e) == 0)
		fail_msg("%s is accepted", address);
	if (e.kind != kind || !strstr(e.text, text))
		fail_msg("%s: kind %d: %s", address, (int)e.kind, e.text);
}

static void
file_of(const struct template_source *s, const char *name, const char *text)
{
	CLEANUP(buf_free) struct buf path = BUF(5000);
	CLEANUP(buf_free) struct buf b = BUF(1000);
	struct err e = ERR;

	buf_addf(&path, "%s/%s", s->path, name);
	if (os_read(&b, buf_cstr(&path), &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_cstr(&b), text);
}

/* Both roads: read in place, and fetched into the cache. */
static void
a_ref_is_a_branch_a_tag_or_a_commit(void **state)
{
	static const struct {
		const char *ref, *rev, *text;
	} cases[] = {
		{ "", "HEAD", "two\n" },
		{ "@main", "main", "two\n" },
		{ "@feature/x", "main", "two\n" },
		{ "@v1", "v1", "one\n" },
		{ "@v1a", "v1", "one\n" },
		{ "@dead", "dead", "three\n" },
	};

	(void)state;
	need_git();
	for (size_t i = 0; i < COUNT(cases); i++) {
		char address[300], script[200], rev[41];
		struct template_source s;

		snprintf(script, sizeof(script),
		    "git -C origin rev-parse '%s^{commit}'", cases[i].rev);
		snprintf(rev, sizeof(rev), "%s", git(script));
		snprintf(address, sizeof(address), "./origin%s", cases[i].ref);
		s = fetched(address);
		assert_string_equal(s.commit, rev);
		file_of(&s, "t/c/f", cases[i].text);
		snprintf(address, sizeof(address), "file://%s/origin%s#t/c",
		    dir, cases[i].ref);
		s = fetched(address);
		assert_string_equal(s.commit, rev);
		file_of(&s, "f", cases[i].text);
		assert_false(s.offline);
	}
}

static void
a_short_commit_is_enough(void **state)
{
	char address[300], rev[41];
	struct template_source s;

	(void)state;
	need_git();
	snprintf(rev, sizeof(rev), "%s", git("git -C origin rev-parse v1"));
	snprintf(address, sizeof(address), "file://%s/origin@%.8s#t", dir, rev);
	s = fetched(address);
	assert_string_equal(s.commit, rev);
	file_of(&s, "c/f", "one\n");
	snprintf(address, sizeof(address), "./origin@%.7s", rev);
	s = fetched(address);
	assert_string_equal(s.commit, rev);
}

static void
what_is_not_there_is_told(void **state)
{
	char address[300];

	(void)state;
	need_git();
	refused("./none", ERR_MISSING, "no folder './none'");
	refused("./origin@none", ERR_MISSING, "no branch, tag or commit");
	refused("./origin@0123456789012345678901234567890123456789",
	    ERR_MISSING, "no branch, tag or commit");
	refused("./origin#none", ERR_MISSING, "no folder 'none'");
	refused("./origin#r", ERR_MISSING, "'r' is no folder");
	snprintf(address, sizeof(address), "file://%s/none", dir);
	refused(address, ERR_MISSING, "no folder");
	snprintf(address, sizeof(address), "file://%s/origin@mian", dir);
	refused(address, ERR_MISSING, "no branch, tag or commit 'mian'");
	snprintf(address, sizeof(address), "file://%s/origin@abcdef12", dir);
	refused(address, ERR_MISSING, "no branch, tag or commit");
	git("git init -q empty");
	refused("./empty", ERR_MISSING, "no commit");
	snprintf(address, sizeof(address), "file://%s/empty", dir);
	refused(address, ERR_MISSING, "no commit");
}

static void
an_old_copy_serves_when_fetching_fails(void **state)
{
	char address[300], full[400], rev[41];
	struct template_source s;

	(void)state;
	need_git();
	git("cp -r origin away");
	snprintf(rev, sizeof(rev), "%s", git("git -C away rev-parse v1"));
	snprintf(address, sizeof(address), "file://%s/away@main", dir);
	snprintf(full, sizeof(full), "file://%s/away@%s", dir, rev);
	fetched(address);
	git("mv away gone");
	s = fetched(address);
	assert_true(s.offline && s.cached);
	assert_true(s.why[0] != '\0');
	file_of(&s, "t/c/f", "two\n");
	s = fetched(full);
	assert_true(s.cached && !s.offline);
	file_of(&s, "t/c/f", "one\n");
	snprintf(address, sizeof(address), "file://%s/away@dead", dir);
	refused(address, ERR_MISSING, "no folder");
	git("mv gone away; cd away; echo new >t/c/f; git commit -qam new");
	snprintf(address, sizeof(address), "file://%s/away@main", dir);
	s = fetched(address);
	assert_false(s.offline);
	file_of(&s, "t/c/f", "new\n");
}

static void
a_spoilt_cache_is_made_again(void **state)
{
	char address[300];
	struct template_source s;

	(void)state;
	need_git();
	git("cp -r origin spoil");
	snprintf(address, sizeof(address), "file://%s/spoil#t", dir);
	fetched(address);
	git("for r in cache/*.git; do echo x >$r/HEAD; done");
	s = fetched(address);
	file_of(&s, "c/f", "two\n");
}

static void
a_branch_may_become_a_folder_of_branches(void **state)
{
	char address[300];

	(void)state;
	need_git();
	git("cp -r origin fold; git -C fold branch a v1");
	snprintf(address, sizeof(address), "file://%s/fold@a", dir);
	fetched(address);
	git("cd fold; git branch -D a; git branch a/b");
	snprintf(address, sizeof(address), "file://%s/fold@a/b", dir);
	fetched(address);
}

static void
a_plain_folder_is_used_where_it_is(void **state)
{
	char real[5000];
	struct template_source s;

	(void)state;
	need_git();
	git("mkdir -p plain@home/sub; ln -s ../origin plain@home/out");
	s = fetched("./plain@home#sub");
	assert_string_equal(s.commit, "");
	snprintf(real, sizeof(real), "%s/plain@home/sub", dir);
	assert_string_equal(s.path, real);
	refused("./plain@home@v1", ERR_MISSING, "is no git repository");
	refused("./plain@home#out", ERR_INPUT, "leads out");
	refused("./plain@home#none", ERR_MISSING, "no folder");
}

static void
only_plain_files_are_checked_out(void **state)
{
	struct template_source s;
	CLEANUP(buf_free) struct buf path = BUF(5000);
	struct stat st;

	(void)state;
	need_git();
	s = fetched("./origin");
	buf_addf(&path, "%s/t/c/run", s.path);
	assert_int_equal(stat(buf_cstr(&path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	/* A submodule is left out, export-subst and CRLF rules do nothing. */
	git("git init -q sub; cd sub; echo '$Format:%H$' >f;"
	    "echo 'f export-subst eol=crlf text' >.gitattributes; git add .;"
	    "git update-index --add --cacheinfo 160000,"
	    "0123456789012345678901234567890123456789,module;"
	    "git commit -qm x");
	s = fetched("./sub");
	file_of(&s, "f", "$Format:%H$\n");
	buf_clear(&path);
	buf_addf(&path, "%s/module", s.path);
	assert_false(os_exists(buf_cstr(&path)));
}

/* A commit whose tree has one entry, as raw as git stores it. */
static void
one_entry(const char *mode, const char *octal_name, const char *more)
{
	char script[1500];

	snprintf(script, sizeof(script),
	    "rm -rf evil; git init -q -b main evil; cd evil;"
	    "b=$(echo x | git hash-object -w --stdin);"
	    "s=$(printf '100644 blob %%s\\tpost-checkout\\n' $b | git mktree);"
	    "oct() { for h in $(echo $1 | sed 's/../& /g'); do"
	    "  printf \"\\\\$(printf %%03o 0x$h)\"; done; };"
	    "[ %s = 40000 ] && b=$s;"
	    "{ printf '%s %s\\0'; oct $b; %s } >raw;"
	    "t=$(git hash-object -t tree -w --literally raw);"
	    "git update-ref refs/heads/main $(git commit-tree -m x $t)",
	    mode, mode, octal_name, more);
	git(script);
}

static void
hostile_trees_are_refused(void **state)
{
	static const struct {
		const char *mode, *name, *more, *text;
	} cases[] = {
		{ "40000", ".git", "", ".git" },
		{ "40000", ".GIT", "", ".git" },
		{ "40000", ".git ", "", ".git" },
		{ "40000", ".git.", "", ".git" },
		{ "40000", "git~1", "", ".git" },
		{ "40000", ".g\\342\\200\\214it", "", "invisible" },
		{ "100644", "a/b", "", "slash" },
		{ "100644", "..", "", "leaves" },
		{ "40000", "..", "", "leaves" },
		{ "100644", "a\\\\b", "", "slash" },
		{ "100644", "a\\r", "", "control" },
		{ "100644", "\\377", "", "UTF-8" },
		{ "120000", "link", "", "symlink" },
		{ "100644", "A", "printf '100644 a\\0'; oct $b;", "case" },
		{ "120000", "A", "printf '40000 a\\0'; oct $s;", "case" },
	};
	CLEANUP(buf_free) struct buf path = BUF(5000);
	struct template_source s;
	struct stat st;

	(void)state;
	need_git();
	for (size_t i = 0; i < COUNT(cases); i++) {
		one_entry(cases[i].mode, cases[i].name, cases[i].more);
		refused("./evil", ERR_INPUT, cases[i].text);
	}
	one_entry("104755", "suid", "");
	s = fetched("./evil");
	buf_addf(&path, "%s/suid", s.path);
	assert_int_equal(stat(buf_cstr(&path), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void
a_tree_bomb_is_stopped(void **state)
{
	(void)state;
	need_git();
	git("git init -q -b main bomb; cd bomb;"
	    "o=$(echo x | git hash-object -w --stdin); k=blob; m=100644;"
	    "for d in 1 2 3 4 5 6 7 8 9; do o=$("
	    "  for n in 0 1 2 3 4 5 6 7 8 9; do"
	    "    printf '%s %s %s\\t%s\\n' $m $k $o $n; done | git mktree);"
	    "  k=tree m=040000; done;"
	    "git update-ref refs/heads/main $(git commit-tree -m x $o)");
	refused("./bomb", ERR_LIMIT, "more than 10000 files");
	git("git init -q -b main deep; cd deep;"
	    "o=$(echo x | git hash-object -w --stdin); k=blob; m=100644;"
	    "for d in $(seq 40); do"
	    "  o=$(printf '%s %s %s\\tx\\n' $m $k $o | git mktree);"
	    "  k=tree m=040000; done;"
	    "git update-ref refs/heads/main $(git commit-tree -m x $o)");
	refused("./deep", ERR_LIMIT, "too deeply");
	git("git init -q -b main big; cd big; truncate -s 65M f; git add f;"
	    "git commit -qm x");
	refused("./big", ERR_LIMIT, "more than");
	/* Nothing half-made is left in the cache. */
	assert_string_equal(git("find cache -name '.subo-new*'"), "");
}

static void
a_damaged_pack_is_an_error_not_a_crash(void **state)
{
	char address[300];
	struct template_source s;
	struct err e = ERR;

	(void)state;
	need_git();
	git("cp -r origin hurt; cd hurt; git gc -q; chmod u+w "
	    ".git/objects/pack/*.pack; f=$(echo .git/objects/pack/*.pack);"
	    "printf 'XXXXXXXXXXXXXXXX' |"
	    "dd of=$f bs=1 seek=200 conv=notrunc 2>/dev/null");
	assert_int_equal(template_fetch(&s, "cache", "./hurt", &e), -1);
	assert_true(e.kind == ERR_INPUT || e.kind == ERR_MISSING);
	snprintf(address, sizeof(address), "file://%s/hurt", dir);
	e = (struct err)ERR;
	assert_int_equal(template_fetch(&s, "cache", address, &e), -1);
	assert_int_equal(e.kind, ERR_REMOTE);
}

static void
no_address_or_password_is_stored(void **state)
{
	struct template_source s;
	struct err e = ERR;

	(void)state;
	need_git();
	assert_int_equal(
	    template_fetch(&s, "cache", "https://me:s3cr3t@127.0.0.1:9/x", &e),
	    -1);
	assert_int_equal(e.kind, ERR_REMOTE);
	assert_null(strstr(e.text, "s3cr3t"));
	assert_string_equal(git("grep -r s3cr3t cache || :"), "");
	assert_string_equal(git("grep -r 127.0.0.1 cache || :"), "");
}

static int
answers(void *arg, struct err *e)
{
	(void)e;
	*(int *)arg = 42;
	return 0;
}

static int
refuses(void *arg, struct err *e)
{
	(void)arg;
	return err_set(e, ERR_TRUST, "no");
}

static int
sleeps(void *arg, struct err *e)
{
	(void)arg;
	while (os_check_interrupt(e) == 0)
		pause();
	return -1;
}

static int
crashes(void *arg, struct err *e)
{
	(void)arg;
	(void)e;
	_exit(3);
}

static void
a_child_answers_fails_or_is_ended(void **state)
{
	static const struct child_limits limits = { .timeout_ms = 60000 };
	static const struct child_limits soon = { .timeout_ms = 1 };
	struct err e = ERR;
	int n = 0;

	(void)state;
	assert_int_equal(
	    child_call(answers, &n, &n, sizeof(n), &limits, &e), 0);
	assert_int_equal(n, 42);
	assert_int_equal(
	    child_call(refuses, NULL, &n, sizeof(n), &limits, &e), -1);
	assert_int_equal(e.kind, ERR_TRUST);
	assert_int_equal(
	    child_call(sleeps, NULL, &n, sizeof(n), &soon, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_int_equal(
	    child_call(crashes, NULL, &n, sizeof(n), &limits, &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ref_is_a_branch_a_tag_or_a_commit),
		cmocka_unit_test(a_short_commit_is_enough),
		cmocka_unit_test(what_is_not_there_is_told),
		cmocka_unit_test(an_old_copy_serves_when_fetching_fails),
		cmocka_unit_test(a_spoilt_cache_is_made_again),
		cmocka_unit_test(a_branch_may_become_a_folder_of_branches),
		cmocka_unit_test(a_plain_folder_is_used_where_it_is),
		cmocka_unit_test(only_plain_files_are_checked_out),
		cmocka_unit_test(hostile_trees_are_refused),
		cmocka_unit_test(a_tree_bomb_is_stopped),
		cmocka_unit_test(a_damaged_pack_is_an_error_not_a_crash),
		cmocka_unit_test(no_address_or_password_is_stored),
		cmocka_unit_test(a_child_answers_fails_or_is_ended),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
