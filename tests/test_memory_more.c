// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a real Linux 6.1 held after more patterns than test_memory_golden.c
 * has: other seeds, calls from several CPUs, page allocations that fail, a
 * debug cache. golden/memory_more.csv has tables alive and pages held,
 * golden/slab_state.csv the counts of /sys/kernel/slab; a row for each sample
 * that a pattern takes, and every row must come out.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "kmem_cache.h"
#include "l2_strategy.h"

#define NR_SLOTS 4096u
#define NR_CHURN 200000u
#define MAX_VALUES 4
#define MAX_ROWS 4000

struct target {
	const struct via *via;
	struct physmem *pm;
	uint64_t pages_free; /* before anything was taken */
	unsigned nr_cpus;
	struct fault_attr fault;
	struct kmem_cache *cache;
	struct l2_strategy *l2;
	struct l2_table table[NR_SLOTS];
	bool live[NR_SLOTS];
	uint64_t nr_live;
};

/* An allocator of the files. */
struct via {
	const char *name;
	const char *spec; /* of a strategy; or NULL for a bare cache, */
	unsigned debug;	  /* which can shrink */
};

static const struct via vias[] = {
	{ "slab", NULL, 0 },
	{ "slab_fallback", NULL, 0 },
	{ "slab_debug", NULL, SLAB_DEBUG_FLAGS },
	{ "gen_pool", "genalloc", 0 },
	{ "page_frag", "page_frag", 0 },
	{ "page_frag_fallback", "page_frag", 0 },
};

static void target_open(struct target *t, const struct via *via,
			unsigned nr_cpus)
{
	struct kmem_cache_config cfg = {
		.size = L2_TABLE_SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = nr_cpus,
		.order = KMEM_CACHE_ORDER_AUTO,
		.debug = via->debug,
		.random = 4,
	};
	struct l2_env env = {
		.nr_cpus = nr_cpus,
		.max_tables = NR_SLOTS,
		.zone_gfp = GFP_DMA32,
	};
	struct l2_spec spec;
	char why[128];

	memset(t, 0, sizeof(*t));
	t->via = via;
	t->nr_cpus = nr_cpus;
	t->pm = env.pm = small_machine();
	t->pages_free = pages_free(t->pm);
	t->fault.min_order = 1;
	physmem_set_fault(t->pm, &t->fault);
	if (!via->spec) {
		assert_int_equal(kmem_cache_create(t->pm, &cfg, &t->cache), 0);
		return;
	}
	assert_int_equal(l2_spec_parse(via->spec, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &env, &t->l2), 0);
}

static void target_close(struct target *t)
{
	kmem_cache_destroy(t->cache);
	l2_destroy(t->l2);
	assert_int_equal(pages_free(t->pm), t->pages_free);
	assert_pm_sound(t->pm);
	physmem_destroy(t->pm);
}

static void assert_sound(const struct target *t)
{
	const char *why = "";

	if (t->l2 ? t->l2->ops->check(t->l2, &why)
		  : kmem_cache_check(t->cache, &why))
		fail_msg("%s", why);
}

static void toggle(struct target *t, unsigned slot, unsigned cpu)
{
	struct l2_table *table = &t->table[slot];

	t->live[slot] = !t->live[slot];
	t->nr_live += t->live[slot] ? 1 : -1;
	if (t->l2 && t->live[slot])
		assert_int_equal(
			t->l2->ops->alloc(t->l2, cpu, GFP_ATOMIC, table), 0);
	else if (t->l2)
		l2_free(t->l2, cpu, table);
	else if (t->live[slot])
		assert_int_equal(kmem_cache_alloc(t->cache, cpu, GFP_ATOMIC,
						  &table->va),
				 0);
	else
		kmem_cache_free(t->cache, cpu, table->va);
}

enum what {
	END,
	FILL,	/* every empty slot below n, ascending */
	KEEP,	/* every slot that n does not divide is emptied, or all */
	CHURN,	/* a slot below n that a random number chooses is toggled */
	SHRINK, /* kmem_cache_shrink(); no step for others */
	FAULT	/* n: page allocations above order 0 fail from now on */
};

