// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a real Linux 6.1 held after more patterns than test_memory_golden.c
 * has: other seeds, calls from several CPUs, page allocations that fail, a
 * debug cache, the array-cache SLAB. golden/memory_more.csv has tables alive
 * and pages held, golden/slab_state.csv the counts of /sys/kernel/slab; a row
 * for each sample that a pattern takes, and every row must come out.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "kmem_cache.h"
#include "l2_strategy.h"
#include "slab_array.h"
#include "track.h"

#define NR_SLOTS 4096u
#define MAX_VALUES 4
#define MAX_ROWS 4000

struct target {
	const struct via *via;
	struct physmem *pm;
	uint64_t pages_free; /* before anything was taken */
	unsigned nr_cpus;
	struct fault_attr fault;
	struct kmem_cache *cache; /* or, */
	struct slab_array *array; /* or, */
	struct l2_strategy *l2;
	struct l2_table table[NR_SLOTS];
	bool live[NR_SLOTS];
	uint64_t nr_live;
};

/* An allocator of the files: a strategy, which cannot shrink and so stops where
 * the file has that, or a bare cache, which can. */
struct via {
	const char *name;
	const char *spec; /* or NULL for a bare cache */
	bool array;	  /* a slab_array, else a kmem_cache */
	unsigned debug;	  /* of a kmem_cache */
	bool faults;	  /* page allocations above order 0 fail */
};

static const struct via vias[] = {
	{ .name = "slab" },
	{ .name = "slab", .spec = "slab_dma32" },
	{ .name = "slab_fallback", .faults = true },
	{ .name = "slab_fallback", .spec = "slab_dma32", .faults = true },
	{ .name = "slab_debug", .debug = SLAB_DEBUG_FLAGS },
	{ .name = "slab_debug", .spec = "slab_dma32:debug=FZPU" },
	{ .name = "slab_array", .array = true },
	{ .name = "slab_array", .spec = "slab_dma32:impl=slab" },
	{ .name = "gen_pool", .spec = "genalloc" },
	{ .name = "page_frag", .spec = "page_frag" },
	{ .name = "page_frag_fallback", .spec = "page_frag", .faults = true },
};

static bool is_bare_slub(const struct via *via)
{
	return !via->spec && !via->array;
}

/* The guest's; a small one where AddressSanitizer would write the shadow of
 * 9 GiB for each of the runs. */
static struct physmem *guest_machine(void)
{
#ifdef TRACK_ASAN
	return small_machine();
#else
	return machine("x86-6g");
#endif
}

static void set_faults(struct target *t, bool on)
{
	t->fault.nth = on;
	t->fault.persistent = true;
}

static int open_cache(struct target *t, uint64_t random)
{
	struct kmem_cache_config cfg = {
		.size = L2_TABLE_SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = t->nr_cpus,
		.order = KMEM_CACHE_ORDER_AUTO,
		.debug = t->via->debug,
		.random = random,
	};
	struct slab_array_config array_cfg = {
		.size = L2_TABLE_SIZE,
		.align = L2_TABLE_SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = t->nr_cpus,
	};

	return t->via->array ? slab_array_create(t->pm, &array_cfg, &t->array)
			     : kmem_cache_create(t->pm, &cfg, &t->cache);
}

static void target_open(struct target *t, const struct via *via,
			unsigned nr_cpus, uint64_t random)
{
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
	t->pm = env.pm = guest_machine();
	t->pages_free = pages_free(t->pm);
	t->fault.min_order = 1;
	set_faults(t, via->faults);
	physmem_set_fault(t->pm, &t->fault);
	if (!via->spec) {
		assert_int_equal(open_cache(t, random), 0);
		return;
	}
	assert_int_equal(l2_spec_parse(via->spec, &spec, why, sizeof(why)), 0);
	assert_int_equal(l2_create(&spec, &env, &t->l2), 0);
}

static void target_close(struct target *t)
{
	kmem_cache_destroy(t->cache);
	slab_array_destroy(t->array);
	l2_destroy(t->l2);
	assert_int_equal(pages_free(t->pm), t->pages_free);
	assert_pm_sound(t->pm);
	physmem_destroy(t->pm);
}

static void assert_sound(const struct target *t)
{
	const char *why = "";

	if (t->l2      ? t->l2->ops->check(t->l2, &why)
	    : t->array ? slab_array_check(t->array, &why)
		       : kmem_cache_check(t->cache, &why))
		fail_msg("%s", why);
}

static int target_alloc(struct target *t, unsigned cpu, struct l2_table *ret)
{
	if (t->l2)
		return t->l2->ops->alloc(t->l2, cpu, GFP_ATOMIC, ret);
	if (t->array)
		return slab_array_alloc(t->array, cpu, GFP_ATOMIC, &ret->va);
	return kmem_cache_alloc(t->cache, cpu, GFP_ATOMIC, &ret->va);
}

