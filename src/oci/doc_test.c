/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "oci/oci.h"

#define HEX "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define CONFIG \
	"\"config\":{\"mediaType\":\"" OCI_TYPE_EMPTY \
	"\",\"digest\":\"sha256:" HEX "\",\"size\":2,\"data\":\"e30=\"}"
#define LAYER(more) \
	"{\"mediaType\":\"application/wasm\",\"digest\":\"sha256:" HEX \
	"\",\"size\":2" more "}"
#define HEAD "{\"schemaVersion\":2,\"mediaType\":\"" OCI_TYPE_MANIFEST "\","
#define GOOD HEAD CONFIG ",\"layers\":[" LAYER("") "]}"

static int
parse(struct arena *a, const char *text, const char *type, struct err *e)
{
	struct oci_manifest m;

	return oci_manifest_parse(&m, a, str_of(text), str_of(type), e);
}

static void
a_manifest_is_read_whole(void **arg)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct oci_manifest m;
	struct digest d;
	struct err e = ERR;

	(void)arg;
	assert_int_equal(
	    oci_manifest_parse(&m, a,
		STR(HEAD
		    "\"artifactType\":\"a/b\"," CONFIG ",\"layers\":[" LAYER(
			",\"urls\":[\"https://x.example/\"],"
			"\"annotations\":{\"k\":\"v\"}") "],"
							 "\"subject\":" LAYER(
							     "") ",\"annotation"
								 "s\":{\"x\":"
								 "\"y\"},"
								 "\"new\":{"
								 "\"a\":1}}"),
		STR(OCI_TYPE_MANIFEST "; charset=utf-8"), &e),
	    0);
	assert_false(m.index);
	assert_true(str_is(m.artifact_type, "a/b"));
	assert_true(m.config.has_data);
	assert_true(str_is(m.config.data, "{}"));
	assert_int_equal(m.nlayers, 1);
	assert_true(m.layers[0].foreign);
	assert_int_equal(m.layers[0].size, 2);
	assert_true(
	    str_is(oci_annotation(m.layers[0].annotations, 1, "k"), "v"));
	assert_true(m.has_subject);
	assert_true(str_is(oci_annotation(m.annotations, 1, "x"), "y"));
	assert_true(str_is(oci_annotation(m.annotations, 1, "z"), ""));
	d = sign_digest(m.bytes);
	assert_true(digest_eq(&m.digest, &d));
}

