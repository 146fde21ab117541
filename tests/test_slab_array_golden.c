// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages held by a slab_array after fixed sequences of operations, against what
 * a Linux 6.1 with CONFIG_SLAB held: golden/slab_array.csv, one row per
 * figure. There: no CONFIG_NUMA, no freelist randomisation, a cache of 1 KiB
 * objects aligned to 1 KiB with SLAB_CACHE_DMA32.
 *
 * There are 4096 slots of one object each. A pattern is a row of operations:
 *
 *	fill	 take an object for each empty slot, ascending
 *	keepK	 free each slot that K does not divide, ascending
 *	freeall	 free each slot, ascending
 *	churn	 toggle slots that a xorshift of the seed chooses
 *	shrink	 kmem_cache_shrink()
 *
 * and a figure is named after its step: "op1000" is what was held when
 * operation 1000 of a churn, counted from 0, was done.
 *
 * And each step of random operations on other sizes, as a hash, against
 * mm/slab.c itself, run as a program on the same simulated memory:
 * golden/slab_array_ops.csv.
 */
#include "array_fixture.h"

#include <stdio.h>

#define NR_SLOTS 4096u

struct row {
	char pattern[8];
	unsigned cpus;
	uint64_t seed;
	char step[16];
	uint64_t live;
	uint64_t held;
};

/* Which CPU runs an operation. */
enum cpu_rule {
	FIRST,	 /* CPU 0 */
	SECOND,	 /* CPU 1 */
	LAST,	 /* the one with the highest number */
	BY_SLOT, /* slot modulo CPUs */
	NEXT,	 /* the one after that */
	RANDOM,	 /* of a churn: by the xorshift */
	ACROSS,	 /* of a churn: takes on the first, frees on the last */
	BLOCKS,	 /* of a churn: changes each 1000 operations */
};

enum action { END, DO_FILL, DO_KEEP, DO_CHURN, DO_SHRINK };

struct step {
	enum action action;
	const char *name; /* of the figure; NULL for a churn */
	enum cpu_rule rule;
	unsigned n; /* keep: divisor, 0 for none; churn: operations */
	unsigned nr_slots;
};

#define FILL(name, rule)                         \
	{                                        \
		DO_FILL, name, rule, 0, NR_SLOTS \
	}
#define KEEP(name, rule, k)                      \
	{                                        \
		DO_KEEP, name, rule, k, NR_SLOTS \
	}
#define FREE(name, rule) KEEP(name, rule, 0)
#define CHURN(rule, nr_slots, nr_ops)                  \
	{                                              \
		DO_CHURN, NULL, rule, nr_ops, nr_slots \
	}
#define SHRINK(name)                         \
	{                                    \
		DO_SHRINK, name, FIRST, 0, 0 \
	}

static const struct pattern {
	const char *name;
	struct step step[10];
} patterns[] = {
	{ "a1",
	  { FILL("fill", FIRST), KEEP("keep4", FIRST, 4), SHRINK("shrink1"),
	    KEEP("keep32", FIRST, 32), SHRINK("shrink2"),
	    FREE("freeall", FIRST), SHRINK("shrink3") } },
	{ "a2",
	  { FILL("fill", FIRST), KEEP("keep32", FIRST, 32),
	    FREE("freeall", FIRST), SHRINK("shrink") } },
	{ "a3",
	  { CHURN(FIRST, NR_SLOTS, 200000), SHRINK("shrink1"),
	    FREE("freeall", FIRST), SHRINK("shrink2") } },
	{ "b",
	  { CHURN(FIRST, NR_SLOTS, 200000), SHRINK("shrink1"),
	    FREE("freeall", FIRST), SHRINK("shrink2") } },
	{ "c",
	  { FILL("fill0", FIRST), FREE("freeall1", SECOND),
	    FILL("fill1", SECOND), FREE("freeall0", FIRST),
	    SHRINK("shrink") } },
	{ "d",
	  { FILL("fill", BY_SLOT), KEEP("keep4", NEXT, 4),
	    KEEP("keep32", NEXT, 32), FREE("freeall", NEXT),
	    SHRINK("shrink") } },
	{ "e",
	  { CHURN(RANDOM, NR_SLOTS, 200000), FREE("freeall", FIRST),
	    SHRINK("shrink") } },
	{ "f",
	  { CHURN(ACROSS, NR_SLOTS, 200000), FREE("freeall", LAST),
	    SHRINK("shrink") } },
	{ "g",
	  { CHURN(BLOCKS, NR_SLOTS, 200000), FREE("freeall", FIRST),
	    SHRINK("shrink") } },
	{ "h",
	  { CHURN(RANDOM, 30, 20000), FREE("freeall", FIRST),
	    SHRINK("shrink") } },
};

struct run {
	struct array array;
	unsigned nr_cpus;
	const struct row *row;
	unsigned nr_rows;
	unsigned nr_done, nr_wrong; /* rows */
	void *object[NR_SLOTS];
	uint64_t nr_live;
};

