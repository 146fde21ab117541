/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a shared object exports that was built from some revision, so that two
 * revisions can be measured slice by slice in one process: harness/ab.
 *
 * Only text, numbers and struct lane cross the border, and no memory is freed
 * on the other side. abi and revision are the first members of every form.
 *
 * Calling sequence
 *	open(argc, argv, &session, why)		its memory pass
 *	lanes(session, kind, nr, lane, why)	as often as one likes
 *	lane_destroy(lane[i])			all of them, then
 *	close(session)
 */
#ifndef LANE_MODULE_H
#define LANE_MODULE_H

#include "lane.h"

#define LANE_MODULE_SYMBOL "v7sbench_lane_module"
#define LANE_MODULE_WHY 512

/* One strategy on one trace. */
struct lane_session;

struct lane_module {
	uint32_t abi;	      /* LANE_ABI */
	const char *revision; /* git describe; or "unknown" */
	const char *build;    /* compiler and options */
	/**
	 * open() - a strategy on a trace, with the defaults of `v7sbench run`
	 * @argv:	a name for errors; options of a plan, one --strategy; a
	 *		TRACE: file, or workload with its settings; NULL. Bad
	 *		ones end the process with one line and status 2
	 * @ret:	written on success only; close() it
	 * @why:	LANE_MODULE_WHY bytes, written on failure
	 *
	 * Return: 0 or what pass_memory() says.
	 */
	int (*open)(int argc, char **argv, struct lane_session **ret,
		    char *why);
	/**
	 * lanes() - nr lanes of it, at the start of their cycles
	 *
	 * Return: 0 or what lane_create() says, with none made.
	 */
	int (*lanes)(struct lane_session *s, enum lane_kind kind, unsigned nr,
		     struct lane **ret, char *why);
	void (*close)(struct lane_session *s);
};

extern const struct lane_module v7sbench_lane_module;

#endif /* LANE_MODULE_H */
