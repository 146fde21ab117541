// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions of a real kernel under a clock that counts them, and of our
 * models as `v7sbench insn` counts them; see kernel_cost.h.
 *
 * A guest has the clock either around allocations and frees or around events:
 * two runs of the same events, in one script, which two guests boot. Invariant:
 * a row is counted or says why not.
 */
#include "kernel_cost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAIR 2

static int make_work(const struct kernel_options *opts,
		     const struct kernel_traces *traces, struct kernel_costs *c)
{
	struct kernel_options head = *opts;
	unsigned nr_specs = opts->plan.plan.nr_specs;
	size_t nr = (size_t)traces->nr * nr_specs;

	head.nr_events = opts->cost_events;
	head.every = 0;
	c->work = calloc(PAIR * nr + 1, sizeof(*c->work));
	c->row = calloc(2 * nr + 1, sizeof(*c->row));
	if (!c->work || !c->row)
		return cli_fail(EXIT_FAILED, "out of memory");
	c->nr_work = PAIR * nr;
	c->nr_rows = 2 * nr;
	for (size_t i = 0; i < c->nr_work; i++) {
		struct kernel_work *work = &c->work[i];

		*work = kernel_work_of(
			&head, &traces->list[i / PAIR / nr_specs],
			&opts->plan.plan.spec[i / PAIR % nr_specs], 1);
		work->c.replay = &work->replay;
		/* Points are not looked at, and each costs the guest time. */
		work->c.every = work->nr_events;
		work->c.cost = i % PAIR ? KERNEL_COST_EVENTS
					: KERNEL_COST_TABLES;
	}
	return EXIT_FINE;
}

static void fill_kernel(const struct kernel_host *host, struct kernel_costs *c)
{
	for (size_t i = 0; i < c->nr_work / PAIR; i++) {
		const struct kernel_work *tables = &c->work[PAIR * i];
		const struct kernel_work *events = tables + 1;
		struct kernel_insn_row *row = &c->row[i];

		*row = (struct kernel_insn_row){
			.source = host->source,
			.insn = {
				.strategy = tables->c.spec->label,
				.workload = tables->workload,
				.tool = "icount",
				.counted_by = host->counted_by,
				.reason = *tables->reason ? tables->reason
							  : events->reason,
			},
		};
		if (*row->insn.reason)
			continue;
		kernel_insn_fill(row, &tables->kernel, &events->kernel);
	}
}

/* Of a model, as of a kernel. */
static void fill_classes(const struct insn_classes *from,
			 struct kernel_insn_row *row)
{
	static const enum kernel_class class_of[NR_COUNT_CLASSES] = {
		[COUNT_ALLOC] = KERNEL_ALLOC,
		[COUNT_FREE] = KERNEL_FREE,
		[COUNT_MAP] = KERNEL_MAP,
		[COUNT_MAP_TABLE] = KERNEL_MAP_TABLE,
		[COUNT_UNMAP] = KERNEL_UNMAP,
		[COUNT_UNMAP_TABLE] = KERNEL_UNMAP_TABLE,
	};

	for (unsigned c = 0; c < NR_COUNT_CLASSES; c++) {
		struct kernel_cost *cost = &row->cost[class_of[c]];

		cost->n = from->calls[c].n;
		cost->sum = from->calls[c].instructions;
	}
}

/* All strategies on a trace; row is the first of them. */
static int count_trace(const struct kernel_options *opts,
		       const struct kernel_trace *trace, struct kernel_costs *c,
		       struct kernel_insn_row *row)
{
	struct run_plan plan = opts->plan.plan;
	const struct insn_job job = {
		.host = &c->host,
		.workload = trace->arg,
		.plan = &plan,
		.opts = &opts->plan,
		.nr_events = (size_t)opts->cost_events,
	};
	struct insn_row *counted = calloc(plan.nr_specs, sizeof(*counted));
	struct insn_classes *classes = calloc(plan.nr_specs, sizeof(*classes));
	const char *reason = c->host.tool == INSN_AUTO ? c->host.reason : NULL;
	char why[OUTPUT_WHY_SIZE];
	int err = counted && classes ? 0 : -ENOMEM;

	if (!strcmp(trace->arg, "-"))
		reason = "stdin can be read once";
	plan.replay.nr_cpus = 1;
	plan.replay.pgtable = trace->pgtable;
	if (!err && !reason)
		err = insn_job_run(&job, counted, classes, why);
	for (unsigned i = 0; i < plan.nr_specs && !err; i++) {
		row[i] = (struct kernel_insn_row){ .source = "model",
						   .is_model = true };
		row[i].insn = counted[i];
		fill_classes(&classes[i], &row[i]);
		row[i].insn.workload = trace->name;
		row[i].insn.strategy = opts->plan.spec[i].label;
		if (reason)
			row[i].insn.tool = row[i].insn.counted_by = "";
		if (reason)
			row[i].insn.reason = reason;
	}
	free(counted);
	free(classes);
	if (err == -ENOMEM)
		return cli_fail(EXIT_FAILED, "out of memory");
	if (err && err != -EINTR)
		return cli_fail(EXIT_FAILED, "%s: %s", trace->name, why);
	return err;
}

static int count_models(const struct kernel_options *opts,
			const struct kernel_traces *traces,
			struct progress *progress, struct kernel_costs *c)
{
	struct kernel_insn_row *row = c->row + c->nr_rows / 2;
	char why[OUTPUT_WHY_SIZE];
	int status = insn_host_look(INSN_AUTO, &c->host, why);

	if (status && status != -EINTR)
		return cli_fail(EXIT_FAILED, "%s", why);
	for (unsigned i = 0; i < traces->nr && !status; i++) {
		progress_step(progress, traces->list[i].name,
			      opts->cost_events);
		status = count_trace(opts, &traces->list[i], c, row);
		row += opts->plan.plan.nr_specs;
	}
	return status;
}

int kernel_costs_run(struct kernel_host *host,
		     const struct kernel_traces *traces,
		     struct progress *progress, struct kernel_costs *ret)
{
	int status = make_work(host->opts, traces, ret);
	const struct kernel_orders orders = {
		.work = ret->work,
		.nr = ret->nr_work,
		.together = PAIR,
		.icount = true,
		.twice = true,
		.progress = progress,
	};

	if (!status)
		status = kernel_fly(host, &orders);
	if (!status)
		fill_kernel(host, ret);
	if (!status)
		status = count_models(host->opts, traces, progress, ret);
	return status;
}

void kernel_costs_free(struct kernel_costs *costs)
{
	kernel_work_free(costs->work, costs->nr_work);
	free(costs->row);
	*costs = (struct kernel_costs){ 0 };
}
