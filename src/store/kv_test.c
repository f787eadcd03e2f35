/* SPDX-License-Identifier: Apache-2.0 */
/* Caches in an SQLite file, and in a Redis on loopback. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "os/os.h"
#include "store/fixture.h"

enum kind { LITE, REDIS, NKINDS };

static const char *const kinds[NKINDS] = { "sqlite", "redis" };

struct all {
	struct server redis;
	bool have_redis;
	char dir[100], file[120], address[100];
};

struct rig {
	enum kind kind;
	struct all *all;
	struct kv *kv;
	struct loop *loop;
	struct answer a;
};

static int
set_up(void **state)
{
	struct all *all = mem_take(sizeof(*all));
	const char *tmp = getenv("TMPDIR");

	*state = all;
	snprintf(
	    all->dir, sizeof all->dir, "%s/subo-kv.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(all->dir))
		return -1;
	snprintf(all->file, sizeof all->file, "%s/cache", all->dir);
	if (server_try(&all->redis, "redis", &all->have_redis) < 0)
		return -1;
	snprintf(
	    all->address, sizeof all->address, "127.0.0.1:%d", all->redis.port);
	return 0;
}

static int
tear_down(void **state)
{
	struct all *all = *state;
	struct err e = ERR;
	char dir[100];

	snprintf(dir, sizeof dir, "%s", all->dir);
	server_end(&all->redis);
	mem_free(all);
	return os_remove_tree(dir, &e);
}

static void
rig_open(struct rig *r, struct all *all, enum kind kind, uint64_t bytes)
{
	struct kv_options opt = { .bytes = bytes, .timeout_ms = 10000 };
	struct err e = ERR;

	*r = (struct rig){ .kind = kind, .all = all, .a = ANSWER };
	if (kind == LITE)
		opt.sqlite = all->file;
	else
		opt.redis = str_of(all->address);
	if (kv_open(&r->kv, &opt, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(loop_new(&r->loop, &e), 0);
}

static void
rig_close(struct rig *r)
{
	loop_free(&r->loop);
	kv_free(&r->kv);
	buf_free(&r->a.out);
}

static void
set_for(struct rig *r, struct str space, struct str key, struct str value,
    uint32_t ttl_s)
{
	answer_clear(&r->a);
	r->a.op = kv_set(r->kv, r->loop, space, key, value, ttl_s, told, &r->a);
	await(r->loop, &r->a);
	if (r->a.rc < 0)
		fail_msg("%s", r->a.e.text);
}

static void
set(struct rig *r, const char *space, const char *key, const char *value)
{
	set_for(r, str_of(space), str_of(key), str_of(value), 0);
}

static void
get(struct rig *r, struct str space, struct str key)
{
	answer_clear(&r->a);
	r->a.op = kv_get(r->kv, r->loop, space, key, &r->a.out, told, &r->a);
	await(r->loop, &r->a);
}

static void
has(struct rig *r, const char *space, const char *key, const char *value)
{
	get(r, str_of(space), str_of(key));
	if (r->a.rc < 0)
		fail_msg("%s: %s", key, r->a.e.text);
	assert_string_equal(buf_cstr(&r->a.out), value);
}

static void
has_not(struct rig *r, const char *space, const char *key)
{
	get(r, str_of(space), str_of(key));
	assert_int_equal(r->a.rc, -1);
	assert_int_equal(r->a.e.kind, ERR_MISSING);
	assert_string_equal(r->a.e.text, "key not found");
}

static void delete(struct rig *r, const char *space, const char *key)
{
	answer_clear(&r->a);
	r->a.op =
	    kv_delete(r->kv, r->loop, str_of(space), str_of(key), told, &r->a);
	await(r->loop, &r->a);
	assert_int_equal(r->a.rc, 0);
}

static void
with_each(void **state, void (*fn)(struct rig *r))
{
	struct all *all = *state;
	struct rig r;

	for (int k = 0; k < NKINDS; k++) {
		if (k == REDIS && !all->have_redis)
			skip();
		print_message("  %s\n", kinds[k]);
		rig_open(&r, all, (enum kind)k, 0);
		fn(&r);
		rig_close(&r);
	}
}

#define CASE(name) \
	static void name##_case(struct rig *r); \
	static void name(void **state) \
	{ \
		with_each(state, name##_case); \
	} \
	static void name##_case(struct rig *r)

/* ---- both ---- */

