/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs to Debian's docker-registry and back, beside what the bytes cost. */
#include <stdio.h>
#include <stdlib.h>
#define assert_int_equal(a, b) \
	do { \
		if ((a) != (b)) \
			abort(); \
	} while (0)
#define assert_non_null(a) \
	do { \
		if (!(a)) \
			abort(); \
	} while (0)

#include "oci/fixture.h"

#define BYTES (50u << 20)
#define BLOBS 10u

static void
must(int rc, const struct err *e)
{
	if (rc == 0)
		return;
	fprintf(stderr, "%s\n", e->text);
	exit(1);
}

static double
ms_since(uint64_t from)
{
	return (double)(os_now_ns() - from) / 1e6;
}

static void
move_all(
    struct oci_repo *r, struct oci_task *t, enum oci_do act, const char *name)
{
	struct err e = ERR;
	uint64_t from;

	for (size_t i = 0; i < BLOBS; i++)
		t[i].act = act;
	from = os_now_ns();
	must(oci_do(r, t, BLOBS, &e), &e);
	printf("%s 50 MB in %u blobs: %.1f ms\n", name, BLOBS, ms_since(from));
}

int
main(void)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct fixture_registry reg = { 0 };
	struct oci_options o = { 0 };
	struct oci_task t[BLOBS];
	struct oci_repo *repo = NULL;
	struct oci *session = NULL;
	struct oci_ref ref;
	struct err e = ERR;
	uint64_t from;
	char *data = mem_take(BYTES);

	if (!fixture_registry(&reg, a, "", "")) {
		printf("docker-registry is not installed: nothing measured\n");
		return 0;
	}
	for (size_t i = 0; i < BYTES; i++)
		data[i] = (char)((i * 2654435761u) >> 13);
	from = os_now_ns();
	for (size_t i = 0; i < BLOBS; i++) {
		struct str s = { data + i * (BYTES / BLOBS), BYTES / BLOBS };

		t[i] = (struct oci_task){ .desc = oci_desc_of("a/b", s),
			.data = s };
		t[i].into = arena_take(a, sizeof(struct buf));
		t[i].into->max = s.n;
	}
	printf("SHA-256 of 50 MB: %.1f ms\n", ms_since(from));
	must(oci_new(&session, &o, &e), &e);
	must(oci_ref_parse(&ref, a,
		 str_of(arena_printf(a, "127.0.0.1:%u/a/b:1", reg.port)), &e),
	    &e);
	must(oci_open(&repo, session, &ref, OCI_PUSH, &e), &e);
	move_all(repo, t, OCI_SEND, "send");
	move_all(repo, t, OCI_SEND, "send again");
	move_all(repo, t, OCI_FETCH, "fetch");
	for (size_t i = 0; i < BLOBS; i++)
		buf_free(t[i].into);
	oci_close(&repo);
	oci_free(&session);
	fixture_registry_end(&reg);
	mem_free(data);
	return 0;
}
