// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a kernel's answer differs from that of our models; see expect.h.
 *
 * The first difference in time of the first kind is put into words: what comes
 * later, or of a later kind, most often follows from it.
 * Cost: linear in points. Concurrency: none.
 */
#include "expect.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

const char *const kernel_verdict_names[] = {
	[KERNEL_AGREE] = "agree",    [KERNEL_RETURNS] = "returns",
	[KERNEL_TABLES] = "tables",  [KERNEL_STATE] = "state",
	[KERNEL_LEAK] = "leak",	     [KERNEL_HELD] = "held",
	[NR_KERNEL_VERDICTS] = NULL,
};

struct pair {
	const struct kernel_answer *model, *kernel;
	struct kernel_agreement *ret;
};

static bool returns_differ(const struct pair *p, size_t i)
{
	const struct kernel_point *m = &p->model->point[i];
	const struct kernel_point *k = &p->kernel->point[i];

	if (k->ret == m->ret && k->warns == m->warns)
		return false;
	if (k->ret == m->ret)
		snprintf(p->ret->what, KERNEL_WHY_SIZE,
			 "after %" PRIu64 " events: %" PRIu64
			 " WARN_ONs, model %" PRIu64,
			 m->events, k->warns, m->warns);
	else
		snprintf(
			p->ret->what, KERNEL_WHY_SIZE,
			"events %" PRIu64 " to %" PRIu64
			": one of them returned something else; all returns 0x%016" PRIx64
			", model 0x%016" PRIx64,
			i ? p->model->point[i - 1].events + 1 : 1, m->events,
			k->ret, m->ret);
	return true;
}

static bool tables_differ(const struct pair *p, size_t i)
{
	const struct kernel_point *m = &p->model->point[i];
	const struct kernel_point *k = &p->kernel->point[i];

	if (k->allocs == m->allocs && k->frees == m->frees &&
	    k->live == m->live)
		return false;
	snprintf(p->ret->what, KERNEL_WHY_SIZE,
		 "after %" PRIu64 " events: %" PRIu64
		 " tables allocated, %" PRIu64 " freed, %" PRIu64
		 " alive, model %" PRIu64 ", %" PRIu64 ", %" PRIu64,
		 m->events, k->allocs, k->frees, k->live, m->allocs, m->frees,
		 m->live);
	return true;
}

static bool held_differs(const struct pair *p, size_t i)
{
	const struct kernel_point *m = &p->model->point[i];
	const struct kernel_point *k = &p->kernel->point[i];

	if (k->held == m->held)
		return false;
	snprintf(p->ret->what, KERNEL_WHY_SIZE,
		 "after %" PRIu64 " events: held %" PRId64
		 " pages, model %" PRId64 " (%" PRIu64 " tables alive)",
		 m->events, k->held, m->held, m->live);
	return true;
}

/* The first point that differs gives the verdict, and words. */
static bool search(const struct pair *p, enum kernel_verdict verdict,
		   bool (*differs)(const struct pair *p, size_t i))
{
	for (size_t i = 0; i < p->model->nr_points; i++) {
		if (!differs(p, i))
			continue;
		p->ret->verdict = verdict;
		p->ret->first_events = p->model->point[i].events;
		return true;
	}
	return false;
}

static bool states_differ(const struct pair *p)
{
	for (unsigned i = 0; i < p->model->nr_domains; i++) {
		const struct kernel_state *m = &p->model->state[i];
		const struct kernel_state *k = &p->kernel->state[i];

		if (k->l1_nonzero == m->l1_nonzero &&
		    k->l2_tables == m->l2_tables &&
		    k->l2_nonzero == m->l2_nonzero && k->fnv1a64 == m->fnv1a64)
			continue;
		snprintf(p->ret->what, KERNEL_WHY_SIZE,
			 "at the end, domain %u: l1_nonzero=%" PRIu64
			 " l2_tables=%" PRIu64 " l2_nonzero=%" PRIu64
			 " fnv1a64=0x%016" PRIx64 ", model %" PRIu64 " %" PRIu64
			 " %" PRIu64 " 0x%016" PRIx64,
			 i, k->l1_nonzero, k->l2_tables, k->l2_nonzero,
			 k->fnv1a64, m->l1_nonzero, m->l2_tables, m->l2_nonzero,
			 m->fnv1a64);
		p->ret->verdict = KERNEL_STATE;
		return true;
	}
	return false;
}

