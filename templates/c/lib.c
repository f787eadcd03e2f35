/* The function.  What it may ask for is in runnable.h. */
#include "runnable.h"

/* Say hello to whoever the input names. */
void
run(struct bytes input)
{
	if (input.size == 0) {
		fail(400, "the input is empty: send a name");
		return;
	}
	log_info("saying hello");
	respond(join(text("hello "), input));
}
