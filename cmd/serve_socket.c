/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "os/os.h"
#include "serve_parts.h"

int
serve_socket_path(struct buf *out, uint16_t port, struct err *e)
{
	const char *run = world_env("XDG_RUNTIME_DIR");
	const char *tmp = world_env("TMPDIR");

	if (run && run[0] == '/')
		buf_addf(out, "%s/subo", run);
	else
		buf_addf(out, "%s/subo-%u", tmp && tmp[0] == '/' ? tmp : "/tmp",
		    (unsigned)getuid());
	if (os_private_dir(buf_cstr(out), e) < 0) {
		err_wrap(e, "no folder for the socket of 'subo trace'");
		return err_hint(e, "give --trace-socket PATH");
	}
	buf_addf(out, "/%u.sock", port);
	return 0;
}
