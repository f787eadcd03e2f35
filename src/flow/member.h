/* SPDX-License-Identifier: Apache-2.0 */
/*
 * member.h - private to flow: one try of a function, on the run's loop or on
 * one of the crew.
 */
#ifndef FLOW_MEMBER_H
#define FLOW_MEMBER_H

#include "abi/abi.h"
#include "flow/run.h"

#define MEMBER_MAGIC	0x6d656d62u

struct letter;

struct member {
	uint32_t	 magic;
	struct flow	*f;
	struct unit	*u;
	struct member	*prev, *next;	/* of the run's */
	struct box	*box;		/* of the loop it runs on */
	struct letter	*letter;	/* sent to another loop; else NULL */
	struct task	 go, cancel;	/* on its loop */
	struct task	 ended;		/* on the run's */
	bool		 active;	/* counted in f->nactive */
	bool		 over;		/* on its loop; */
	bool		 back;		/* and the run knows it */
	bool		 dropped;	/* before it came to its loop */
	struct host_call hc;
	struct abi_host	 ah;
	struct abi_input in;
	struct engine_limits lim;
	const struct code *code;
	struct arena	*arena;		/* of the environment */
	struct abi_call	*call;
	/* Its own limit; what is around it in real time; by a virtual clock. */
	uint64_t	 deadline_ns;
	struct ends	 ends;
	struct loop_timer *real, *virtual;
	/* What came of it. */
	int		 rc;
	struct err	*why;		/* when rc is -1 */
	bool		 late;		/* ended by one of ends: */
	uint64_t	 hit_ns;	/* this soft one; 0: a hard one */
	struct abi_result res;		/* last: most of it is for traps */
};

/*
 * Begin a try of u's function.  Returns true when it is over already; else
 * u->state becomes UNIT_TRIED later, and flow_climb is called.
 */
bool	member_start(struct unit *u);
/* Have one on another loop end soon. */
void	member_cancel(struct member *m);
/* Over or not; waits for another loop, if need be. */
void	member_free(struct member **m);

#endif
