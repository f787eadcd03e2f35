/* SPDX-License-Identifier: Apache-2.0 */
/* pack_bench store|deflate OUT FILE... - pack the files, print milliseconds. */
#include <stdio.h>
#include <string.h>

#include "bundle/bundle.h"
#include "os/os.h"

#define MAX_FILES 1000

static const char directive[] = "identifier: com.example.bench\n"
				"appVersion: v0.1.0\n"
				"atmoVersion: v0.4.8\n";

static int
pack(const char *how, const char *out, char **files, size_t n, struct err *e)
{
	static struct buf data[MAX_FILES];
	static struct bundle_part parts[MAX_FILES + 1];
	struct bundle_options opt = { .store = strcmp(how, "store") == 0 };
	uint64_t start;
	struct digest d;
	char hex[DIGEST_HEX];

	parts[0].name = STR("Directive.yaml");
	parts[0].data = str_of(directive);
	for (size_t i = 0; i < n; i++) {
		const char *slash = strrchr(files[i], '/');

		data[i] = (struct buf)BUF(BUNDLE_MAX_ENTRY);
		if (os_read(&data[i], files[i], e) < 0)
			return -1;
		parts[i + 1].name = str_of(slash ? slash + 1 : files[i]);
		parts[i + 1].data = buf_str(&data[i]);
	}
	start = os_now_ns();
	if (bundle_pack(out, parts, n + 1, &opt, &d, e) < 0)
		return -1;
	digest_hex(&d, hex);
	printf("%.1f %s\n", (double)(os_now_ns() - start) / 1e6, hex);
	return 0;
}

int
main(int argc, char **argv)
{
	struct err e = ERR;

	if (argc < 4 || argc - 3 > MAX_FILES) {
		fputs("usage: pack_bench store|deflate OUT FILE...\n", stderr);
		return ERR_USAGE;
	}
	if (pack(argv[1], argv[2], argv + 3, (size_t)argc - 3, &e) == 0)
		return 0;
	fprintf(stderr, "pack_bench: %s\n", e.text);
	return (int)e.kind;
}