/* Each would be read in another way by somebody else. */
static void
what_is_not_strict_is_refused(void **arg)
{
	static const struct {
		const char *text, *type, *why;
	} rows[] = {
		/* json-bom, json-dup, size-negative, digest-upper */
		{ "\xef\xbb\xbf" GOOD, "", "byte-order mark" },
		{ HEAD CONFIG ",\"layers\":[],\"layers\":[" LAYER("") "]}", "",
		    "twice" },
		{ HEAD CONFIG
		    ",\"layers\":[" LAYER("") "],\"\\u006cayers\":[]}",
		    "", "twice" },
		{ HEAD CONFIG ",\"layers\":[" LAYER(",\"size\":3") "]}", "",
		    "twice" },
		{ HEAD CONFIG ",\"layers\":[{\"mediaType\":\"a/"
			      "b\",\"digest\":\"sha256:" HEX
			      "\",\"size\":-1}]}",
		    "", "size" },
		{ HEAD CONFIG ",\"layers\":[{\"mediaType\":\"a/"
			      "b\",\"digest\":\"sha256:" HEX
			      "\",\"size\":1.5}]}",
		    "", "size" },
		{ HEAD CONFIG ",\"layers\":[{\"mediaType\":\"a/"
			      "b\",\"digest\":\"sha256:" HEX
			      "\",\"size\":99999999999999999999}]}",
		    "", "size" },
		{ HEAD CONFIG ",\"layers\":[{\"mediaType\":\"a/"
			      "b\",\"digest\":\"sha256:" HEX
			      "\",\"size\":\"2\"}]}",
		    "", "size" },
		{ HEAD CONFIG
		    ",\"layers\":[{\"mediaType\":\"a/b\",\"digest\":\"sha256:"
		    "44136FA355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61"
		    "caaff8a\",\"size\":2}]}",
		    "", "lower case" },
		{ HEAD CONFIG
		    ",\"layers\":[{\"mediaType\":\"a/b\",\"digest\":\"sha256:"
		    "44\",\"size\":2}]}",
		    "", "digest" },
		{ HEAD CONFIG ",\"layers\":[{\"digest\":\"sha256:" HEX
			      "\",\"size\":2}]}",
		    "", "media type" },
		/* mediatype-other */
		{ GOOD, OCI_TYPE_INDEX, "was said to be" },
		{ GOOD, "application/json", "was said to be" },
		{ "{\"schemaVersion\":1,\"fsLayers\":[]}",
		    "application/vnd.docker.distribution.manifest.v1+json",
		    "none that is read" },
		{ "{\"schemaVersion\":1," CONFIG ",\"layers\":[]}",
		    OCI_TYPE_MANIFEST, "schemaVersion" },
		{ "{" CONFIG ",\"layers\":[]}", "", "schemaVersion" },
		/* One that is two things (CVE-2021-41190). */
		{ HEAD CONFIG ",\"layers\":[],\"manifests\":[]}", "",
		    "at the same time" },
		{ "{\"schemaVersion\":2,\"manifests\":[]}", OCI_TYPE_MANIFEST,
		    "no manifest" },
		{ "{\"schemaVersion\":2," CONFIG ",\"layers\":[]}",
		    OCI_TYPE_INDEX, "no index" },
		{ HEAD "\"layers\":[]}", "", "config" },
		{ HEAD CONFIG "}", "", "no list of layers" },
		{ HEAD CONFIG ",\"layers\":{}}", "", "no list of layers" },
		{ HEAD CONFIG ",\"layers\":[1]}", "", "no descriptor" },
		{ HEAD CONFIG ",\"layers\":[" LAYER(",\"data\":\"e30\",") "]}",
		    "", "JSON" },
		{ HEAD CONFIG ",\"layers\":[" LAYER(",\"data\":\"e31=\"") "]}",
		    "", "data" },
		{ HEAD CONFIG ",\"layers\":[" LAYER(",\"data\":\"!\"") "]}", "",
		    "base64" },
		{ HEAD CONFIG ",\"layers\":[],\"annotations\":{\"a\":1}}", "",
		    "annotation" },
		{ HEAD CONFIG ",\"layers\":[],\"annotations\":[]}", "",
		    "annotations" },
		{ HEAD CONFIG ",\"layers\":[],\"subject\":{}}", "", "subject" },
		{ "[]", "", "no JSON object" },
		{ "", "", "not JSON" },
		{ "{", "", "not JSON" },
		{ GOOD "x", "", "not JSON" },
		{ "<html>", "", "not JSON" },
		{ "{\"a\":\"\xff\"}", "", "UTF-8" },
	};

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++) {
		CLEANUP(arena_free) struct arena *a = arena_new();
		struct err e = ERR;

		if (parse(a, rows[i].text, rows[i].type, &e) == 0)
			fail_msg("row %zu is taken: %s", i, rows[i].text);
		assert_int_equal(e.kind, ERR_REMOTE);
		if (!strstr(e.text, rows[i].why))
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void
docker_s_types_are_read(void **arg)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	struct err e = ERR;

	(void)arg;
	assert_int_equal(
	    parse(a,
		"{\"schemaVersion\":2,\"mediaType\":\"application/"
		"vnd.docker.distribution.manifest.v2+json\"," CONFIG
		",\"layers\":[]}",
		"application/vnd.docker.distribution.manifest.v2+json", &e),
	    0);
	assert_int_equal(
	    parse(a, "{\"schemaVersion\":2,\"manifests\":[]}",
		"application/vnd.docker.distribution.manifest.list.v2+json",
		&e),
	    0);
}