CASE(what_is_set_is_found_until_it_is_deleted)
{
	has_not(r, "s", "k");
	set(r, "s", "k", "one");
	has(r, "s", "k", "one");
	set(r, "s", "k", "two");
	has(r, "s", "k", "two");
	delete (r, "s", "k");
	has_not(r, "s", "k");
	delete (r, "s", "k");
	set(r, "s", "", "");
	has(r, "s", "", "");
}

/* trust.md H36 */
CASE(spaces_cannot_reach_into_each_other)
{
	set(r, "a", "b:c", "one");
	set(r, "a:b", "c", "two");
	set(r, "default", "a:b:c", "three");
	set(r, "default", "subo:1:a:b:c", "four");
	set(r, "", "plain", "five");
	has(r, "a", "b:c", "one");
	has(r, "a:b", "c", "two");
	has(r, "default", "a:b:c", "three");
	has(r, "default", "subo:1:a:b:c", "four");
	has(r, "default", "plain", "five");
	has_not(r, "a", "c");
	has_not(r, "a", "plain");
}

CASE(keys_and_values_are_bytes)
{
	struct str key = STR("\0k\r\n\xFF'"), other = STR("\0k\r\n\xFE'");
	struct str value = STR("\0v\r\n$5\r\n\xFF\xFE\0");

	set_for(r, STR("sp\0ce"), key, value, 0);
	get(r, STR("sp\0ce"), key);
	assert_int_equal(r->a.rc, 0);
	assert_true(str_eq(buf_str(&r->a.out), value));
	get(r, STR("sp\0ce"), other);
	assert_int_equal(r->a.e.kind, ERR_MISSING);
	get(r, STR("sp"), key);
	assert_int_equal(r->a.e.kind, ERR_MISSING);
}

/* trust.md H38 */
CASE(a_value_lives_as_long_as_was_said)
{
	struct timespec t = { 0, 20 * 1000000 };
	uint64_t begin = os_now_ns();

	set_for(r, STR("s"), STR("short"), STR("x"), 1);
	set_for(r, STR("s"), STR("ever"), STR("x"), 1);
	set_for(r, STR("s"), STR("ever"), STR("y"), 0);
	set_for(r, STR("s"), STR("most"), STR("z"), UINT32_MAX);
	has(r, "s", "most", "z");
	do {
		get(r, STR("s"), STR("short"));
		if (os_now_ns() - begin < UINT64_C(900000000))
			assert_int_equal(r->a.rc, 0);
		nanosleep(&t, NULL);
	} while (r->a.rc == 0);
	assert_int_equal(r->a.e.kind, ERR_MISSING);
	assert_true(os_now_ns() - begin >= UINT64_C(950000000));
	has(r, "s", "ever", "y");
}

CASE(big_values_fit_and_bigger_ones_are_refused)
{
	size_t n = KV_MAX_BYTES - 10;
	char *big = mem_take(n + 100);

	memset(big, 'x', n + 100);
	set_for(r, STR("s"), STR("big"), (struct str){ big, n }, 0);
	get(r, STR("s"), STR("big"));
	if (r->a.rc < 0)
		fail_msg("%s", r->a.e.text);
	assert_int_equal(r->a.out.n, n);
	answer_clear(&r->a);
	r->a.op = kv_set(r->kv, r->loop, STR("s"), STR("big"),
	    (struct str){ big, n + 100 }, 0, told, &r->a);
	await(r->loop, &r->a);
	assert_int_equal(r->a.e.kind, ERR_LIMIT);
	delete (r, "s", "big");
	mem_free(big);
}

