// SPDX-License-Identifier: GPL-2.0-only
/*
 * The phase driver: fills, churns and shrinks a number of tables.
 *
 * Stands for one domain whose page table takes and frees tables in that order;
 * the GFP_ATOMIC of the DMA API. Left out: page table, traces, time, zeroing.
 * Cost: a point is its number of calls; each strategy gets a fresh machine with
 * memory enough, so that a figure does not depend on what was run before it.
 * Invariant: the calls depend on seed and point only.
 */
#include "phase.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "physmem.h"

#define THOUSAND 1000u
#define SZ_1G 0x40000000ull

/* Digits, and up to three after a point, in thousandths. */
static int parse_thousandths(const char *text, unsigned *ret)
{
	unsigned value = 0, unit = THOUSAND;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text); text++) {
		value = value * 10 + (unsigned)(*text - '0') * THOUSAND;
		if (value > PHASE_MAX_CHURN * THOUSAND)
			return -EINVAL;
	}
	if (*text == '.' && !isdigit((unsigned char)*++text))
		return -EINVAL;
	for (; isdigit((unsigned char)*text) && unit > 1; text++) {
		unit /= 10;
		value += (unsigned)(*text - '0') * unit;
	}
	if (*text || value > PHASE_MAX_CHURN * THOUSAND)
		return -EINVAL;
	*ret = value;
	return 0;
}

static int parse_k(const char *text, unsigned *ret)
{
	unsigned k = 0;

	for (; isdigit((unsigned char)*text) && k <= PHASE_MAX_K; text++)
		k = k * 10 + (unsigned)(*text - '0');
	if (*text || !k || k > PHASE_MAX_K)
		return -EINVAL;
	*ret = k;
	return 0;
}

int phase_pattern_parse(const char *text, struct phase_pattern *ret)
{
	static const struct {
		const char *prefix;
		enum phase_kind kind;
	} named[] = {
		{ "shrink", PHASE_SHRINK },
		{ "group", PHASE_GROUP },
		{ "pin", PHASE_PIN },
	};
	struct phase_pattern p = { .kind = PHASE_CHURN };
	size_t len = 0;
	unsigned i;
	int err;

	if (strlen(text) >= sizeof(p.label))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(named) && !len; i++) {
		len = strlen(named[i].prefix);
		if (strncmp(text, named[i].prefix, len))
			len = 0;
		else
			p.kind = named[i].kind;
	}
	err = len ? parse_k(text + len, &p.param)
		  : parse_thousandths(text, &p.param);
	if (err)
		return err;
	strcpy(p.label, text);
	*ret = p;
	return 0;
}

unsigned phase_most_alive(const struct phase_point *point)
{
	bool more = point->pattern.kind == PHASE_SHRINK ||
		    point->pattern.kind == PHASE_GROUP;

	return more ? point->tables * point->pattern.param : point->tables;
}

/* One strategy being driven. */
struct drive {
	const struct phase_point *point;
	struct l2_strategy *l2;
	struct l2_table *table; /* alive; in the order taken, if not shuffled */
	unsigned nr;
	uint64_t random; /* state of xorshift64, never 0 */
	uint64_t pages_peak;
};

static uint64_t draw(struct drive *d, uint64_t below)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return d->random % below;
}

/* Depends on the point as a whole, so that neighbours do not see the same. */
static uint64_t seed_of(const struct phase_grid *grid,
			const struct phase_point *point)
{
	uint64_t x = grid->seed * 0x9e3779b97f4a7c15ull;

	x = (x ^ point->tables) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ point->cpus) * 0x94d049bb133111ebull;
	x = (x ^ point->pattern.kind) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ point->pattern.param) * 0x94d049bb133111ebull;
	x ^= x >> 31;
	return x ? x : 1;
}

static void look(struct drive *d)
{
	struct l2_usage usage;

	d->l2->ops->usage(d->l2, &usage);
	if (usage.pages_held > d->pages_peak)
		d->pages_peak = usage.pages_held;
}

