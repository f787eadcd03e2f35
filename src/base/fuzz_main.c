/* SPDX-License-Identifier: Apache-2.0 */
/* Replays files through a fuzz target, under any compiler. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t n);

static int
replay_file(FILE *f)
{
	unsigned char *data;
	bool whole;
	long n;

	if (fseek(f, 0, SEEK_END) != 0 || (n = ftell(f)) < 0)
		return -1;
	rewind(f);
	/* Exactly n bytes, so that a sanitizer sees one byte too many. */
	data = malloc(n > 0 ? (size_t)n : 1);
	whole = data && fread(data, 1, (size_t)n, f) == (size_t)n;
	if (whole)
		LLVMFuzzerTestOneInput(data, (size_t)n);
	free(data);
	return whole ? 0 : -1;
}

static int
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	int r = f ? replay_file(f) : -1;

	if (r != 0)
		perror(path);
	if (f)
		fclose(f);
	return r;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (replay(argv[i]) != 0)
			return 1;
	printf("%d inputs replayed\n", argc - 1);
	return 0;
}
