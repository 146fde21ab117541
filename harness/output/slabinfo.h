/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The attributes of every instance at the end of a trace, as a strategy's
 * attrs() gives them: for slab caches those of /sys/kernel/slab, or
 * of /proc/slabinfo.
 *
 * A row or object names strategy, workload, the domain that the instance is
 * for ("*" where it is for all), and what the kernel would call it.
 */
#ifndef SLABINFO_H
#define SLABINFO_H

#include <jansson.h>

#include "run.h"
#include "table.h"

/* A heading and a table for each instance. 0; -ENOMEM; -EIO. */
int slabinfo_print(const struct run_cell *cells, unsigned nr,
		   const struct trace *trace, enum table_format format,
		   bool color, FILE *out);

/* strategy,workload,domain,id,name,value: a row for each value. 0; -EIO. */
int slabinfo_write(const struct run_cell *cells, unsigned nr,
		   const struct trace *trace, FILE *out);

/* An array with an object for each instance. NULL without memory. */
json_t *slabinfo_to_json(const struct run_cell *cells, unsigned nr,
			 const struct trace *trace);

#endif /* SLABINFO_H */