/* A thousand layers: over the ceiling, and said so. */
static void
ceilings_of_a_manifest(void **arg)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST + 10);
	struct err e = ERR;

	(void)arg;
	for (unsigned n = OCI_MAX_LAYERS; n <= OCI_MAX_LAYERS + 1; n++) {
		buf_clear(&b);
		buf_add(&b, STR(HEAD CONFIG ",\"layers\":["));
		for (unsigned i = 0; i < n; i++)
			buf_addf(&b, "%s%s", i > 0 ? "," : "", LAYER(""));
		buf_add(&b, STR("]}"));
		assert_int_equal(parse(a, buf_cstr(&b), "", &e),
		    n > OCI_MAX_LAYERS ? -1 : 0);
	}
	assert_int_equal(e.kind, ERR_LIMIT);
	e = (struct err)ERR;
	buf_clear(&b);
	buf_add(&b, STR(GOOD));
	while (b.n <= OCI_MAX_MANIFEST)
		buf_addc(&b, ' ');
	assert_int_equal(parse(a, buf_cstr(&b), "", &e), -1);
	assert_int_equal(e.kind, ERR_LIMIT);
}

static void
what_is_printed_is_read_as_it_was(void **arg)
{
	CLEANUP(arena_free) struct arena *a = arena_new();
	CLEANUP(buf_free) struct buf b = BUF(OCI_MAX_MANIFEST);
	CLEANUP(buf_free) struct buf again = BUF(OCI_MAX_MANIFEST);
	const struct oci_pair pairs[] = { { STR("b"), STR("1 \"x\"\n") },
		{ STR("a"), STR("\xc3\xa9") } };
	struct oci_desc layers[] = { oci_desc_of("application/wasm", STR("x")),
		oci_desc_of("a/b", STR("")) };
	struct oci_manifest m = { .media_type = STR(OCI_TYPE_MANIFEST),
		.artifact_type = STR("application/vnd.x"),
		.config = oci_desc_of(OCI_TYPE_EMPTY, OCI_EMPTY),
		.layers = layers,
		.nlayers = 2,
		.has_subject = true,
		.subject = oci_desc_of(OCI_TYPE_MANIFEST, STR("s")),
		.annotations = pairs,
		.nannotations = 2 };
	struct oci_manifest back;
	struct err e = ERR;

	(void)arg;
	m.config.has_data = true;
	m.config.data = OCI_EMPTY;
	layers[0].annotations = pairs;
	layers[0].nannotations = 1;
	oci_manifest_print(&b, &m);
	assert_int_equal(oci_manifest_parse(
			     &back, a, buf_str(&b), STR(OCI_TYPE_MANIFEST), &e),
	    0);
	oci_manifest_print(&again, &back);
	assert_string_equal(buf_cstr(&b), buf_cstr(&again));
	/* Nothing empty is written: it would be other bytes. */
	m.nannotations = 0;
	buf_clear(&b);
	oci_manifest_print(&b, &m);
	assert_null(strstr(buf_cstr(&b), "\"annotations\":{}"));
	assert_true(str_starts(buf_str(&b),
	    "{\"schemaVersion\":2,\"mediaType\":\"" OCI_TYPE_MANIFEST
	    "\",\"artifactType\":"));
}

static void
digests_have_one_spelling(void **arg)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = { { "sha256:" HEX, true }, { "sha256:" HEX "0", false },
		{ HEX, false }, { "SHA256:" HEX, false }, { "sha256:", false },
		{ "sha512:" HEX HEX, false },
		{ "sha256:44136FA355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c0"
		  "60f61caaff8a",
		    false } };
	char text[OCI_DIGEST_TEXT];
	struct digest d;

	(void)arg;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(
		    oci_digest_parse(str_of(rows[i].text), &d), rows[i].ok);
	d = sign_digest(OCI_EMPTY);
	oci_digest_text(&d, text);
	assert_string_equal(text, "sha256:" HEX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_manifest_is_read_whole),
		cmocka_unit_test(what_is_not_strict_is_refused),
		cmocka_unit_test(docker_s_types_are_read),
		cmocka_unit_test(ceilings_of_a_manifest),
		cmocka_unit_test(what_is_printed_is_read_as_it_was),
		cmocka_unit_test(digests_have_one_spelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
