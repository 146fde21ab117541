// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs models for claims; see claim_lab.h. The configuration is that of the
 * commands of a claim: seed 1, and the default profile of each.
 *
 * Cost: that of what is run. Concurrency: none.
 */
#include "claim_lab.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "phase.h"
#include "physmem.h"
#include "workload.h"

static void lab_fail(struct claim_lab *lab, int err, const char *what,
		     const char *why)
{
	if (lab->error)
		return;
	lab->error = err;
	snprintf(lab->why, CLAIM_WHY_SIZE, "%.100s: %.400s", what, why);
}

static bool lab_stopped(struct claim_lab *lab)
{
	if (!lab->error && lab->stop && *lab->stop)
		lab->error = -EINTR;
	return lab->error;
}

static void parse_spec(struct claim_lab *lab, const char *strategy,
		       struct l2_spec *ret)
{
	char why[CLAIM_TEXT_SIZE];
	int err = l2_spec_parse(strategy, ret, why, sizeof(why));

	if (err)
		lab_fail(lab, err, strategy, why);
}

static struct phase_cell run_point(struct claim_lab *lab, unsigned ias,
				   const char *strategy,
				   const struct phase_point *point)
{
	const struct phase_grid grid = {
		.max_tables = 1u << (ias - 20),
		.seed = 1,
	};
	struct phase_cell cell = { 0 };
	const char *why = "";
	struct l2_spec spec;
	int err;

	parse_spec(lab, strategy, &spec);
	if (lab_stopped(lab))
		return cell;
	err = phase_cell_run(&grid, point, &spec, &cell, &why);
	if (err)
		lab_fail(lab, err, strategy,
			 err == -EUCLEAN ? why : strerror(-err));
	return cell;
}

static struct phase_cell cell_at(struct claim_lab *lab, unsigned ias,
				 const char *strategy, struct phase_point point,
				 const char *pattern)
{
	int err = phase_pattern_parse(pattern, &point.pattern);

	if (err)
		lab_fail(lab, err, pattern, "no pattern");
	return run_point(lab, ias, strategy, &point);
}

static uint64_t held_at(struct claim_lab *lab, unsigned ias,
			const char *strategy, struct phase_point point,
			const char *pattern)
{
	struct phase_cell cell = cell_at(lab, ias, strategy, point, pattern);

	if (cell.failed)
		lab_fail(lab, -ENOSPC, strategy, "an allocation failed");
	return lab->error ? 0 : cell.held_bytes;
}

bool lab_fails(struct claim_lab *lab, unsigned ias, const char *strategy,
	       unsigned tables, const char *pattern)
{
	const struct phase_point point = { .tables = tables, .cpus = 1 };

	return cell_at(lab, ias, strategy, point, pattern).failed;
}

uint64_t lab_held(struct claim_lab *lab, const char *strategy, unsigned tables,
		  unsigned cpus, const char *pattern)
{
	return held_at(lab, 32, strategy,
		       (struct phase_point){ .tables = tables, .cpus = cpus },
		       pattern);
}

uint64_t lab_held_ias(struct claim_lab *lab, unsigned ias, const char *strategy,
		      unsigned tables, const char *pattern)
{
	return held_at(lab, ias, strategy,
		       (struct phase_point){ .tables = tables, .cpus = 1 },
		       pattern);
}

/* A replay being set up: what is named is found and loaded. */
struct scene {
	struct replay_config cfg;
	struct trace trace;
	struct l2_spec spec;
};

static bool scene_open(struct claim_lab *lab, const char *workload,
		       const char *strategy, const char *age, struct scene *ret)
{
	char why[TRACE_WHY_SIZE];
	struct workload_spec wl;
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->cfg.stop = lab->stop;
	ret->cfg.pgtable.ias = 32;
	ret->cfg.pgtable.oas = 35;
	ret->cfg.pgtable.pgsizes = V7S_PGSIZES;
	ret->cfg.pgtable.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS;
	parse_spec(lab, strategy, &ret->spec);
	if (age_parse(age, &ret->cfg.age))
		lab_fail(lab, -EINVAL, age, "no state of memory");
	if (lab_stopped(lab))
		return false;
	err = workload_parse(workload, &wl, why);
	if (!err)
		err = workload_open(&wl, SIZE_MAX, &ret->trace, why);
	if (err)
		lab_fail(lab, err, workload, why);
	return !err;
}