CASE(an_answer_that_does_not_fit_is_told)
{
	set(r, "s", "k", "0123456789");
	r->a.out.max = 5;
	get(r, STR("s"), STR("k"));
	assert_int_equal(r->a.rc, -1);
	assert_int_equal(r->a.e.kind, ERR_LIMIT);
}

CASE(a_thousand_at_once_are_all_answered)
{
	struct answer *many = mem_take(1000 * sizeof(*many));
	struct err e = ERR;
	char key[20];

	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "k%d", i % 100);
		many[i].out.max = 100;
		many[i].op = i < 500
		    ? kv_set(r->kv, r->loop, STR("m"), str_of(key), str_of(key),
			  0, told, &many[i])
		    : kv_get(r->kv, r->loop, STR("m"), str_of(key),
			  &many[i].out, told, &many[i]);
	}
	assert_int_equal(loop_run(r->loop, &e), 0);
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "k%d", i % 100);
		assert_true(many[i].done);
		if (many[i].rc < 0)
			fail_msg("%s", many[i].e.text);
		if (i >= 500)
			assert_string_equal(buf_cstr(&many[i].out), key);
		store_end(&many[i].op);
		buf_free(&many[i].out);
	}
	mem_free(many);
}

CASE(an_operation_that_was_ended_tells_nothing)
{
	struct answer gone = ANSWER;
	struct err e = ERR;

	gone.op =
	    kv_get(r->kv, r->loop, STR("s"), STR("k"), &gone.out, told, &gone);
	store_end(&gone.op);
	assert_int_equal(loop_run(r->loop, &e), 0);
	assert_false(gone.done);
	set(r, "s", "k", "still works");
	has(r, "s", "k", "still works");
}

/* ---- Redis ---- */

static void
run_redis(struct all *all, const char *args, struct buf *out)
{
	char command[300];
	FILE *f;
	int c;

	snprintf(command, sizeof command, "redis-cli -p %d %s", all->redis.port,
	    args);
	f = popen(command, "r");
	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		buf_addc(out, (char)c);
	pclose(f);
}

/* upstream.md 7: Atmo's keys stood in Redis as the functions gave them. */
static void
keys_of_the_default_space_stand_in_redis_as_they_are(void **state)
{
	struct all *all = *state;
	struct buf out = BUF(1000);
	struct rig r;

	if (!all->have_redis)
		skip();
	rig_open(&r, all, REDIS, 0);
	run_redis(all, "SET from-atmo old", &out);
	has(&r, "default", "from-atmo", "old");
	set(&r, "default", "from-us", "new");
	buf_clear(&out);
	run_redis(all, "GET from-us", &out);
	assert_string_equal(buf_cstr(&out), "new\n");
	set_for(&r, STR("default"), STR("with-ttl"), STR("x"), 100);
	buf_clear(&out);
	run_redis(all, "TTL with-ttl", &out);
	assert_true(strcmp(buf_cstr(&out), "100\n") == 0 ||
	    strcmp(buf_cstr(&out), "99\n") == 0);
	/* What is no value is an error with Redis's own text. */
	run_redis(all, "RPUSH list a b", &out);
	get(&r, STR("default"), STR("list"));
	assert_int_equal(r.a.e.kind, ERR_FAILED);
	assert_non_null(strstr(r.a.e.text, "WRONGTYPE"));
	has(&r, "default", "from-us", "new");
	/* One that others made too large is not taken in. */
	run_redis(all, "SETRANGE huge 40000000 x", &out);
	get(&r, STR("default"), STR("huge"));
	assert_int_equal(r.a.e.kind, ERR_LIMIT);
	has(&r, "default", "from-us", "new");
	buf_free(&out);
	rig_close(&r);
}

