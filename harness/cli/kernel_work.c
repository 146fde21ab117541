// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cases for a real kernel; see kernel_work.h.
 *
 * Not here: who answers. Invariant: a case that lacks an answer in the end has
 * a reason.
 */
#include "kernel_work.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "workload.h"

#define NR_POINTS 200	   /* of a case, about, if nobody says */
#define BYTES_AN_EVENT 48u /* of script, about */

/* Of printable characters without blanks, cut where too long. */
static void make_label(const char *name, char ret[KERNEL_LABEL])
{
	size_t i;

	for (i = 0; name[i] && i + 1 < KERNEL_LABEL; i++)
		ret[i] = isgraph((unsigned char)name[i]) ? name[i] : '_';
	ret[i] = '\0';
}

static const char *name_of(const char *arg)
{
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE];

	return workload_parse(arg, &spec, why) ? cli_trace_name(arg) : arg;
}

/* The next of the list. EXIT_FINE, also if it is left out. */
static int open_one(const struct kernel_options *opts, const char *arg,
		    struct kernel_traces *list)
{
	struct kernel_trace *t = &list->list[list->nr];
	struct replay_config cfg = opts->plan.plan.replay;
	struct kernel_work work;
	char why[KERNEL_WHY_SIZE];
	int status;

	t->arg = arg;
	t->name = name_of(arg);
	for (unsigned i = 0; i < list->nr; i++)
		if (!strcmp(list->list[i].name, t->name))
			return cli_fail(EXIT_USAGE, "two traces named '%s'",
					t->name);
	make_label(t->name, t->label);
	status = cli_load_trace(arg, &opts->plan, &cfg, &t->trace);
	if (status)
		return status;
	list->nr++;
	t->pgtable = cfg.pgtable;
	work = kernel_work_of(opts, t, &opts->plan.spec[0], 1);
	work.c.replay = &work.replay;
	if (!kernel_case_check(&work.c, why))
		return EXIT_FINE;
	if (!opts->all_traces)
		return cli_fail(EXIT_USAGE, "%s", why);
	cli_warn("left out: %s", why);
	trace_free(&t->trace);
	list->nr--;
	return EXIT_FINE;
}

int kernel_traces_open(const struct kernel_options *opts,
		       struct kernel_traces *ret)
{
	int status = EXIT_FINE;

	ret->list = calloc(opts->nr_traces + 1, sizeof(*ret->list));
	if (!ret->list)
		return cli_fail(EXIT_FAILED, "out of memory");
	for (unsigned i = 0; i < opts->nr_traces && !status && !cli_stop; i++)
		status = open_one(opts, opts->trace[i], ret);
	return status;
}

void kernel_traces_close(struct kernel_traces *traces)
{
	for (unsigned i = 0; i < traces->nr; i++)
		trace_free(&traces->list[i].trace);
	free(traces->list);
	*traces = (struct kernel_traces){ 0 };
}

struct kernel_work kernel_work_of(const struct kernel_options *opts,
				  const struct kernel_trace *trace,
				  const struct l2_spec *spec, unsigned nr_cpus)
{
	uint64_t nr = trace->trace.nr_events;
	struct kernel_work work = {
		.c = {
			.label = trace->label,
			.spec = spec,
			.trace = &trace->trace,
			.nr_events = opts->nr_events,
		},
		.replay = opts->plan.plan.replay,
		.workload = trace->name,
	};

	if (opts->nr_events && nr > opts->nr_events)
		nr = opts->nr_events;
	work.nr_events = nr;
	work.c.every = opts->every ? opts->every : nr / NR_POINTS + 1;
	work.replay.nr_cpus = nr_cpus;
	work.replay.pgtable = trace->pgtable;
	return work;
}