/* Which CPU runs a call. */
enum who {
	CPU0,
	CPU1,
	LAST,
	SLOT,	/* by slot */
	NEXT,	/* the one after that */
	RANDOM, /* by other bits of the random number */
	PAIR,	/* the first allocates, the last frees */
	BLOCKS	/* another one after each 1000 calls */
};

struct step {
	enum what what;
	unsigned n;
	enum who who;
	const char *sample; /* taken afterwards; NULL: none, CHURN: its own */
};

#define ALL NR_SLOTS
#define CHURN_THEN(n, who, freer)                                       \
	{                                                               \
		{ CHURN, n, who, NULL }, { KEEP, 0, freer, "freeall" }, \
		{                                                       \
			SHRINK, 0, CPU0, "shrink"                       \
		}                                                       \
	}
#define CHURN_SHRINK                                                        \
	{                                                                   \
		{ CHURN, ALL, CPU0, NULL }, { SHRINK, 0, CPU0, "shrink1" }, \
			{ KEEP, 0, CPU0, "freeall" },                       \
		{                                                           \
			SHRINK, 0, CPU0, "shrink2"                          \
		}                                                           \
	}

static const struct pattern {
	const char *name;
	unsigned nr_ops; /* of CHURN */
	struct step step[12];
} patterns[] = {
	{ "a1",
	  0,
	  { { FILL, ALL, CPU0, "fill" },
	    { KEEP, 4, CPU0, "keep4" },
	    { SHRINK, 0, CPU0, "shrink1" },
	    { KEEP, 32, CPU0, "keep32" },
	    { SHRINK, 0, CPU0, "shrink2" },
	    { KEEP, 0, CPU0, "freeall" },
	    { SHRINK, 0, CPU0, "shrink3" } } },
	{ "a2",
	  0,
	  { { FILL, ALL, CPU0, "fill" },
	    { KEEP, 32, CPU0, "keep32" },
	    { KEEP, 0, CPU0, "freeall" },
	    { SHRINK, 0, CPU0, "shrink" } } },
	{ "a3", NR_CHURN, CHURN_SHRINK },
	{ "b", NR_CHURN, CHURN_SHRINK },
	{ "c",
	  0,
	  { { FILL, ALL, CPU0, "fill0" },
	    { KEEP, 0, CPU1, "freeall1" },
	    { FILL, ALL, CPU1, "fill1" },
	    { KEEP, 0, CPU0, "freeall0" },
	    { SHRINK, 0, CPU0, "shrink" } } },
	{ "d",
	  0,
	  { { FILL, ALL, SLOT, "fill" },
	    { KEEP, 4, NEXT, "keep4" },
	    { KEEP, 32, NEXT, "keep32" },
	    { KEEP, 0, NEXT, "freeall" },
	    { SHRINK, 0, CPU0, "shrink" } } },
	{ "e", NR_CHURN, CHURN_THEN(ALL, RANDOM, CPU0) },
	{ "f", NR_CHURN, CHURN_THEN(ALL, PAIR, LAST) },
	{ "g", NR_CHURN, CHURN_THEN(ALL, BLOCKS, CPU0) },
	{ "h", 20000, CHURN_THEN(30, RANDOM, CPU0) },
	{ "m",
	  0,
	  { { FILL, ALL / 2, CPU0, "half" },
	    { FAULT, 1, CPU0, NULL },
	    { FILL, ALL, CPU0, "fill" },
	    { KEEP, 4, CPU0, "keep4" },
	    { KEEP, 32, CPU0, "keep32" },
	    { SHRINK, 0, CPU0, "shrink1" },
	    { KEEP, 0, CPU0, "freeall" },
	    { SHRINK, 0, CPU0, "shrink2" } } },
	{ "mc",
	  0,
	  { { FILL, ALL / 2, CPU0, "half" },
	    { FAULT, 1, CPU0, NULL },
	    { FILL, ALL, CPU0, NULL },
	    { KEEP, 4, CPU0, "keep4" },
	    { FILL, ALL, CPU0, "refill" },
	    { FAULT, 0, CPU0, NULL },
	    { KEEP, 2, CPU0, "keep2" },
	    { FILL, ALL, CPU0, "refill2" },
	    { KEEP, 0, CPU0, "freeall" },
	    { SHRINK, 0, CPU0, "shrink" } } },
};

