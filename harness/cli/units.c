// SPDX-License-Identifier: GPL-2.0-only
/*
 * Order, start and end of units; see units.h.
 *
 * Not done: several at once, which would measure each other.
 * Cost: starting a process, about 5 ms, and its memory pass.
 */
#include "units.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "fnv.h"
#include "prng.h"

static uint64_t seed_of(const struct run_options *opts, unsigned workload,
			unsigned process)
{
	struct prng rng = { opts->plan.plan.seed };

	rng.state = prng_next(&rng) ^
		    fnv_text(FNV_INIT, opts->workload[workload].label);
	rng.state = prng_next(&rng) + process;
	return prng_next(&rng);
}

static void shuffle(struct unit *unit, unsigned nr, uint64_t seed)
{
	struct prng rng = { seed };

	for (; nr > 1; nr--) {
		unsigned other = prng_below(&rng, nr);
		struct unit tmp = unit[nr - 1];

		unit[nr - 1] = unit[other];
		unit[other] = tmp;
	}
}

int units_create(const struct run_options *opts, struct units *ret)
{
	unsigned nr = opts->nr_workloads * opts->nr_processes, i;
	struct unit *unit = calloc(nr + 1, sizeof(*unit));

	if (!unit)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		unit[i].workload = i / opts->nr_processes;
		unit[i].process = i % opts->nr_processes + 1;
		unit[i].seed = seed_of(opts, unit[i].workload, unit[i].process);
	}
	shuffle(unit, nr, opts->plan.plan.seed);
	*ret = (struct units){ unit, nr };
	return 0;
}

void units_destroy(struct units *u)
{
	free(u->unit);
	*u = (struct units){ 0 };
}

unsigned units_nr_done(const struct units *u)
{
	unsigned nr = 0;

	for (unsigned i = 0; i < u->nr; i++)
		nr += u->unit[i].done;
	return nr;
}

struct unit *units_find(const struct units *u, unsigned workload,
			unsigned process)
{
	for (unsigned i = 0; i < u->nr; i++)
		if (u->unit[i].workload == workload &&
		    u->unit[i].process == process)
			return &u->unit[i];
	return NULL;
}

int words_add(struct words *w, const char *format, ...)
{
	char **more = realloc(w->word, (w->nr + 2) * sizeof(*more));
	va_list ap;
	int len;

	if (!more)
		return -ENOMEM;
	w->word = more;
	va_start(ap, format);
	len = vasprintf(&w->word[w->nr], format, ap);
	va_end(ap);
	if (len < 0) {
		w->word[w->nr] = NULL;
		return -ENOMEM;
	}
	w->word[++w->nr] = NULL;
	return 0;
}

void words_destroy(struct words *w)
{
	for (unsigned i = 0; i < w->nr; i++)
		free(w->word[i]);
	free(w->word);
	*w = (struct words){ 0 };
}

int words_of_plan(const struct run_options *opts, const struct run_plan *plan,
		  struct words *ret)
{
	const struct replay_threads *threads = &plan->replay.threads;
	char *text = plan_options_format(&opts->plan, plan), *at, *word;
	int err = text ? 0 : -ENOMEM;

	at = text;
	while (!err && (word = strsep(&at, " ")))
		if (*word)
			err = words_add(ret, "%s", word);
	free(text);
	if (!err && threads->nr)
		err = words_add(ret, "--threads=%u:%s", threads->nr,
				deal_name[threads->deal]);
	if (!err)
		err = words_add(ret, "--reps=%u", plan->nr_reps);
	if (!err)
		err = words_add(ret, "--rounds=%u", plan->nr_rounds);
	return err;
}

static int command_of(const struct run_options *opts, const struct unit *unit,
		      unsigned ias, struct words *ret)
{
	struct run_plan plan = opts->plan.plan;
	int err;

	plan.replay.pgtable.ias = ias;
	/* Not its path: that may be another program by now. */
	err = words_add(ret, "/proc/self/exe");
	if (!err)
		err = words_add(ret, "sample");
	if (!err)
		err = words_of_plan(opts, &plan, ret);
	for (unsigned i = 0; i < plan.nr_specs && !err; i++)
		err = words_add(ret, "--strategy=%s", plan.spec[i].label);
	if (!err)
		err = words_add(ret, "--reference=%s",
				plan.spec[plan.reference].label);
	if (!err)
		err = words_add(ret, "--seed=%llu",
				(unsigned long long)unit->seed);
	if (!err)
		err = words_add(ret, "%s",
				opts->trace
					? opts->trace
					: opts->workload[unit->workload].label);
	return err;
}

static int take(const struct run_options *opts, const struct unit *unit,
		const char *text, size_t size, struct observations *o,
		char *why)
{
	struct csv_table table;
	char name[WORKLOAD_LABEL_SIZE + 64];
	int err;

	snprintf(name, sizeof(name), "%s, process %u",
		 opts->workload[unit->workload].label, unit->process);
	err = csv_table_parse(name, text, size, &table, why);
	if (err)
		return err;
	err = observations_add(o, name, &table, unit->workload, unit->process,
			       why);
	csv_table_fini(&table);
	return err;
}

int unit_run(const struct run_options *opts, const struct unit *unit,
	     unsigned ias, const struct exact_cell *exact,
	     struct observations *o, char *why)
{
	struct words words = { 0 };
	char reason[OUTPUT_WHY_SIZE];
	char *text = NULL;
	size_t size = 0;
	int err = command_of(opts, unit, ias, &words);

	if (err)
		why_errno(reason, err, "cannot be started");
	else
		err = child_output(words.word, &text, &size, reason);
	words_destroy(&words);
	if (err)
		return why_set(why, err, "%s, process %u: %s",
			       opts->workload[unit->workload].label,
			       unit->process, reason);
	err = take(opts, unit, text, size, o, why);
	free(text);
	return err ? err : unit_check(opts, unit, exact, o, why);
}

static void take_value(void *ctx, const struct sample *s)
{
	*(uint64_t *)ctx = (uint64_t)s->value;
}

int unit_check(const struct run_options *opts, const struct unit *unit,
	       const struct exact_cell *exact, const struct observations *o,
	       char *why)
{
	const struct run_plan *plan = &opts->plan.plan;
	const char *label = opts->workload[unit->workload].label, *strategy;
	uint64_t found = 0;
	size_t nr;

	for (unsigned i = 0; i < plan->nr_specs; i++) {
		strategy = plan->spec[i].label;
		nr = observations_of(o, unit->workload, i, OBSERVATIONS_ALONE,
				     "exact_check", unit->process, take_value,
				     &found);
		if (nr != 1 || found != exact[i].check)
			return why_set(
				why, -EBADMSG,
				"%s, process %u: %s did something else than in the exact pass",
				label, unit->process, strategy);
		nr = observations_of(o, unit->workload, i, OBSERVATIONS_ALONE,
				     "event_ns_mean", unit->process, NULL,
				     NULL);
		if (nr != (exact[i].memory.built ? plan->nr_reps : 0))
			return why_set(
				why, -EBADMSG,
				"%s, process %u: %zu repetitions of %s, not %u",
				label, unit->process, nr, strategy,
				plan->nr_reps);
	}
	return 0;
}