struct kernel_work *kernel_work_all(const struct kernel_options *opts,
				    const struct kernel_traces *traces,
				    size_t *ret_nr)
{
	unsigned nr_specs = opts->plan.plan.nr_specs;
	size_t nr = (size_t)opts->nr_counts * traces->nr * nr_specs;
	struct kernel_work *work = calloc(nr + 1, sizeof(*work));

	if (!work)
		cli_fail(EXIT_FAILED, "out of memory");
	for (size_t i = 0; work && i < nr; i++) {
		size_t count = i / nr_specs / traces->nr;
		size_t trace = i / nr_specs % traces->nr;

		work[i] = kernel_work_of(opts, &traces->list[trace],
					 &opts->plan.spec[i % nr_specs],
					 opts->nr_cpus[count]);
		work[i].c.replay = &work[i].replay;
	}
	*ret_nr = nr;
	return work;
}

void kernel_work_free(struct kernel_work *work, size_t nr)
{
	for (size_t i = 0; work && i < nr; i++) {
		kernel_answer_free(&work[i].model);
		kernel_answer_free(&work[i].kernel);
	}
	free(work);
}

uint64_t kernel_work_size(const struct kernel_work *work)
{
	return work->nr_events * BYTES_AN_EVENT;
}

int kernel_work_script(const struct kernel_work *work, size_t nr, FILE *out)
{
	char why[KERNEL_WHY_SIZE];

	for (size_t i = 0; i < nr; i++) {
		int err = kernel_script_run(&work[i].c, out, why);

		if (err)
			return cli_fail(cli_run_status(err), "%s", why);
	}
	return EXIT_FINE;
}

int kernel_work_expect(struct kernel_work *work)
{
	char why[KERNEL_WHY_SIZE];
	int err = kernel_expect(&work->c, &work->model, why);

	work->expected = !err;
	if (err == -EINTR || err == -ENOMEM)
		return err;
	if (err)
		snprintf(work->reason, sizeof(work->reason), "model: %.500s",
			 why);
	return 0;
}

/* The driver's own test is the first thing a guest says; a board need not. */
static int check_selftest(const struct kernel_answers *a, char *why)
{
	static const char said[] = "selftest ";

	for (size_t i = 0; i < a->nr_said; i++) {
		if (strncmp(a->said[i], said, sizeof(said) - 1) ||
		    !strcmp(a->said[i] + sizeof(said) - 1, "0"))
			continue;
		snprintf(why, KERNEL_WHY_SIZE,
			 "the driver failed its own test in this boot");
		return -ENODEV;
	}
	return 0;
}

static int check_runs(const struct kernel_work *work, size_t nr,
		      const char *name, const struct kernel_answers *a,
		      char *why)
{
	if (a->nr_runs != nr) {
		snprintf(why, KERNEL_WHY_SIZE,
			 "%s: answers to %zu runs, the script has %zu", name,
			 a->nr_runs, nr);
		return -EINVAL;
	}
	for (size_t i = 0; i < nr; i++) {
		const struct kernel_answer *run = &a->run[i];

		if (!strcmp(run->label, work[i].c.label) &&
		    !strcmp(run->strategy, work[i].c.spec->ops->name))
			continue;
		snprintf(
			why, KERNEL_WHY_SIZE,
			"%s: run %zu is %.100s with %.100s, in the script %.100s with %s",
			name, i + 1, run->label, run->strategy, work[i].c.label,
			work[i].c.spec->ops->name);
		return -EINVAL;
	}
	return 0;
}

int kernel_work_take(struct kernel_work *work, size_t nr, const char *name,
		     const char *text, size_t size, char *why)
{
	struct kernel_answers a;
	int err = kernel_answers_parse(name, text, size, &a, why);

	if (err)
		return err;
	err = check_selftest(&a, why);
	if (!err)
		err = check_runs(work, nr, name, &a, why);
	for (size_t i = 0; i < nr && !err; i++) {
		kernel_answer_free(&work[i].kernel);
		work[i].kernel = a.run[i];
		work[i].answered = true;
		memset(&a.run[i], 0, sizeof(a.run[i]));
	}
	kernel_answers_free(&a);
	return err;
}