static int take(struct drive *d, struct l2_table *ret)
{
	int err = d->l2->ops->alloc(d->l2, (unsigned)draw(d, d->point->cpus),
				    GFP_ATOMIC, ret);

	look(d);
	return err;
}

static void give(struct drive *d, const struct l2_table *table)
{
	l2_free(d->l2, (unsigned)draw(d, d->point->cpus), table);
	look(d);
}

static int fill(struct drive *d, unsigned nr)
{
	int err = 0;

	while (d->nr < nr && !err) {
		err = take(d, &d->table[d->nr]);
		if (!err)
			d->nr++;
	}
	return err;
}

static void shuffle(struct drive *d, unsigned first)
{
	unsigned i;

	for (i = d->nr; i > first + 1; i--) {
		unsigned j = first + (unsigned)draw(d, i - first);
		struct l2_table t = d->table[i - 1];

		d->table[i - 1] = d->table[j];
		d->table[j] = t;
	}
}

static int churn(struct drive *d, unsigned thousandths)
{
	uint64_t left =
		((uint64_t)d->nr * thousandths + THOUSAND - 1) / THOUSAND;
	int err = 0;

	for (; left && !err; left--) {
		unsigned i = (unsigned)draw(d, d->nr);

		give(d, &d->table[i]);
		err = take(d, &d->table[i]);
		if (err)
			d->table[i] = d->table[--d->nr];
	}
	return err;
}

static void shrink(struct drive *d, unsigned nr, bool scattered)
{
	shuffle(d, scattered ? 0 : nr);
	while (d->nr > nr)
		give(d, &d->table[--d->nr]);
}

static int pin(struct drive *d, unsigned nr, unsigned k)
{
	struct l2_table t;
	unsigned i;
	int err = 0;

	while (d->nr < nr && !err) {
		err = fill(d, d->nr + 1);
		for (i = 1; i < k && d->nr < nr && !err; i++) {
			err = take(d, &t);
			if (!err)
				give(d, &t);
		}
	}
	return err;
}

static int drive_pattern(struct drive *d)
{
	const struct phase_pattern *p = &d->point->pattern;
	int err;

	if (p->kind == PHASE_PIN)
		return pin(d, d->point->tables, p->param);
	err = fill(d, phase_most_alive(d->point));
	if (err)
		return err;
	if (p->kind == PHASE_CHURN)
		return churn(d, p->param);
	shrink(d, d->point->tables, p->kind == PHASE_SHRINK);
	return 0;
}

static void note(struct drive *d, int err, struct phase_cell *ret)
{
	struct l2_usage usage;

	*ret = (struct phase_cell){ .failed = err != 0 };
	if (err)
		return;
	d->l2->ops->usage(d->l2, &usage);
	ret->held_bytes = usage.pages_held * PAGE_SIZE;
	ret->held_bytes_peak = d->pages_peak * PAGE_SIZE;
	ret->metadata_bytes = usage.metadata_bytes;
}

static int check_all_back(const struct physmem *pm, const char **why)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	*why = "pages missing after teardown";
	return usage.pages_free == usage.pages_total ? 0 : -EUCLEAN;
}

static int run_on(struct physmem *pm, const struct phase_grid *grid,
		  const struct l2_spec *spec, struct drive *d,
		  struct phase_cell *ret, const char **why)
{
	const struct l2_env env = {
		.pm = pm,
		.nr_cpus = d->point->cpus,
		.max_tables = grid->max_tables,
		.zone_gfp = GFP_DMA32,
	};
	int err = l2_create(spec, &env, &d->l2);

	if (err)
		return err;
	look(d);
	note(d, drive_pattern(d), ret);
	ret->defective = d->l2->defective;
	err = d->l2->ops->check(d->l2, why);
	while (d->nr)
		l2_free(d->l2, 0, &d->table[--d->nr]);
	l2_destroy(d->l2);
	return err || ret->defective ? err : check_all_back(pm, why);
}

/* Memory for a chunk of 32 KiB a table, which no strategy exceeds by more than
 * a pool: whole blocks of the page allocator. */