static void target_free(struct target *t, unsigned cpu, struct l2_table *table)
{
	if (t->l2)
		l2_free(t->l2, cpu, table);
	else if (t->array)
		slab_array_free(t->array, cpu, table->va);
	else
		kmem_cache_free(t->cache, cpu, table->va);
}

static void toggle(struct target *t, unsigned slot, unsigned cpu)
{
	struct l2_table *table = &t->table[slot];

	t->live[slot] = !t->live[slot];
	t->nr_live += t->live[slot] ? 1 : -1;
	if (t->live[slot])
		assert_int_equal(target_alloc(t, cpu, table), 0);
	else
		target_free(t, cpu, table);
}

/* Which CPU runs a call. */
enum who {
	FIRST,
	SECOND,
	LAST,
	SLOT,	/* by slot */
	NEXT,	/* the one after that */
	RANDOM, /* by other bits of the random number */
	PAIR,	/* the first allocates, the last frees */
	BLOCKS, /* another one after each 1000 calls */
	FAULTS	/* the first; faults off and on, changed after each 10000 */
};

static const char *const who_names[] = {
	[FIRST] = "0",	 [SECOND] = "1",      [LAST] = "last",
	[SLOT] = "slot", [NEXT] = "next",     [RANDOM] = "random",
	[PAIR] = "pair", [BLOCKS] = "blocks", [FAULTS] = "faults",
};

/*
 * Steps with blanks between, each STEP[@WHO][:SAMPLE]; WHO is 0 if not said,
 * and the sample taken after it is called as the step is.
 *
 *	fill	 every empty slot, ascending
 *	half	 of them, the lower
 *	keepN	 every slot that N does not divide is emptied, ascending
 *	freeall	 all
 *	churnN	 N times: toggle a slot that a 64-bit xorshift, begun with the
 *		 seed, chooses; it takes its own samples. For 20000 there are
 *		 30 slots.
 *	shrink	 kmem_cache_shrink(); no step for others
 *	faults1, faults0  page allocations above order 0 fail, or not; no sample
 */
static const struct pattern {
	const char *name;
	const char *steps;
} patterns[] = {
	{ "a1",
	  "fill keep4 shrink:shrink1 keep32 shrink:shrink2 freeall shrink:shrink3" },
	{ "a2", "fill keep32 freeall shrink" },
	{ "a3", "churn200000 shrink:shrink1 freeall shrink:shrink2" },
	{ "b", "churn200000 shrink:shrink1 freeall shrink:shrink2" },
	{ "c",
	  "fill:fill0 freeall@1:freeall1 fill@1:fill1 freeall:freeall0 shrink" },
	{ "d", "fill@slot keep4@next keep32@next freeall@next shrink" },
	{ "e", "churn200000@random freeall shrink" },
	{ "f", "churn200000@pair freeall@last shrink" },
	{ "g", "churn200000@blocks freeall shrink" },
	{ "h", "churn20000@random freeall shrink" },
	{ "m1",
	  "faults0 half faults1 fill keep4 keep32 shrink:shrink1 freeall shrink:shrink2" },
	{ "m2",
	  "faults0 half faults1 fill keep4 fill:refill1 faults0 keep32 fill:refill2 faults1 keep32:keep32b fill:refill3 faults0 freeall shrink" },
	{ "m3",
	  "churn200000@faults faults0 shrink:shrink1 freeall shrink:shrink2" },
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
	unsigned nr_rows; /* to be compared in all replays */
	bool of_cache;	  /* what a kmem_cache only can tell */
	void (*get)(const struct target *t, uint64_t *ret);
};

struct replay {
	const struct file *file;
	struct target target;
	uint64_t seed;
	const struct row *row; /* the next sample's */
	bool stopped;	       /* at a step that there is not */
	unsigned nr_rows, nr_wrong;
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
	r->nr_rows++;
}

static unsigned cpu_of(const struct target *t, enum who who, unsigned slot)
{
	return who == SLOT   ? slot % t->nr_cpus
	       : who == NEXT ? (slot + 1) % t->nr_cpus
	       : who == LAST ? t->nr_cpus - 1
			     : who == SECOND;
}

/* For the i-th call of a churn. */
static unsigned churn_cpu(const struct target *t, enum who who, unsigned i,
			  uint64_t x, bool frees)
{
	return who == RANDOM	      ? (unsigned)(x >> 45) % t->nr_cpus
	       : who == BLOCKS	      ? i / 1000 % t->nr_cpus
	       : who == PAIR && frees ? t->nr_cpus - 1
				      : 0;
}

static void churn(struct replay *r, unsigned nr_ops, enum who who)
{
	struct target *t = &r->target;
	bool small = nr_ops == 20000;
	uint64_t x = r->seed;

	for (unsigned i = 0; i < nr_ops; i++) {
		unsigned slot = rng_below(&x, small ? 30 : NR_SLOTS);
		char name[16];

		if (who == FAULTS && i % 10000 == 0)
			set_faults(t, i / 10000 % 2);
		toggle(t, slot, churn_cpu(t, who, i, x, t->live[slot]));
		if ((i == 100 && small) || i == 1000 || i == 10000 ||
		    i == 50000 || i == 100000) {
			snprintf(name, sizeof(name), "op%u", i);
			sample(r, name);
		}
	}
	sample(r, "end");
}

