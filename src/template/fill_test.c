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
#include "template/expand.h"
#include "template/template.h"

static char dir[64];

static const struct template_var vars[] = { { "Name", "hello" },
	{ "Evil", "../../x" }, { "Up", ".." }, { "Git", ".git" },
	{ "Again", "{{ .Name }}" }, { "Empty", "" } };

static int
enter(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/subo-fill-test.XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int
leave(void **state)
{
	struct err e = ERR;

	(void)state;
	return chdir("/") == 0 ? os_remove_tree(dir, &e) : -1;
}

/* A new template folder "t"; the old one and what it made are gone. */
static void
clean(void)
{
	struct err e = ERR;

	assert_int_equal(os_remove_tree("t", &e), 0);
	assert_int_equal(os_remove_tree("out", &e), 0);
	assert_int_equal(os_mkdirs("t", 0755, &e), 0);
}

static void
file(const char *path, const char *text, mode_t mode)
{
	CLEANUP(buf_free) struct buf parent = BUF(200);
	struct err e = ERR;

	buf_add(
	    &parent, (struct str){ path, (size_t)(strrchr(path, '/') - path) });
	assert_int_equal(os_mkdirs(buf_cstr(&parent), 0755, &e), 0);
	assert_int_equal(os_create(path, str_of(text), mode, &e), 0);
}

static void
holds(const char *path, const char *text, mode_t mode)
{
	CLEANUP(buf_free) struct buf b = BUF(10000);
	struct err e = ERR;
	struct stat st;

	if (os_read(&b, path, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_cstr(&b), text);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, mode);
}

static int
count_one(void *arg, const char *path, const struct stat *st, struct err *e)
{
	(void)path;
	(void)st;
	(void)e;
	++*(int *)arg;
	return 1;
}

/* Filling t into out fails so, and leaves nothing beside t. */
static void
refused(enum err_kind kind, const char *text)
{
	struct err e = ERR;
	int before = 0, after = 0;

	assert_int_equal(os_walk(".", count_one, &before, &e), 0);
	assert_int_equal(template_fill("t", "out", vars, COUNT(vars), &e), -1);
	assert_int_equal(e.kind, kind);
	if (!strstr(e.text, text))
		fail_msg("'%s' is not in '%s'", text, e.text);
	assert_int_equal(os_walk(".", count_one, &after, &e), 0);
	assert_int_equal(before, after);
}

static void
names_and_tmpl_files_are_filled_and_others_copied(void **state)
{
	struct err e = ERR;

	(void)state;
	clean();
	file("t/src/{{ .Name }}.rs.tmpl", "fn {{.Name}}() {{ .Again}}", 0644);
	file("t/{{.Name}}/raw", "{{ .Nothing }}", 0600);
	file("t/run.sh", "x", 04777);
	file("t/.runnable.yml.tmpl", "name: {{ .Name }}\n", 0644);
	file("t/.git/config", "not copied", 0644);
	file("t/sub/.git", "not copied", 0644);
	assert_int_equal(os_mkdirs("t/empty", 0755, &e), 0);
	assert_int_equal(template_fill("t", "out", vars, COUNT(vars), &e), 0);
	holds("out/src/hello.rs", "fn hello() {{ .Name }}", 0644);
	holds("out/hello/raw", "{{ .Nothing }}", 0644);
	holds("out/run.sh", "x", 0755);
	holds("out/.runnable.yml", "name: hello\n", 0644);
	assert_true(os_is_dir("out/empty"));
	assert_true(os_is_dir("out/sub"));
	assert_false(os_exists("out/.git"));
	assert_false(os_exists("out/sub/.git"));
}

static void
several_templates_make_one_folder(void **state)
{
	static const struct template_part parts[] = {
		{ "", "t", vars, COUNT(vars), { NULL, 0 } },
		{ "a/b", "t", vars, COUNT(vars), { NULL, 0 } },
		{ "a/m.wasm", NULL, NULL, 0, { "\0asm", 4 } },
		{ "a/m.wasm", NULL, NULL, 0, { "again", 5 } },
	};
	struct err e = ERR;

	(void)state;
	clean();
	file("t/{{ .Name }}", "1", 0644);
	assert_int_equal(template_fill_parts("out", parts, 4, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_false(os_exists("out"));
	assert_int_equal(template_fill_parts("out", parts, 3, &e), 0);
	holds("out/hello", "1", 0644);
	holds("out/a/b/hello", "1", 0644);
	assert_true(os_exists("out/a/m.wasm"));
}

static void
what_is_there_is_never_touched(void **state)
{
	(void)state;
	clean();
	file("t/f", "new", 0644);
	file("out/f", "old", 0644);
	refused(ERR_USAGE, "'out' exists already");
	holds("out/f", "old", 0644);
	clean();
	assert_int_equal(symlink("nowhere", "out"), 0);
	refused(ERR_USAGE, "'out' exists already");
	clean();
	assert_int_equal(mkdir("out", 0755), 0);
	refused(ERR_USAGE, "'out' exists already");
}

static void
hostile_names_are_refused(void **state)
{
	static const struct {
		const char *path, *text;
	} cases[] = {
		{ "t/{{ .Evil }}", "slash" },
		{ "t/{{ .Up }}", "leaves" },
		{ "t/{{ .Up }}/x", "leaves" },
		{ "t/{{ .Git }}/x", ".git" },
		{ "t/.GIT/hooks/x", ".git" },
		{ "t/{{ .Empty }}", "empty" },
		{ "t/.tmpl", "empty" },
		{ "t/a\\b", "slash" },
		{ "t/a\nb", "control" },
		{ "t/a\xff", "UTF-8" },
		{ "t/{{ .Who }}", "no variable" },
		{ "t/{{ .Name", "no '}}'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		clean();
		file("t/fine", "x", 0644);
		file(cases[i].path, "x", 0644);
		refused(ERR_INPUT, cases[i].text);
	}
}

static void
links_and_devices_are_refused(void **state)
{
	(void)state;
	clean();
	assert_int_equal(symlink("/etc/passwd", "t/link"), 0);
	refused(ERR_INPUT, "symlink");
	clean();
	assert_int_equal(symlink(".", "t/loop"), 0);
	refused(ERR_INPUT, "symlink");
	clean();
	assert_int_equal(mkfifo("t/pipe", 0644), 0);
	refused(ERR_INPUT, "pipe");
}

static void
two_files_that_become_one_are_refused(void **state)
{
	(void)state;
	clean();
	file("t/hello", "1", 0644);
	file("t/{{ .Name }}", "2", 0644);
	refused(ERR_INPUT, "two files");
	clean();
	file("t/a", "1", 0644);
	file("t/a.tmpl", "2", 0644);
	refused(ERR_INPUT, "two files");
	clean();
	file("t/hello.tmpl", "1", 0644);
	file("t/{{ .Name }}/x", "2", 0644);
	refused(ERR_INPUT, "hello");
}

static void
ceilings_hold(void **state)
{
	struct err e = ERR;
	char path[64];
	int n = (int)TEMPLATE_MAX_FILES + 1;

	(void)state;
	clean();
	file("t/big", "", 0644);
	assert_int_equal(truncate("t/big", TEMPLATE_MAX_BYTES + 1L), 0);
	refused(ERR_LIMIT, "longer");
	clean();
	file("t/one", "", 0644);
	file("t/two", "", 0644);
	assert_int_equal(truncate("t/one", TEMPLATE_MAX_BYTES - 9L), 0);
	assert_int_equal(truncate("t/two", 10), 0);
	refused(ERR_LIMIT, "longer");
	clean();
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "t/%d", i);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	refused(ERR_LIMIT, "more than");
	clean();
	assert_int_equal(os_mkdirs("t/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/"
				   "d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d",
			     0755, &e),
	    0);
	refused(ERR_LIMIT, "deep");
}

static void
a_missing_template_or_parent_is_told(void **state)
{
	struct err e = ERR;

	(void)state;
	clean();
	assert_int_equal(template_fill("none", "out", NULL, 0, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
	assert_int_equal(template_fill("t", "none/out", NULL, 0, &e), -1);
	assert_int_equal(e.kind, ERR_MISSING);
}

static void
only_variables_go_into_braces(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "a {{ .Name }} b {{.Name}}", "a hello b hello" },
		{ "{{\t.Name\n}}", "hello" },
		{ "}} { { .Name }", "}} { { .Name }" },
		{ "{{ .Empty }}x", "x" },
		{ "{{ .Again }}", "{{ .Name }}" },
		{ "{{", NULL },
		{ "{{ .Name }", NULL },
		{ "{{}}", NULL },
		{ "{{ . }}", NULL },
		{ "{{ Name }}", NULL },
		{ "{{ .name }}", NULL },
		{ "{{ .Name.X }}", NULL },
		{ "{{- .Name }}", NULL },
		{ "{{ .Name | html }}", NULL },
		{ "{{ if .Name }}", NULL },
		{ "{{ \"{{\" }}", NULL },
		{ "{{ .1 }}", NULL },
		{ "{{{ .Name }}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		CLEANUP(buf_free) struct buf out = BUF(100);
		struct err e = ERR;
		int r = expand(
		    &out, str_of(cases[i].in), "f", vars, COUNT(vars), &e);

		assert_int_equal(r, cases[i].out ? 0 : -1);
		if (cases[i].out)
			assert_string_equal(buf_cstr(&out), cases[i].out);
		else
			assert_int_equal(e.kind, ERR_INPUT);
	}
}

static void
a_wrong_variable_is_told_with_its_place(void **state)
{
	CLEANUP(buf_free) struct buf out = BUF(100);
	struct err e = ERR;

	(void)state;
	assert_int_equal(expand(&out, STR("a\nbc {{ .Nme }}\n"), "x.tmpl", vars,
			     COUNT(vars), &e),
	    -1);
	assert_non_null(strstr(e.text, "x.tmpl:2:4: '{{ .Nme }}'"));
	assert_non_null(strstr(e.hint, ".Name"));
}

static void
text_that_grows_without_end_is_stopped(void **state)
{
	CLEANUP(buf_free) struct buf text = BUF(2000);
	CLEANUP(buf_free) struct buf out = BUF(100);
	struct err e = ERR;

	(void)state;
	for (int i = 0; i < 50; i++)
		buf_add(&text, STR("{{.Name}}"));
	assert_int_equal(
	    expand(&out, buf_str(&text), "f", vars, COUNT(vars), &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
	assert_true(out.n <= 100);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    names_and_tmpl_files_are_filled_and_others_copied),
		cmocka_unit_test(several_templates_make_one_folder),
		cmocka_unit_test(what_is_there_is_never_touched),
		cmocka_unit_test(hostile_names_are_refused),
		cmocka_unit_test(links_and_devices_are_refused),
		cmocka_unit_test(two_files_that_become_one_are_refused),
		cmocka_unit_test(ceilings_hold),
		cmocka_unit_test(a_missing_template_or_parent_is_told),
		cmocka_unit_test(only_variables_go_into_braces),
		cmocka_unit_test(a_wrong_variable_is_told_with_its_place),
		cmocka_unit_test(text_that_grows_without_end_is_stopped),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