static int pass(struct claim_lab *lab, const struct scene *s, const char **why)
{
	struct replay_machine m;
	int err = replay_machine_init(&m, &s->cfg, &s->trace, &s->spec);

	if (!err)
		err = pass_memory(&m, &lab->memory, why);
	replay_machine_fini(&m);
	return err;
}

const struct memory_result *
lab_replay_aged(struct claim_lab *lab, const char *workload,
		const char *strategy, const char *frag, uint64_t dma32_free)
{
	const char *why = "the models broke";
	struct scene s;
	int err;

	memory_result_fini(&lab->memory);
	memset(&lab->memory, 0, sizeof(lab->memory));
	if (!scene_open(lab, workload, strategy, frag, &s))
		return &lab->memory;
	s.cfg.profile = machine_profile_find("mt8173");
	s.cfg.age.zone_bytes = dma32_free;
	err = pass(lab, &s, &why);
	if (err)
		lab_fail(lab, err, workload,
			 err == -EUCLEAN ? why : strerror(-err));
	trace_free(&s.trace);
	return &lab->memory;
}

const struct memory_result *
lab_replay(struct claim_lab *lab, const char *workload, const char *strategy)
{
	return lab_replay_aged(lab, workload, strategy, "fresh", 0);
}

struct survive_result lab_survive(struct claim_lab *lab, const char *workload,
				  const char *strategy, const char *age)
{
	struct survive_result r = { .found = false };
	char why[TRACE_WHY_SIZE];
	struct scene s;
	int err;

	if (!scene_open(lab, workload, strategy, age, &s))
		return r;
	s.cfg.profile = machine_profile_find("small");
	err = survive_least(&s.cfg, &s.trace, &s.spec, &r, why);
	if (err)
		lab_fail(lab, err, workload, why);
	trace_free(&s.trace);
	return r;
}

static int read_attr(struct physmem *pm, const struct l2_spec *spec,
		     unsigned cpus, const char *name, uint64_t *ret)
{
	const struct l2_env env = {
		.pm = pm,
		.nr_cpus = cpus,
		.max_tables = 4096,
		.zone_gfp = GFP_DMA32,
	};
	struct l2_attrs attrs = { .nr = 0 };
	struct l2_strategy *l2;
	int err = l2_create(spec, &env, &l2);
	unsigned i;

	if (err)
		return err;
	l2->ops->attrs(l2, &attrs);
	l2_destroy(l2);
	for (i = 0; i < attrs.nr; i++) {
		if (strcmp(attrs.row[i].name, name))
			continue;
		*ret = attrs.row[i].value;
		return 0;
	}
	return -ENOENT;
}

uint64_t lab_attr(struct claim_lab *lab, const char *strategy, unsigned cpus,
		  const char *name)
{
	struct physmem *pm = NULL;
	struct l2_spec spec;
	uint64_t value = 0;
	int err;

	parse_spec(lab, strategy, &spec);
	if (lab_stopped(lab))
		return 0;
	err = physmem_create(machine_profile_find("small"), &pm);
	if (!err)
		err = read_attr(pm, &spec, cpus, name, &value);
	physmem_destroy(pm);
	if (err)
		lab_fail(lab, err, name, strerror(-err));
	return value;
}

void lab_figure(struct claim_lab *lab, uint64_t value, const char *unit,
		const char *name, ...)
{
	struct claim_result *r = lab->result;
	struct claim_figure *f = &r->figure[r->nr_figures];
	va_list args;

	if (r->nr_figures == CLAIM_MAX_FIGURES) {
		lab_fail(lab, -ENOSPC, name, "one figure too many");
		return;
	}
	r->nr_figures++;
	f->value = value;
	f->unit = unit;
	va_start(args, name);
	vsnprintf(f->name, sizeof(f->name), name, args);
	va_end(args);
}

void lab_verdict(struct claim_lab *lab, bool everywhere, bool nowhere,
		 const char *only_if, ...)
{
	struct claim_result *r = lab->result;
	va_list args;

	r->verdict = everywhere ? CLAIM_CONFIRMED
		     : nowhere	? CLAIM_REFUTED
				: CLAIM_ONLY_IF;
	if (r->verdict != CLAIM_ONLY_IF)
		return;
	va_start(args, only_if);
	vsnprintf(r->condition, sizeof(r->condition), only_if, args);
	va_end(args);
}

void lab_holds(struct claim_lab *lab, bool holds)
{
	lab->result->verdict = holds ? CLAIM_CONFIRMED : CLAIM_REFUTED;
}
