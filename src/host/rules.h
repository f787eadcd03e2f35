/* SPDX-License-Identifier: Apache-2.0 */
/* rules.h - where outbound calls may go; private to host. */
#ifndef HOST_RULES_H
#define HOST_RULES_H

#include "directive/directive.h"
#include "fetch/fetch.h"

enum rule { RULE_HTTP, RULE_BLOCKED_PORT, RULE_PORT, RULE_IP, RULE_PRIVATE,
	RULE_DOMAIN, RULE_BLOCKED_DOMAIN, RULE_CIDR, RULE_BLOCKED_CIDR };

/* Why not. */
struct verdict {
	enum rule	 rule;
	char		 address[64];	/* of the last four, when known */
};

/*
 * May u be asked, as far as its text tells?  In the order of Reactr 0.15:
 * scheme, ports, IP address, private name, allowed or blocked domains.  An
 * allowed domain does not excuse a private address: that was judged first
 * there too.
 */
bool	rules_allow_url(const struct http_rules *r, const struct fetch_url *u,
	    struct verdict *why);
/* May this address of it be connected to? */
bool	rules_allow_address(const struct http_rules *r,
	    const struct sockaddr *sa, struct verdict *why);

const char *rules_reason(enum rule rule);	/* upstream's words */
const char *rules_key(enum rule rule);		/* "allowPrivate" */

/* Is host[:port] what pattern, a domain of the Directive, stands for? */
bool	rules_match(struct str pattern, struct str host, uint16_t port);
/* Is the address in "10.0.0.0/8"?  An IPv4 in IPv6's clothes is one. */
bool	rules_in_range(struct str cidr, const struct sockaddr *sa);
/* "192.0.2.7" or "2001:db8::1", with port 0.  False: neither. */
bool	rules_read_address(struct str text, struct sockaddr_storage *sa);

#endif