struct row {
	char key[96]; /* allocator,cpus,pattern,seed */
	char step[16];
	uint64_t value[MAX_VALUES];
};

/* A file, and how its figures come from a target. */
struct file {
	const char *path;
	const char *header;
	unsigned nr_values;
	unsigned min_rows;
	void (*get)(const struct target *t, uint64_t *ret);
};

struct replay {
	const struct file *file;
	struct target target;
	const struct row *row; /* the next sample's */
	unsigned nr_wrong;
};

static void sample(struct replay *r, const char *step)
{
	uint64_t got[MAX_VALUES] = { 0 };

	assert_string_equal(r->row->step, step);
	assert_sound(&r->target);
	r->file->get(&r->target, got);
	if (memcmp(got, r->row->value, sizeof(got))) {
		r->nr_wrong++;
		for (unsigned i = 0; i < r->file->nr_values; i++)
			print_error("%s,%s: %llu, not %llu\n", r->row->key,
				    step, (unsigned long long)got[i],
				    (unsigned long long)r->row->value[i]);
	}
	r->row++;
}

static unsigned cpu_of(const struct target *t, enum who who, unsigned slot)
{
	return who == SLOT   ? slot % t->nr_cpus
	       : who == NEXT ? (slot + 1) % t->nr_cpus
	       : who == LAST ? t->nr_cpus - 1
			     : who == CPU1;
}

static void churn(struct replay *r, const struct step *step, uint64_t x,
		  unsigned nr_ops)
{
	struct target *t = &r->target;

	for (unsigned i = 0; i < nr_ops; i++) {
		unsigned slot = rng_below(&x, step->n);
		unsigned cpu =
			step->who == RANDOM   ? (unsigned)(x >> 45) % t->nr_cpus
			: step->who == BLOCKS ? i / 1000 % t->nr_cpus
			: step->who == PAIR && t->live[slot] ? t->nr_cpus - 1
							     : 0;
		char name[16];

		toggle(t, slot, cpu);
		if ((i == 100 && step->n < NR_SLOTS) || i == 1000 ||
		    i == 10000 || i == 50000 || i == 100000) {
			snprintf(name, sizeof(name), "op%u", i);
			sample(r, name);
		}
	}
	sample(r, "end");
}

static void set_all(struct target *t, const struct step *step, bool live)
{
	unsigned end = live ? step->n : NR_SLOTS;

	for (unsigned slot = 0; slot < end; slot++)
		if (t->live[slot] != live &&
		    (live || !step->n || slot % step->n))
			toggle(t, slot, cpu_of(t, step->who, slot));
}

static void run_step(struct replay *r, const struct step *step, uint64_t seed,
		     unsigned nr_ops)
{
	struct target *t = &r->target;

	switch (step->what) {
	case CHURN:
		churn(r, step, seed, nr_ops);
		return;
	case SHRINK:
		if (!t->cache)
			return;
		kmem_cache_shrink(t->cache);
		break;
	case FAULT:
		t->fault.nth = step->n;
		t->fault.persistent = true;
		break;
	default:
		set_all(t, step, step->what == FILL);
	}
	if (step->sample)
		sample(r, step->sample);
}

static const struct via *find_via(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(vias); i++)
		if (!strcmp(vias[i].name, name))
			return &vias[i];
	return NULL;
}

static const struct pattern *find_pattern(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (!strcmp(patterns[i].name, name))
			return &patterns[i];
	fail_msg("unknown pattern %s", name);
	return NULL;
}