static bool leaks(const struct pair *p)
{
	const struct kernel_answer *m = p->model;
	const struct kernel_answer *k = p->kernel;

	if (k->live_closed == m->live_closed &&
	    k->held_closed <= m->held_closed)
		return false;
	snprintf(p->ret->what, KERNEL_WHY_SIZE,
		 "after all domains are gone: %" PRId64
		 " pages missing, %" PRIu64 " tables alive, model %" PRId64
		 ", %" PRIu64,
		 k->held_closed, k->live_closed, m->held_closed,
		 m->live_closed);
	p->ret->verdict = KERNEL_LEAK;
	return true;
}

/* More pages than there were are no leak, but were not counted well. */
static bool gains(const struct pair *p)
{
	if (p->kernel->held_closed == p->model->held_closed)
		return false;
	snprintf(p->ret->what, KERNEL_WHY_SIZE,
		 "after all domains are gone: held %" PRId64
		 " pages, model %" PRId64,
		 p->kernel->held_closed, p->model->held_closed);
	p->ret->verdict = KERNEL_HELD;
	return true;
}

static bool starts_differ(const struct pair *p)
{
	if (p->kernel->held_open == p->model->held_open)
		return false;
	snprintf(p->ret->what, KERNEL_WHY_SIZE,
		 "before the first event: held %" PRId64
		 " pages, model %" PRId64,
		 p->kernel->held_open, p->model->held_open);
	p->ret->verdict = KERNEL_HELD;
	return true;
}

/* a less b; of untrusted numbers, so the largest that there is if need be. */
static int64_t difference(int64_t a, int64_t b)
{
	uint64_t size = a < b ? (uint64_t)b - (uint64_t)a
			      : (uint64_t)a - (uint64_t)b;

	if (size > INT64_MAX)
		size = INT64_MAX;
	return a < b ? -(int64_t)size : (int64_t)size;
}

static void count_held(const struct pair *p)
{
	struct kernel_agreement *ret = p->ret;

	ret->nr_points = p->model->nr_points;
	for (size_t i = 0; i < ret->nr_points; i++) {
		int64_t diff = difference(p->kernel->point[i].held,
					  p->model->point[i].held);
		int64_t worst = ret->held_worst;

		ret->nr_held_differ += diff != 0;
		if ((diff < 0 ? -diff : diff) > (worst < 0 ? -worst : worst))
			ret->held_worst = diff;
	}
}

__attribute__((format(printf, 2, 3))) static int refuse(char *why,
							const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, KERNEL_WHY_SIZE, fmt, args);
	va_end(args);
	return -EINVAL;
}

static int check_same_case(const struct kernel_answer *m,
			   const struct kernel_answer *k, char *why)
{
	if (strcmp(k->label, m->label) != 0)
		return refuse(why, "run %s of the kernel, %s of the model",
			      k->label, m->label);
	if (strcmp(k->strategy, m->strategy) != 0)
		return refuse(why, "%s: %s in the kernel, %s in the model",
			      m->label, k->strategy, m->strategy);
	if (k->nr_domains != m->nr_domains)
		return refuse(why,
			      "%s: %u domains in the kernel, %u in the model",
			      m->label, k->nr_domains, m->nr_domains);
	if (k->nr_points != m->nr_points)
		return refuse(why,
			      "%s: %zu points of the kernel, %zu of the model",
			      m->label, k->nr_points, m->nr_points);
	for (size_t i = 0; i < m->nr_points; i++)
		if (k->point[i].events != m->point[i].events)
			return refuse(why,
				      "%s: a point of the kernel after %" PRIu64
				      " events, of the model after %" PRIu64,
				      m->label, k->point[i].events,
				      m->point[i].events);
	return 0;
}

int kernel_agree(const struct kernel_answer *model,
		 const struct kernel_answer *kernel,
		 struct kernel_agreement *ret, char *why)
{
	const struct pair p = { model, kernel, ret };
	int err = check_same_case(model, kernel, why);

	if (err)
		return err;
	memset(ret, 0, sizeof(*ret));
	count_held(&p);
	if (!search(&p, KERNEL_RETURNS, returns_differ) &&
	    !search(&p, KERNEL_TABLES, tables_differ) && !states_differ(&p) &&
	    !leaks(&p) && !starts_differ(&p) &&
	    !search(&p, KERNEL_HELD, held_differs))
		gains(&p);
	return 0;
}