static void toggle(struct run *r, unsigned slot, unsigned cpu)
{
	if (r->object[slot]) {
		give(&r->array, cpu, r->object[slot]);
		r->object[slot] = NULL;
		r->nr_live--;
	} else {
		r->object[slot] = take(&r->array, cpu);
		r->nr_live++;
	}
}

/* Compares with the next row, which must be of this step. */
static void figure(struct run *r, const char *step)
{
	const struct row *row = &r->row[r->nr_done];
	bool ok;

	array_check(&r->array);
	assert_true(r->nr_done < r->nr_rows);
	assert_string_equal(row->step, step);
	ok = row->live == r->nr_live && row->held == r->array.stats.pages;
	if (!ok)
		print_error("%s, %u CPUs, seed %#llx, %s: %llu live in %llu "
			    "pages, not %llu in %llu\n",
			    row->pattern, row->cpus,
			    (unsigned long long)row->seed, step,
			    (unsigned long long)r->nr_live,
			    (unsigned long long)r->array.stats.pages,
			    (unsigned long long)row->live,
			    (unsigned long long)row->held);
	r->nr_wrong += !ok;
	r->nr_done++;
}

static unsigned cpu_of_slot(const struct run *r, enum cpu_rule rule,
			    unsigned slot)
{
	switch (rule) {
	case SECOND:
		return 1;
	case LAST:
		return r->nr_cpus - 1;
	case BY_SLOT:
		return slot % r->nr_cpus;
	case NEXT:
		return (slot + 1) % r->nr_cpus;
	default:
		return 0;
	}
}

static void do_fill(struct run *r, const struct step *step)
{
	for (unsigned slot = 0; slot < NR_SLOTS; slot++)
		if (!r->object[slot])
			toggle(r, slot, cpu_of_slot(r, step->rule, slot));
}

static void do_keep(struct run *r, const struct step *step)
{
	for (unsigned slot = 0; slot < NR_SLOTS; slot++)
		if (r->object[slot] && (!step->n || slot % step->n))
			toggle(r, slot, cpu_of_slot(r, step->rule, slot));
}

static unsigned cpu_of_churn(const struct run *r, enum cpu_rule rule,
			     unsigned i, bool alive, uint64_t x)
{
	switch (rule) {
	case RANDOM:
		return (unsigned)((x >> 45) % r->nr_cpus);
	case ACROSS:
		return alive ? r->nr_cpus - 1 : 0;
	case BLOCKS:
		return i / 1000 % r->nr_cpus;
	default:
		return 0;
	}
}

static bool is_figure(const struct step *step, unsigned i)
{
	return (i == 100 && step->nr_slots < NR_SLOTS) || i == 1000 ||
	       i == 10000 || i == 50000 || i == 100000;
}

static void do_churn(struct run *r, const struct step *step)
{
	uint64_t x = r->row->seed;

	for (unsigned i = 0; i < step->n; i++) {
		unsigned slot = rng_below(&x, step->nr_slots);
		char name[16];

		toggle(r, slot,
		       cpu_of_churn(r, step->rule, i, r->object[slot], x));
		if (!is_figure(step, i))
			continue;
		snprintf(name, sizeof(name), "op%u", i);
		figure(r, name);
	}
	figure(r, "end");
}

static void do_step(struct run *r, const struct step *step)
{
	switch (step->action) {
	case DO_FILL:
		do_fill(r, step);
		break;
	case DO_KEEP:
		do_keep(r, step);
		break;
	case DO_CHURN:
		do_churn(r, step);
		return;
	default:
		slab_array_shrink(r->array.s);
	}
	figure(r, step->name);
}

/* Runs the pattern of some rows; how many of them came out wrong. */
static unsigned run_rows(const struct row *row, unsigned nr_rows)
{
	struct slab_array_config cfg = array_config(row->cpus);
	struct run *r = calloc(1, sizeof(*r));
	const struct pattern *p = NULL;
	unsigned nr_wrong;

	assert_non_null(r);
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (!strcmp(patterns[i].name, row->pattern))
			p = &patterns[i];
	assert_non_null(p);
	r->nr_cpus = row->cpus;
	r->row = row;
	r->nr_rows = nr_rows;
	array_open_on(&r->array, machine("x86-6g"), &cfg);
	figure(r, "open");
	for (const struct step *step = p->step; step->action != END; step++)
		do_step(r, step);
	assert_int_equal(r->nr_done, nr_rows);
	array_close(&r->array);
	nr_wrong = r->nr_wrong;
	free(r);
	return nr_wrong;
}

static bool read_row(FILE *in, struct row *row)
{
	unsigned long long live, held;
	char line[160], *rest;
	int n = 0;

	if (!fgets(line, sizeof(line), in))
		return false;
	assert_int_equal(
		sscanf(line, "%7[^,],%u,%n", row->pattern, &row->cpus, &n), 2);
	row->seed = strtoull(line + n, &rest, 0);
	assert_int_equal(
		sscanf(rest, ",%15[^,],%llu,%llu", row->step, &live, &held), 3);
	row->live = live;
	row->held = held;
	return true;
}

