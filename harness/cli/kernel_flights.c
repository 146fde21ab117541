// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scripts of many cases, two guests at a time; see kernel_flights.h.
 *
 * While guests run, this process has the models answer. Not done: more than two
 * boots, which would share the CPUs that most machines have for them.
 * Invariant: no guest is left when a call returns.
 */
#include "kernel_flights.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NR_IN_FLIGHT 2
#define NR_COPIES 2

/* Cases first to first + nr. */
struct range {
	size_t first, nr;
};

/* The boots of a range. */
struct flight {
	struct range range;
	char script[KERNEL_PATH_SIZE];
	struct kernel_boot boot[NR_COPIES];
	char *text[NR_COPIES];
	size_t size[NR_COPIES];
};

struct tower {
	struct kernel_host *host;
	const struct kernel_orders *orders;
	struct range *waiting; /* the next one last */
	size_t nr_waiting;
	struct flight flight[NR_IN_FLIGHT];
	unsigned nr_flights;
	unsigned nr_failures;
	unsigned nr_copies;
	char first_failure[KERNEL_WHY_SIZE];
};

static uint64_t size_of(const struct tower *t, const struct range *r)
{
	uint64_t size = 0;

	for (size_t i = 0; i < r->nr; i++)
		size += kernel_work_size(&t->orders->work[r->first + i]);
	return size;
}

/* Of cases that stand in a row, as many as go into a boot. */
static struct range range_before(const struct tower *t, size_t end)
{
	const struct kernel_work *work = t->orders->work;
	size_t step = t->orders->together;
	struct range r = { end - step, step };

	while (r.first) {
		struct range more = { r.first - step, r.nr + step };

		if (work[more.first].replay.nr_cpus !=
			    work[r.first].replay.nr_cpus ||
		    size_of(t, &more) > KERNEL_SCRIPT_BYTES)
			break;
		r = more;
	}
	return r;
}

/* From the last to the first: the next one is the last. */
static int cut_into_ranges(struct tower *t)
{
	/* A range that is parted is two, each at least a step. */
	t->waiting = calloc(t->orders->nr + 2, sizeof(*t->waiting));
	if (!t->waiting)
		return cli_fail(EXIT_FAILED, "out of memory");
	for (size_t end = t->orders->nr; end;
	     end -= t->waiting[t->nr_waiting++].nr)
		t->waiting[t->nr_waiting] = range_before(t, end);
	return EXIT_FINE;
}

static void give_reason(const struct tower *t, const struct range *r,
			const char *why)
{
	for (size_t i = 0; i < r->nr; i++)
		snprintf(t->orders->work[r->first + i].reason, KERNEL_WHY_SIZE,
			 "%.511s", why);
}

static int write_script(struct tower *t, struct flight *f)
{
	FILE *out;
	int status;

	kernel_host_name(t->host, "script", f->script);
	out = fopen(f->script, "we");
	if (!out)
		return cli_fail(EXIT_FAILED, "%s: %s", f->script,
				strerror(errno));
	status = kernel_work_script(t->orders->work + f->range.first,
				    f->range.nr, out);
	if (fclose(out) && !status)
		status = cli_fail(EXIT_FAILED, "%s: %s", f->script,
				  strerror(errno));
	return status;
}

static int launch(struct tower *t)
{
	struct flight *f = &t->flight[t->nr_flights++];
	struct kernel_machine machine = { .icount = t->orders->icount };
	char why[OUTPUT_WHY_SIZE];
	int status;

	memset(f, 0, sizeof(*f));
	f->range = t->waiting[--t->nr_waiting];
	machine.nr_cpus = t->orders->work[f->range.first].replay.nr_cpus;
	status = write_script(t, f);
	for (unsigned i = 0; i < t->nr_copies && !status; i++)
		if (kernel_boot_start(t->host, f->script, &machine, &f->boot[i],
				      why))
			status = cli_fail(EXIT_FAILED, "%s", why);
	return status;
}

static void clear_flight(struct tower *t, struct flight *f)
{
	for (unsigned i = 0; i < NR_COPIES; i++) {
		kernel_boot_stop(t->host, &f->boot[i]);
		free(f->text[i]);
		f->text[i] = NULL;
	}
	kernel_host_drop(t->host, f->script);
}

/* 0, or the first error of the boots, which have all ended. */
static int end_boots(struct tower *t, struct flight *f, char *why)
{
	char other[OUTPUT_WHY_SIZE];
	int err = 0;

	for (unsigned i = 0; i < t->nr_copies; i++) {
		int rc = kernel_boot_end(t->host, &f->boot[i], &f->text[i],
					 &f->size[i], err ? other : why);

		if (!err)
			err = rc;
	}
	return err;
}

static bool same_points(const struct kernel_answer *a,
			const struct kernel_answer *b)
{
	return a->nr_points == b->nr_points &&
	       !memcmp(a->point, b->point, a->nr_points * sizeof(*a->point)) &&
	       !memcmp(a->cost, b->cost, sizeof(a->cost));
}

