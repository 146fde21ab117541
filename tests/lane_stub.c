// SPDX-License-Identifier: GPL-2.0-only
/*
 * Modules for tests of `ab`: lanes that spin, in forms that meson.build names.
 *
 *	STUB_SPIN	steps of an operation
 *	STUB_ABI, STUB_WORK	what the module and its lanes say
 *	STUB_TABLE, STUB_EVENT	what making such a lane returns
 *	STUB_OPEN	0; 1: open() fails, 2: it ends the process as for an
 *			option that it does not know, 3: it crashes
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lane_module.h"

struct lane_session {
	int unused;
};

static int rewind_stub(struct lane *lane)
{
	(void)lane;
	return 0;
}

static void run(struct lane *lane, size_t nr)
{
	volatile unsigned x = 0;

	(void)lane;
	for (size_t i = 0; i < nr * STUB_SPIN; i++)
		x = x + 1;
}

static void destroy(struct lane *lane)
{
	free(lane);
}

static const struct lane_ops ops = {
	.run = run,
	.rewind = rewind_stub,
	.destroy = destroy,
};

static int make_lanes(struct lane_session *s, enum lane_kind kind, unsigned nr,
		      struct lane **ret, char *why)
{
	const int err = kind == LANE_TABLE ? STUB_TABLE : STUB_EVENT;

	(void)s;
	snprintf(why, LANE_MODULE_WHY, "no such lane");
	for (unsigned i = 0; i < nr && !err; i++) {
		ret[i] = calloc(1, sizeof(**ret));
		if (!ret[i])
			abort();
		ret[i]->ops = &ops;
		ret[i]->length = 8192;
		ret[i]->work = STUB_WORK;
	}
	return err;
}

static int open_stub(int argc, char **argv, struct lane_session **ret,
		     char *why)
{
	(void)argc;
	switch (STUB_OPEN) {
	case 1:
		snprintf(why, LANE_MODULE_WHY, "a strategy broke");
		return -EUCLEAN;
	case 2:
		fprintf(stderr, "%s: unrecognized option\n", argv[0]);
		exit(2);
	case 3:
		_Exit(99);
	default:
		*ret = calloc(1, sizeof(**ret));
		return *ret ? 0 : -ENOMEM;
	}
}

static void close_stub(struct lane_session *s)
{
	free(s);
}

extern const struct lane_module STUB_SYMBOL;
const struct lane_module STUB_SYMBOL = {
	.abi = STUB_ABI,
	.revision = STUB_NAME,
	.build = STUB_BUILD,
	.open = open_stub,
	.lanes = make_lanes,
	.close = close_stub,
};
