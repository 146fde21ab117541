// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate on exact figures, put to the test; see selftest_run.h: each strategy
 * on each workload three times, the third with a byte more per table.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate.h"
#include "load.h"
#include "result.h"
#include "selftest_run.h"
#include "workload.h"

/* Tables that come and go, that stay, of several domains, and at once. */
static const char *const exact_workloads[] = { "adv_one_slot", "x86-drm",
					       "arm-desktop",
					       "vdec_4k_20ref:profile=P0" };

/* The exact figures of a cell, as a result has them. */
static int summarise(const struct run_plan *plan, const char *name,
		     const struct trace *trace, struct csv_table *ret,
		     char *why)
{
	struct clock_info clock = { .quantum_ns = 1 }; /* nothing is timed */
	const struct run_env env = { .clock = &clock };
	struct run_cell *cell = calloc(1, sizeof(*cell));
	char *text = NULL;
	size_t size = 0;
	FILE *mem = open_memstream(&text, &size);
	int err = cell && mem ? 0 : -ENOMEM;

	if (err)
		why_set(why, err, "out of memory");
	else
		err = run_workload(plan, name, trace, &env, cell, why);
	if (!err && summary_write(cell, 1, mem))
		err = why_set(why, -ENOMEM, "out of memory");
	if (mem && fclose(mem) && !err)
		err = why_set(why, -ENOMEM, "out of memory");
	if (!err)
		err = csv_table_parse("selftest", text, size, ret, why);
	if (cell)
		run_cell_fini(cell);
	free(cell);
	free(text);
	return err;
}

/* Differences that the gate finds between two results of a cell. */
static int differences(const struct csv_table *a, const struct csv_table *b,
		       unsigned *ret, char *why)
{
	const struct gate_side before = { .summary = a };
	const struct gate_side after = { .summary = b };
	struct gate_report gate;
	int err = gate_compare(&before, &after, GATE_TOLERANCE_PPM, &gate, why);

	if (err)
		return err;
	*ret = (unsigned)gate.nr_findings;
	gate_report_fini(&gate);
	return 0;
}

struct count {
	unsigned nr, found, without;
};

static int try_cell(const struct run_plan *plan, const char *name,
		    const struct trace *trace, struct count *count, char *why)
{
	const struct l2_slow_config byte = { .table_bytes = 1 };
	struct run_plan planted = *plan;
	struct csv_table t[3] = { { 0 } };
	unsigned nr = 0, without = 0;
	int err = 0;

	planted.replay.plant = &byte;
	for (unsigned i = 0; i < ARRAY_SIZE(t) && !err; i++)
		err = summarise(i < 2 ? plan : &planted, name, trace, &t[i],
				why);
	if (!err)
		err = differences(&t[0], &t[1], &without, why);
	if (!err)
		err = differences(&t[0], &t[2], &nr, why);
	for (unsigned i = 0; i < ARRAY_SIZE(t); i++)
		csv_table_fini(&t[i]);
	if (err)
		return err;
	count->nr++;
	count->found += nr > 0;
	count->without += without > 0;
	return 0;
}

static int try_workload(const struct selftest_options *opts, const char *name,
			struct count *count, char *why)
{
	struct run_plan plan = opts->plan.plan;
	struct workload_spec workload;
	struct trace trace;
	struct l2_spec spec;
	int err = workload_parse(name, &workload, why);

	if (!err)
		err = workload_open(&workload, TRACE_KEEP_EVENTS, &trace, why);
	if (err)
		return err;
	plan.spec = &spec;
	plan.nr_specs = 1;
	plan.nr_reps = 0;
	for (unsigned i = 0; l2_strategies[i] && !err; i++) {
		err = l2_spec_parse(l2_strategies[i]->name, &spec, why,
				    RUN_WHY_SIZE);
		if (!err)
			err = try_cell(&plan, name, &trace, count, why);
	}
	trace_free(&trace);
	return err;
}

int selftest_exact(const struct selftest_options *opts, struct figures *ret,
		   char *why)
{
	struct count count = { .nr = 0 };
	int err = 0;

	for (unsigned i = 0; i < ARRAY_SIZE(exact_workloads) && !err; i++)
		err = try_workload(opts, exact_workloads[i], &count, why);
	if (err)
		return err;
	figure_add(ret, "planted", "byte_comparisons", "comparisons", count.nr);
	figure_add(ret, "planted", "byte_found", "comparisons", count.found);
	figure_at_least(ret, count.nr);
	figure_add(ret, "planted", "no_byte_found", "comparisons",
		   count.without);
	figure_at_most(ret, 0);
	return 0;
}