/* Two boots that count must say the same; of those that do not, each is named. */
static int check_copies(struct tower *t, struct flight *f, char *why)
{
	struct kernel_work *work = t->orders->work + f->range.first;
	struct kernel_answers a;
	size_t nr_differ = 0;
	int err;

	if (t->nr_copies < 2 || (f->size[0] == f->size[1] &&
				 !memcmp(f->text[0], f->text[1], f->size[0])))
		return 0;
	err = kernel_answers_parse("second boot", f->text[1], f->size[1], &a,
				   why);
	if (err)
		return err;
	for (size_t i = 0; i < f->range.nr; i++) {
		if (i < a.nr_runs && same_points(&a.run[i], &work[i].kernel))
			continue;
		nr_differ++;
		snprintf(work[i].reason, sizeof(work[i].reason),
			 "two boots did not give the same figures");
	}
	if (!nr_differ)
		give_reason(t, &f->range,
			    "two boots did not give the same answers");
	kernel_answers_free(&a);
	return 0;
}

/* Both halves are to be tried, or it was a single case, or enough is enough. */
static void fail_range(struct tower *t, const struct range *r, bool parts,
		       const char *why)
{
	size_t step = t->orders->together;
	size_t half = r->nr / step / 2 * step;

	if (!t->nr_failures++)
		snprintf(t->first_failure, sizeof(t->first_failure), "%.511s",
			 why);
	if (!parts || !half) {
		give_reason(t, r, why);
		return;
	}
	t->waiting[t->nr_waiting++] =
		(struct range){ r->first + half, r->nr - half };
	t->waiting[t->nr_waiting++] = (struct range){ r->first, half };
}

/* A line for people instead of a boot. */
static void give_up(struct tower *t)
{
	char why[KERNEL_WHY_SIZE];

	snprintf(why, sizeof(why),
		 "not tried after %d failures, the first: %.400s",
		 KERNEL_MAX_FAILURES, t->first_failure);
	while (t->nr_waiting)
		give_reason(t, &t->waiting[--t->nr_waiting], why);
}

static int expect_all(struct tower *t, const struct flight *f)
{
	for (size_t i = 0; i < f->range.nr && t->orders->expect; i++) {
		struct kernel_work *work = &t->orders->work[f->range.first + i];
		int err = work->expected ? 0 : kernel_work_expect(work);

		if (err == -ENOMEM)
			return cli_fail(EXIT_FAILED, "out of memory");
		if (err)
			return err;
	}
	return cli_stop ? -EINTR : 0;
}

static void step_progress(const struct tower *t, const struct flight *f)
{
	const struct kernel_work *work = t->orders->work + f->range.first;
	char label[PROGRESS_LABEL];
	uint64_t weight = 0;

	for (size_t i = 0; i < f->range.nr; i++)
		weight += work[i].nr_events;
	snprintf(label, sizeof(label), "%u CPUs, %.40s", work->replay.nr_cpus,
		 work->workload);
	progress_step(t->orders->progress, label, weight);
}

/* The first of those in flight. EXIT_FINE, also if its boots failed. */
static int land(struct tower *t)
{
	struct flight *f = &t->flight[0];
	struct kernel_work *work = t->orders->work + f->range.first;
	char why[KERNEL_WHY_SIZE];
	int err = expect_all(t, f), failed;

	if (err)
		return err;
	failed = end_boots(t, f, why);
	if (failed == -EINTR)
		return failed;
	if (failed == -ENOSYS)
		return cli_fail(EXIT_SKIP, "%s: './bootstrap kernel-check'",
				why);
	if (!failed)
		failed = kernel_work_take(work, f->range.nr, "answers",
					  f->text[0], f->size[0], why);
	if (!failed)
		failed = check_copies(t, f, why);
	if (failed == -ENOMEM)
		return cli_fail(EXIT_FAILED, "out of memory");
	if (failed)
		fail_range(t, &f->range, failed != -ENODEV, why);
	clear_flight(t, f);
	if (--t->nr_flights)
		memmove(f, f + 1, t->nr_flights * sizeof(*f));
	return EXIT_FINE;
}

static int fly_all(struct tower *t)
{
	unsigned max = NR_IN_FLIGHT / t->nr_copies;
	int status = EXIT_FINE;

	while (!status && (t->nr_waiting || t->nr_flights)) {
		if (t->nr_failures >= KERNEL_MAX_FAILURES)
			give_up(t);
		while (!status && t->nr_waiting && t->nr_flights < max)
			status = launch(t);
		if (!status && t->nr_flights) {
			step_progress(t, &t->flight[0]);
			status = land(t);
		}
	}
	return status;
}

int kernel_fly(struct kernel_host *host, const struct kernel_orders *orders)
{
	struct tower *t = calloc(1, sizeof(*t));
	int status;

	if (!t)
		return cli_fail(EXIT_FAILED, "out of memory");
	t->host = host;
	t->orders = orders;
	t->nr_copies = orders->twice ? 2 : 1;
	status = cut_into_ranges(t);
	if (!status)
		status = fly_all(t);
	for (unsigned i = 0; i < t->nr_flights; i++)
		clear_flight(t, &t->flight[i]);
	free(t->waiting);
	free(t);
	return status;
}