static uint64_t enough(const struct phase_point *point)
{
	uint64_t need = (uint64_t)phase_most_alive(point) * 8 * PAGE_SIZE;

	return (need / SZ_4M + 16) * SZ_4M;
}

int phase_cell_run(const struct phase_grid *grid,
		   const struct phase_point *point, const struct l2_spec *spec,
		   struct phase_cell *ret, const char **why)
{
	struct drive d = {
		.point = point,
		.table = calloc(phase_most_alive(point), sizeof(*d.table)),
		.random = seed_of(grid, point),
	};
	struct machine_profile machine = {
		.name = "phase",
		.nr_cpus = point->cpus,
		.nr_ranges = 1,
		.range = { { SZ_1G, SZ_1G + enough(point), ZONE_DMA32 } },
	};
	struct physmem *pm = NULL;
	int err = d.table ? physmem_create(&machine, &pm) : -ENOMEM;

	if (!err)
		err = run_on(pm, grid, spec, &d, ret, why);
	physmem_destroy(pm);
	free(d.table);
	return err;
}

static bool in_race(const struct l2_spec *spec, const struct phase_cell *cell)
{
	return !spec->ops->baseline && !cell->failed && !cell->defective;
}

void phase_rank(const struct l2_spec *spec, struct phase_cell *cell,
		unsigned nr)
{
	uint64_t least = UINT64_MAX;
	unsigned i, nr_least = 0;

	for (i = 0; i < nr; i++)
		if (in_race(&spec[i], &cell[i]) && cell[i].held_bytes < least)
			least = cell[i].held_bytes;
	for (i = 0; i < nr; i++)
		nr_least += in_race(&spec[i], &cell[i]) &&
			    cell[i].held_bytes == least;
	for (i = 0; i < nr; i++) {
		if (cell[i].failed)
			cell[i].rank = PHASE_FAILED;
		else if (!in_race(&spec[i], &cell[i]))
			cell[i].rank = PHASE_UNRANKED;
		else if (cell[i].held_bytes > least)
			cell[i].rank = PHASE_MORE;
		else
			cell[i].rank = nr_least > 1 ? PHASE_TIE : PHASE_LEAST;
	}
}

double phase_margin(const struct phase_cell *cell, unsigned nr)
{
	uint64_t least = 0, next = UINT64_MAX;
	unsigned i;

	for (i = 0; i < nr; i++) {
		if (cell[i].rank >= PHASE_TIE)
			least = cell[i].held_bytes;
		else if (cell[i].rank == PHASE_MORE &&
			 cell[i].held_bytes < next)
			next = cell[i].held_bytes;
	}
	return least && next != UINT64_MAX ? (double)next / (double)least : 0;
}

static int run_point(const struct phase_grid *grid,
		     const struct phase_point *point, struct phase_cell *cell,
		     const char **why)
{
	unsigned i;
	int err = 0;

	for (i = 0; i < grid->nr_specs && !err; i++) {
		if (grid->stop && *grid->stop)
			return -EINTR;
		err = phase_cell_run(grid, point, &grid->spec[i], &cell[i],
				     why);
	}
	if (!err)
		phase_rank(grid->spec, cell, grid->nr_specs);
	return err;
}

int phase_run(const struct phase_grid *grid, phase_row_fn row, void *ctx,
	      const char **why)
{
	size_t nr = (size_t)grid->nr_patterns * grid->nr_cpus * grid->nr_tables;
	struct phase_cell *cell = calloc(grid->nr_specs, sizeof(*cell));
	size_t i;
	int err = cell ? 0 : -ENOMEM;

	for (i = 0; i < nr && !err; i++) {
		const struct phase_point point = {
			.tables = grid->tables[i % grid->nr_tables],
			.cpus = grid->cpus[i / grid->nr_tables % grid->nr_cpus],
			.pattern = grid->pattern[i / grid->nr_tables /
						 grid->nr_cpus],
		};

		if (phase_most_alive(&point) > grid->max_tables)
			continue;
		err = run_point(grid, &point, cell, why);
		if (!err)
			err = row(ctx, grid, &point, cell);
	}
	free(cell);
	return err;
}