static void
redis_that_goes_is_told_and_comes_back(void **state)
{
	struct all *all = *state;
	struct rig r;

	if (!all->have_redis)
		skip();
	rig_open(&r, all, REDIS, 0);
	set(&r, "s", "k", "v");
	assert_true(server_tell(&all->redis, "stop"));
	get(&r, STR("s"), STR("k"));
	assert_int_equal(r.a.e.kind, ERR_REMOTE);
	assert_non_null(strstr(r.a.e.text, "cannot connect to Redis at"));
	assert_true(server_tell(&all->redis, "start"));
	set(&r, "s", "k", "v");
	/* An idle connection breaks: the next operation does not see it. */
	assert_true(server_tell(&all->redis, "stop"));
	assert_true(server_tell(&all->redis, "start"));
	set(&r, "s", "k", "w");
	has(&r, "s", "k", "w");
	rig_close(&r);
}

static void
start_set(struct rig *r)
{
	answer_clear(&r->a);
	r->a.op = kv_set(
	    r->kv, r->loop, STR("s"), STR("k"), STR("v"), 0, told, &r->a);
}

static void
open_quick(struct rig *r, const char *address)
{
	struct kv_options opt = { .redis = str_of(address), .timeout_ms = 500 };
	struct err e = ERR;

	*r = (struct rig){ .kind = REDIS, .a = ANSWER };
	assert_int_equal(kv_open(&r->kv, &opt, &e), 0);
	assert_int_equal(loop_new(&r->loop, &e), 0);
}

/* trust.md H34 */
static void
redis_that_does_not_answer_fails_within_the_limit(void **state)
{
	struct all *all = *state;
	struct buf out = BUF(1000);
	struct rig r;
	struct sockaddr_storage sa = { .ss_family = AF_INET };
	socklen_t n = sizeof(sa);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char address[60];

	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&sa, &n), 0);
	snprintf(address, sizeof address, "127.0.0.1:%u",
	    (unsigned)(uint8_t)((char *)&sa)[2] << 8 |
		(uint8_t)((char *)&sa)[3]);
	open_quick(&r, address);
	get(&r, STR("s"), STR("k"));
	assert_int_equal(r.a.e.kind, ERR_REMOTE);
	assert_non_null(strstr(r.a.e.text, "within 500 ms"));
	rig_close(&r);
	close(fd);
	if (!all->have_redis)
		skip();
	run_redis(all, "CLIENT PAUSE 600000 WRITE", &out);
	open_quick(&r, all->address);
	start_set(&r);
	await(r.loop, &r.a);
	assert_int_equal(r.a.rc, -1);
	assert_non_null(strstr(r.a.e.text, "within 500 ms"));
	rig_close(&r);
	run_redis(all, "CLIENT UNPAUSE", &out);
	rig_open(&r, all, REDIS, 0);
	set(&r, "s", "k", "v");
	rig_close(&r);
	buf_free(&out);
}

static void
redis_that_is_killed_in_the_middle_is_told(void **state)
{
	struct all *all = *state;
	struct killer k = { .server = &all->redis };
	struct buf out = BUF(1000);
	struct rig r;

	if (!all->have_redis)
		skip();
	rig_open(&r, all, REDIS, 0);
	has_not(&r, "s", "never set");
	run_redis(all, "CLIENT PAUSE 600000 WRITE", &out);
	start_set(&r);
	k.timer = loop_timer_start(
	    r.loop, NULL, 100 * UINT64_C(1000000), kill_server, &k);
	await(r.loop, &r.a);
	assert_int_equal(r.a.e.kind, ERR_REMOTE);
	assert_non_null(strstr(r.a.e.text, "was lost"));
	assert_true(server_tell(&all->redis, "start"));
	set(&r, "s", "k", "v");
	rig_close(&r);
	buf_free(&out);
}

