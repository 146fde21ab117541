/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a shared object exports that was built from some revision, so that two
 * revisions can be measured slice by slice in one process: harness/ab.
 *
 * Only text, numbers and struct lane cross the border, and no memory is freed
 * on the other side.
 */
#ifndef LANE_MODULE_H
#define LANE_MODULE_H

#include "lane.h"

#define LANE_MODULE_SYMBOL "v7sbench_lane_module"
#define LANE_MODULE_WHY 512

struct lane_module {
	uint32_t abi;	      /* LANE_ABI */
	const char *revision; /* git describe */
	/**
	 * open() - lanes of one strategy on one workload
	 * @argv:	options of `v7sbench sample`, with one --strategy, and
	 *		a workload; NULL at the end. Bad ones end the process
	 *		with one line and status 2
	 * @ret:	nr lanes
	 * @why:	LANE_MODULE_WHY bytes, written on failure
	 *
	 * Return: 0 or what lane_create() says.
	 */
	int (*open)(int argc, char **argv, enum lane_kind kind, unsigned nr,
		    struct lane **ret, char *why);
};

extern const struct lane_module v7sbench_lane_module;

#endif /* LANE_MODULE_H */