/* Replays the pattern that starts at row; the row after its last. */
static const struct row *replay(const struct file *file, const struct row *row,
				unsigned *nr_wrong)
{
	static struct replay r;
	char key[sizeof(row->key)], *rest = key;
	const struct pattern *pattern;
	const struct step *step;
	const struct via *via;
	unsigned nr_cpus;
	uint64_t seed;

	strcpy(key, row->key);
	via = find_via(strsep(&rest, ","));
	nr_cpus = (unsigned)atoi(strsep(&rest, ","));
	pattern = find_pattern(strsep(&rest, ","));
	seed = strtoull(rest, NULL, 16);
	if (!via) /* not ours */
		return row + 1;
	assert_int_equal(seed != 0, pattern->nr_ops != 0);
	r = (struct replay){ .file = file, .row = row };
	target_open(&r.target, via, nr_cpus);
	sample(&r, "open");
	for (step = pattern->step; step->what != END; step++)
		run_step(&r, step, seed, pattern->nr_ops);
	*nr_wrong += r.nr_wrong;
	target_close(&r.target);
	return r.row;
}

static bool read_row(FILE *in, unsigned nr_values, struct row *ret)
{
	char line[200], *rest = line, *comma = line;

	memset(ret, 0, sizeof(*ret));
	if (!fgets(line, sizeof(line), in))
		return false;
	for (unsigned i = 0; i < 4; i++) {
		comma = strchr(i ? comma + 1 : line, ',');
		assert_non_null(comma);
	}
	*comma = '\0';
	strcpy(ret->key, line);
	rest = comma + 1;
	strcpy(ret->step, strsep(&rest, ","));
	for (unsigned i = 0; i < nr_values; i++) {
		assert_non_null(rest);
		ret->value[i] = strtoull(strsep(&rest, ","), NULL, 10);
	}
	assert_null(rest);
	return true;
}

static void every_row(const struct file *file)
{
	static struct row rows[MAX_ROWS + 1];
	const char *dir = getenv("TEST_DATA");
	unsigned nr_rows = 0, nr_wrong = 0;
	char path[4096], header[160];
	const struct row *row;
	FILE *in;

	snprintf(path, sizeof(path), "%s/golden/%s", dir ? dir : ".",
		 file->path);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_non_null(fgets(header, sizeof(header), in));
	assert_string_equal(header, file->header);
	while (read_row(in, file->nr_values, &rows[nr_rows]))
		assert_true(++nr_rows < MAX_ROWS);
	fclose(in);
	assert_true(nr_rows >= file->min_rows);
	for (row = rows; row < rows + nr_rows;)
		row = replay(file, row, &nr_wrong);
	assert_int_equal(nr_wrong, 0);
}

static void get_memory(const struct target *t, uint64_t *ret)
{
	ret[0] = t->nr_live;
	ret[1] = t->pages_free - pages_free(t->pm);
}

static void get_slab_state(const struct target *t, uint64_t *ret)
{
	struct kmem_cache_stats stats;
	struct kmem_cache_counts counts;

	kmem_cache_stats(t->cache, &stats);
	kmem_cache_counts(t->cache, &counts);
	ret[0] = stats.slabs;
	ret[1] = stats.total_objects;
	ret[2] = stats.partial;
	ret[3] = counts.cpu_slabs;
}

static void test_memory_more__memory(void **state)
{
	static const struct file file = {
		.path = "memory_more.csv",
		.header = "allocator,cpus,pattern,seed,step,live,held\n",
		.nr_values = 2,
		.min_rows = 1196,
		.get = get_memory,
	};

	(void)state;
	every_row(&file);
}

static void test_memory_more__slab_state(void **state)
{
	static const struct file file = {
		.path = "slab_state.csv",
		.header =
			"allocator,cpus,pattern,seed,step,slabs,total_objects,partial,cpu_slabs\n",
		.nr_values = 4,
		.min_rows = 400,
		.get = get_slab_state,
	};

	(void)state;
	every_row(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_more__memory),
		cmocka_unit_test(test_memory_more__slab_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