static void
redis_users_and_databases_are_used(void **state)
{
	static const struct {
		const char *address; /* %d is the port */
		const char *user, *password;
		bool fine;
	} rows[] = {
		{ "redis://subo:secret@127.0.0.1:%d/3", "", "", true },
		{ "redis://localhost:%d", "subo", "secret", true },
		{ "127.0.0.1:%d", "subo", "secret", true },
		{ "redis://subo:s%%65cret@127.0.0.1:%d/0", "", "", true },
		{ "redis://subo:hunter2@127.0.0.1:%d", "", "", false },
		{ "127.0.0.1:%d", "subo", "hunter2", false },
		{ "redis://127.0.0.1:%d/9999", "", "", false },
		{ "redis://u:hunter2@no.invalid", "", "", false },
		{ "redis://u:hunter2@127.0.0.1:1", "", "", false },
	};
	struct all *all = *state;

	if (!all->have_redis)
		skip();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct buf address = BUF(300);
		const char *at = strstr(rows[i].address, "%d");
		struct rig r = { .a = ANSWER };
		struct err e = ERR;

		buf_add(&address, str_of(rows[i].address));
		if (at) {
			buf_clear(&address);
			for (const char *p = rows[i].address; p < at; p++)
				if (p[0] != '%' || p[1] != '%')
					buf_addc(&address, *p);
			buf_addf(&address, "%d%s", all->redis.port, at + 2);
		}
		struct kv_options opt = { .redis = buf_str(&address),
			.user = str_of(rows[i].user),
			.password = str_of(rows[i].password),
			.timeout_ms = 8000 };

		assert_int_equal(kv_open(&r.kv, &opt, &e), 0);
		assert_int_equal(loop_new(&r.loop, &e), 0);
		if (rows[i].fine) {
			set(&r, "s", "user", "v");
			has(&r, "s", "user", "v");
		} else {
			get(&r, STR("s"), STR("user"));
			assert_int_equal(r.a.rc, -1);
			assert_int_equal(r.a.e.kind, ERR_REMOTE);
			assert_null(strstr(r.a.e.text, "hunter2"));
		}
		rig_close(&r);
		buf_free(&address);
	}
}

static void
redis_addresses_that_are_none_are_told(void **state)
{
	static const char *const bad[] = { "", ":6379", "host:", "host:0",
		"host:65536", "host:x", "a:b:c", "redis://", "redis://host/x",
		"redis://host/1?x=1", "redis://u:hunter2%zz@host",
		"redis://u:hunter2%00@host", "redis://h/99999", "http://host",
		"rediss://u:hunter2@host", "[::1", "ho st", "host\r\nX: 1",
		"redis://user@host" };

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct kv_options opt = { .redis = str_of(bad[i]) };
		struct kv *kv = NULL;
		struct err e = ERR;

		if (kv_open(&kv, &opt, &e) == 0)
			fail_msg("'%s' is taken", bad[i]);
		assert_int_equal(e.kind, ERR_INPUT);
		assert_null(strstr(e.text, "hunter2"));
	}
}

/* ---- SQLite ---- */

static void
a_cache_file_outlives_its_store(void **state)
{
	struct rig r;

	rig_open(&r, *state, LITE, 0);
	set(&r, "s", "kept", "v");
	rig_close(&r);
	rig_open(&r, *state, LITE, 0);
	has(&r, "s", "kept", "v");
	rig_close(&r);
}