static void fill(struct target *t, unsigned end, enum who who)
{
	for (unsigned slot = 0; slot < end; slot++)
		if (!t->live[slot])
			toggle(t, slot, cpu_of(t, who, slot));
}

static void keep(struct target *t, unsigned k, enum who who)
{
	for (unsigned slot = 0; slot < NR_SLOTS; slot++)
		if (t->live[slot] && (!k || slot % k))
			toggle(t, slot, cpu_of(t, who, slot));
}

static enum who find_who(const char *name)
{
	for (unsigned i = 0; i < ARRAY_SIZE(who_names); i++)
		if (!strcmp(who_names[i], name))
			return i;
	fail_msg("unknown CPU '%s'", name);
	return FIRST;
}

static void run_step(struct replay *r, char *step)
{
	char *name = strchr(step, ':'), *at = strchr(step, '@');
	struct target *t = &r->target;
	enum who who = FIRST;
	unsigned n;

	if (name)
		*name++ = '\0';
	if (at) {
		*at++ = '\0';
		who = find_who(at);
	}
	if (sscanf(step, "churn%u", &n) == 1) {
		churn(r, n, who);
		return;
	}
	if (sscanf(step, "faults%u", &n) == 1) {
		set_faults(t, n);
		return;
	}
	if (t->l2 && !strcmp(step, "shrink")) {
		r->stopped = !strcmp(r->row->step, name ? name : step);
		return;
	}
	if (!strcmp(step, "fill"))
		fill(t, NR_SLOTS, who);
	else if (!strcmp(step, "half"))
		fill(t, NR_SLOTS / 2, who);
	else if (!strcmp(step, "freeall"))
		keep(t, 0, who);
	else if (sscanf(step, "keep%u", &n) == 1)
		keep(t, n, who);
	else if (strcmp(step, "shrink"))
		fail_msg("unknown step '%s'", step);
	else if (t->array)
		slab_array_shrink(t->array);
	else
		kmem_cache_shrink(t->cache);
	sample(r, name ? name : step);
}

static const struct pattern *find_pattern(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++)
		if (!strcmp(patterns[i].name, name))
			return &patterns[i];
	fail_msg("unknown pattern %s", name);
	return NULL;
}

/* Replays the pattern whose rows are from row to end. */
static void replay(struct replay *r, const struct via *via,
		   const struct row *row, const struct row *end,
		   uint64_t random)
{
	char key[sizeof(row->key)], steps[200], *rest = key, *step;
	const struct pattern *pattern;
	unsigned nr_cpus;

	strcpy(key, row->key);
	strsep(&rest, ",");
	nr_cpus = (unsigned)atoi(strsep(&rest, ","));
	pattern = find_pattern(strsep(&rest, ","));
	r->row = row;
	r->stopped = false;
	r->seed = strtoull(rest, NULL, 16);
	assert_int_equal(!r->seed, !strstr(pattern->steps, "churn"));
	target_open(&r->target, via, nr_cpus, random);
	sample(r, "open");
	strcpy(steps, pattern->steps);
	for (rest = steps; !r->stopped && (step = strsep(&rest, " "));)
		run_step(r, step);
	target_close(&r->target);
	assert_true(r->stopped || r->row == end);
}

/* Via everything that has the name of the rows' allocator. */
static void replay_all(struct replay *r, const struct row *row,
		       const struct row *end, uint64_t random)
{
	size_t len = strcspn(row->key, ",");
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(vias); i++) {
		const struct via *via = &vias[i];

		if (strlen(via->name) != len ||
		    memcmp(via->name, row->key, len))
			continue;
		known = true;
		if (is_bare_slub(via) || (!random && !r->file->of_cache))
			replay(r, via, row, end, random);
	}
	assert_true(known);
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

/* With objects of SLUB's new slabs in ascending order and shuffled, as in the
 * guests of Debian: it must not show. */
static void every_row(const struct file *file)
{
	static struct replay r;
	static struct row rows[MAX_ROWS + 1];
	const char *dir = getenv("TEST_DATA");
	unsigned nr_rows = 0;
	char path[4096], header[160];
	const struct row *row, *end;
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
	r.file = file;
	r.nr_rows = 0;
	for (uint64_t random = 0; random < 2; random++)
		for (row = rows; row < rows + nr_rows; row = end) {
			end = row + 1;
			while (*end->step && strcmp(end->step, "open"))
				end++;
			replay_all(&r, row, end, random);
		}
	assert_int_equal(r.nr_wrong, 0);
	assert_int_equal(r.nr_rows, file->nr_rows);
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
		.nr_rows = 4731,
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
		.nr_rows = 2092,
		.of_cache = true,
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