static FILE *open_golden(const char *name, const char *want_header)
{
	const char *dir = getenv("TEST_DATA");
	char path[4096], header[160];
	FILE *in;

	snprintf(path, sizeof(path), "%s/golden/%s", dir ? dir : ".", name);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(fgets(header, sizeof(header), in));
	assert_string_equal(header, want_header);
	return in;
}

static void test_slab_array_golden__every_row(void **state)
{
	enum { MAX_ROWS = 16 };
	struct row row[MAX_ROWS + 1];
	unsigned nr = 0, nr_rows = 0, nr_runs = 0, nr_wrong = 0;
	FILE *in = open_golden("slab_array.csv",
			       "pattern,cpus,seed,step,live,held\n");
	bool more;

	(void)state;
	do {
		more = read_row(in, &row[nr]);
		if (nr && (!more || !strcmp(row[nr].step, "open"))) {
			nr_wrong += run_rows(row, nr);
			nr_rows += nr;
			nr_runs++;
			row[0] = row[nr];
			nr = 0;
		}
		nr++;
		assert_true(nr <= MAX_ROWS);
	} while (more);
	fclose(in);
	assert_int_equal(nr_wrong, 0);
	assert_int_equal(nr_rows, 454);
	assert_int_equal(nr_runs, 59);
}

enum { OPS_SLOTS = 2000, NR_OPS = 60000, NR_OPS_ROWS = 24 };

struct ops {
	struct array array;
	struct fault_attr fault;
	void *object[OPS_SLOTS];
	uint64_t hash;
	unsigned nr_failed;
};

static void mix(struct ops *o, uint64_t value)
{
	o->hash = (o->hash ^ value) * 0x100000001b3ull;
}

static void ops_toggle(struct ops *o, unsigned slot, unsigned cpu)
{
	unsigned slab_size = PAGE_SIZE << o->array.stats.geometry.order;

	if (o->object[slot]) {
		give(&o->array, cpu, o->object[slot]);
		o->object[slot] = NULL;
	} else if (slab_array_alloc(o->array.s, cpu, GFP_ATOMIC,
				    &o->object[slot])) {
		o->nr_failed++;
		mix(o, ~0ull);
	} else {
		mix(o, physmem_paddr(o->array.pm, o->object[slot]) % slab_size);
	}
}

/* Of each 5000 operations, 200 find no page from the third request on, or
 * not on the third. */
static void ops_fault(struct ops *o, unsigned i)
{
	if (i % 5000 == 1000) {
		o->fault = (struct fault_attr){ .nth = 3,
						.persistent = i / 5000 % 2 };
		physmem_set_fault(o->array.pm, &o->fault);
	} else if (i % 5000 == 1200) {
		physmem_set_fault(o->array.pm, NULL);
	}
}

static void run_ops(struct ops *o, const struct slab_array_config *cfg,
		    uint64_t seed)
{
	array_open_on(&o->array, small_machine(), cfg);
	for (unsigned i = 0; i < NR_OPS; i++) {
		unsigned range = i / 10000 % 2 ? OPS_SLOTS / 8 : OPS_SLOTS;
		unsigned slot = rng_below(&seed, i % 3 ? range : OPS_SLOTS);
		unsigned cpu = rng_below(&seed, cfg->nr_cpus);

		ops_fault(o, i);
		if (o->object[slot] || slot < range)
			ops_toggle(o, slot, cpu);
		if (i % 25000 == 24999)
			slab_array_shrink(o->array.s);
		slab_array_stats(o->array.s, &o->array.stats);
		mix(o, o->array.stats.slabs);
		mix(o, o->array.stats.free_slabs);
		mix(o, o->array.stats.free_objects);
		mix(o, o->array.stats.shared_avail);
	}
	array_close(&o->array);
}

static void test_slab_array_golden__every_operation(void **state)
{
	FILE *in = open_golden(
		"slab_array_ops.csv",
		"size,align,cpus,init_on_free,seed,failed,slabs,hash\n");
	unsigned nr_rows = 0, init_on_free, seed, failed, slabs;
	struct slab_array_config cfg = { .allocflags = GFP_DMA32 };
	unsigned long long hash;

	(void)state;
	while (fscanf(in, "%u,%u,%u,%u,%u,%u,%u,%llx\n", &cfg.size, &cfg.align,
		      &cfg.nr_cpus, &init_on_free, &seed, &failed, &slabs,
		      &hash) == 8) {
		struct ops *o = calloc(1, sizeof(*o));

		assert_non_null(o);
		cfg.init_on_free = init_on_free;
		run_ops(o, &cfg, seed);
		assert_int_equal(o->nr_failed, failed);
		assert_int_equal(o->array.stats.slabs, slabs);
		assert_int_equal(o->hash, hash);
		free(o);
		nr_rows++;
	}
	assert_true(feof(in));
	fclose(in);
	assert_int_equal(nr_rows, NR_OPS_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab_array_golden__every_row),
		cmocka_unit_test(test_slab_array_golden__every_operation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
