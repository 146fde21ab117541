/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workloads: named traces. Some were recorded, some are generated; both are a
 * struct trace once opened. A workload knows neither the page table nor any
 * strategy.
 *
 * A generated one has parameters, which follow its name:
 *	vdec_4k_20ref:frames=12,seek=5,profile=Pmix,f8=500
 * All of them have seed, and those with buffers (ops->chunked) have profile,
 * f8 and f4: what the memory of a buffer looks like, see
 * dma_profile.h.
 *
 * Adding one: a generator is a file wl_<name>.c with one const struct
 * workload_ops and the name in the list of workloads/meson.build; a recorded
 * trace is a file in recorded/ and a row in recorded/meson.build.
 */
#ifndef WORKLOAD_H
#define WORKLOAD_H

#include "dma_profile.h"
#include "trace.h"

#define WORKLOAD_MAX_PARAMS 8
#define WORKLOAD_LABEL_SIZE 128

/* A number that the user may choose. */
struct workload_param {
	const char *key;
	const char *what; /* with its unit */
	uint64_t def, min, max;
};

/* How a workload is to be generated: values of its parameters. */
struct workload_config {
	uint64_t seed;
	struct dma_profile profile;
	uint64_t value[WORKLOAD_MAX_PARAMS]; /* in the order of ops->param */
};

/* Where a generator writes; see emit.h. */
struct emitter;

struct workload_ops {
	const char *name;
	const char *summary;	/* one line: what it does */
	const char *provenance; /* one line: where it comes from */
	const char *expected;	/* one line: level-2 tables to expect, by
				 * profile; NULL if nobody said */

	/* File below workload_dir(), or NULL for a generated one. */
	const char *file;

	/* For a generated one: */
	bool chunked;		     /* buffers of chunks: has a profile */
	enum dma_profile_id profile; /* the one it has if not told */
	const struct workload_param *param; /* ended by a NULL key; or NULL */
	/* Settings that `run` takes it with if not told, each a cell of its
	 * own; ended by NULL: "profile=P0", "jobs=64". NULL: as it stands; no
	 * setting at all: only if it is named. */
	const char *const *bench;
	/* Puts out all events. 0 or what emit() returned. NULL for a recorded
	 * one. */
	int (*generate)(const struct workload_config *cfg, struct emitter *out);
};

/* All workloads in the order of the lists, ended by NULL. Generated. */
extern const struct workload_ops *const workloads[];

/* A workload and its settings. */
struct workload_spec {
	const struct workload_ops *ops;
	struct workload_config config;
	char label[WORKLOAD_LABEL_SIZE]; /* as it was given: "name:key=value" */
};

/* NULL when there is no workload of that name. */
const struct workload_ops *workload_find(const char *name);

/**
 * workload_parse() - "name" or "name:key=value,..."
 * @why: TRACE_WHY_SIZE bytes; on failure one line that names the culprit
 *
 * Return: 0; -ENOENT for an unknown name; -EINVAL for an unknown, repeated or
 * malformed setting, or one out of range; and for settings of a recorded one.
 */
int workload_parse(const char *text, struct workload_spec *ret, char *why);

/* As it stands: the default of each parameter. */
void workload_defaults(const struct workload_ops *wl,
		       struct workload_spec *ret);

/* Folder of recorded traces: $V7SBENCH_TRACES or the source tree's. */
const char *workload_dir(void);

/* Generates or reads, and keeps at most so many events in memory. Errors and
 * why as trace_open(). */
int workload_open(const struct workload_spec *spec, size_t keep,
		  struct trace *ret, char *why);

/* As it stands, whole in memory. */
int workload_load(const struct workload_ops *wl, struct trace *ret, char *why);

#endif /* WORKLOAD_H */