static void
a_cache_file_is_for_its_owner_alone(void **state)
{
	struct all *all = *state;
	struct stat st;
	struct rig r;

	rig_open(&r, all, LITE, 0);
	set(&r, "s", "k", "v");
	assert_int_equal(stat(all->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	rig_close(&r);
}

static void
a_full_file_loses_what_was_set_longest_ago(void **state)
{
	struct all all = *(struct all *)*state;
	struct err e = ERR;
	struct rig r;
	struct stat st;
	char key[20], *value = mem_take(10001);

	memset(value, 'x', 10000);
	snprintf(all.file, sizeof all.file, "%s/small", all.dir);
	rig_open(&r, &all, LITE, 1u << 20);
	for (int i = 0; i < 400; i++) {
		snprintf(key, sizeof key, "k%d", i);
		set(&r, "s", key, value);
		/* Set again, it is not old any more. */
		set(&r, "s", "kept", value);
	}
	has(&r, "s", "kept", value);
	has(&r, "s", "k399", value);
	has_not(&r, "s", "k0");
	rig_close(&r);
	assert_int_equal(stat(all.file, &st), 0);
	assert_true(st.st_size <= (1 << 20) + 8192);
	mem_free(value);
	(void)e;
}

/* A database with a table of another program. */
static void
make_foreign(const char *path)
{
	struct sql_statement st = { STR("make"), STR("CREATE TABLE mine(x)"),
		SQL_UPDATE, 0 };
	struct sql_options opt = { .type = STR("sqlite"),
		.connection = str_of(path),
		.statements = &st,
		.nstatements = 1 };
	struct answer a = ANSWER;
	struct loop *l = NULL;
	struct sql *s = NULL;
	struct err e = ERR;

	assert_int_equal(sql_open(&s, &opt, &e), 0);
	assert_int_equal(loop_new(&l, &e), 0);
	a.op =
	    sql_run(s, l, sql_find(s, STR("make")), NULL, 0, &a.out, told, &a);
	await(l, &a);
	assert_int_equal(a.rc, 0);
	buf_free(&a.out);
	loop_free(&l);
	sql_free(&s);
}

/* The user version stands at byte 60 of SQLite's header. */
static void
set_version(const char *path, unsigned char version)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &version, 1, 63), 1);
	close(fd);
}

static void
other_files_are_told_and_left_alone(void **state)
{
	struct all *all = *state;
	struct kv_options opt = { 0 };
	struct kv *kv = NULL;
	struct err e = ERR;
	char path[200];

	opt.sqlite = path;
	snprintf(path, sizeof path, "%s/foreign", all->dir);
	make_foreign(path);
	assert_int_equal(kv_open(&kv, &opt, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "another program"));

	snprintf(path, sizeof path, "%s/newer", all->dir);
	assert_int_equal(kv_open(&kv, &opt, &e), 0);
	kv_free(&kv);
	set_version(path, 99);
	assert_int_equal(kv_open(&kv, &opt, &e), -1);
	assert_non_null(strstr(e.text, "newer version"));

	snprintf(path, sizeof path, "%s/text", all->dir);
	struct buf text = BUF(10000);

	buf_addf(&text, "%5000s", "no database");
	assert_int_equal(os_create(path, buf_str(&text), 0600, &e), 0);
	buf_free(&text);
	assert_int_equal(kv_open(&kv, &opt, &e), -1);
	assert_int_equal(e.kind, ERR_INPUT);
	assert_non_null(strstr(e.text, "not an SQLite database"));

	snprintf(path, sizeof path, "%s/no/folder/cache", all->dir);
	assert_int_equal(kv_open(&kv, &opt, &e), -1);
	assert_int_equal(e.kind, ERR_SYSTEM);
}

#define T(name) cmocka_unit_test(name)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_is_set_is_found_until_it_is_deleted),
		T(spaces_cannot_reach_into_each_other),
		T(keys_and_values_are_bytes),
		T(a_value_lives_as_long_as_was_said),
		T(big_values_fit_and_bigger_ones_are_refused),
		T(an_answer_that_does_not_fit_is_told),
		T(a_thousand_at_once_are_all_answered),
		T(an_operation_that_was_ended_tells_nothing),
		T(keys_of_the_default_space_stand_in_redis_as_they_are),
		T(redis_that_goes_is_told_and_comes_back),
		T(redis_that_does_not_answer_fails_within_the_limit),
		T(redis_that_is_killed_in_the_middle_is_told),
		T(redis_users_and_databases_are_used),
		T(redis_addresses_that_are_none_are_told),
		T(a_cache_file_outlives_its_store),
		T(a_cache_file_is_for_its_owner_alone),
		T(a_full_file_loses_what_was_set_longest_ago),
		T(other_files_are_told_and_left_alone),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
