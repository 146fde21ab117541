/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Are two results of the same thing, so that their figures may be compared?
 * Pure functions of what result.json says.
 *
 *	schema	schema_version
 *	model	of each strategy that both have: "models"; of each workload
 *		that both have: the columns that say what is simulated
 *		(profile, kernel, frag, ias ...)
 *	program	compiler, cflags, sanitize, assert_level
 *	machine	cpu_model, machine, cpus_online
 *
 * Exact figures depend on the first two, times on all.
 */
#ifndef LIKENESS_H
#define LIKENESS_H

#include <jansson.h>

#include "why.h"

enum likeness_class {
	LIKENESS_SCHEMA,
	LIKENESS_MODEL,
	LIKENESS_PROGRAM,
	LIKENESS_MACHINE,
	NR_LIKENESS_CLASSES
};

#define LIKENESS_EXACT (1u << LIKENESS_SCHEMA | 1u << LIKENESS_MODEL)
#define LIKENESS_ALL ((1u << NR_LIKENESS_CLASSES) - 1)

/**
 * likeness_of() - what is compared, as an object to be kept beside a baseline
 * @root:	of a result.json, or what this function once gave
 * @ret:	a new reference; written on success only
 *
 * Return: 0; -EINVAL with a reason for a root that is neither; -ENOMEM.
 */
int likeness_of(const json_t *root, json_t **ret, char *why);

/**
 * likeness_compare() - name each difference
 * @before, @after: as the root of likeness_of()
 * @classes:	1u << enum likeness_class, summed
 * @differs:	called with a line for each: "compiler was X, is Y"; of models
 *		one for a strategy or column, naming the first workload
 *
 * Return: how many; -EINVAL, -ENOMEM as likeness_of().
 */
int likeness_compare(const json_t *before, const json_t *after,
		     unsigned classes,
		     void (*differs)(void *ctx, const char *line), void *ctx,
		     char *why);

#endif /* LIKENESS_H */
