// SPDX-License-Identifier: GPL-2.0-only
/*
 * slab_array over long random sequences, where no two objects may overlap and
 * check() must pass; with every page and host allocation failing in turn; on
 * structures broken by hand, where check() must say how; and what ends the
 * program.
 */
#include "array_fixture.h"

#include "inject.h"
#include "slab_array_internal.h"

enum { NUM = 4 };

static void random_ops(const struct slab_array_config *cfg, unsigned nr_ops)
{
	enum { NR_LIVE = 1500 };
	static struct {
		void *object;
		uint32_t id;
		unsigned cpu;
	} live[NR_LIVE];
	uint64_t seed = cfg->size + cfg->nr_cpus, nr_remote = 0;
	struct oracle oracle;
	struct array a;

	memset(live, 0, sizeof(live));
	array_open_on(&a, small_machine(), cfg);
	oracle_init(&oracle, a.pm, 6);
	for (uint32_t i = 1; i <= nr_ops; i++) {
		/* Sweeps between nearly empty and full, so that slabs go. */
		unsigned range = i / 30000 % 2 ? NR_LIVE / 8 : NR_LIVE;
		unsigned n = rng_below(&seed, i % 3 ? range : NR_LIVE);
		unsigned cpu = rng_below(&seed, cfg->nr_cpus);

		if (live[n].object) {
			oracle_drop(&oracle, live[n].object, cfg->size,
				    live[n].id);
			nr_remote += cpu != live[n].cpu;
			give(&a, cpu, live[n].object);
			live[n].object = NULL;
		} else if (n < range) {
			live[n].object = take(&a, cpu);
			live[n].id = i;
			live[n].cpu = cpu;
			oracle_take(&oracle, live[n].object, cfg->size, i);
			assert_int_equal(physmem_paddr(a.pm, live[n].object) %
						 cfg->align,
					 0);
		}
		if (i % 1024 == 0)
			array_check(&a);
		if (i % 70000 == 0)
			slab_array_shrink(a.s);
	}
	array_check(&a);
	assert_int_equal(a.stats.objects, oracle.nr_live);
	assert_true(nr_remote > nr_ops / 8 || cfg->nr_cpus == 1);
	assert_true(a.stats.grown > a.stats.slabs ||
		    a.stats.geometry.num > NUM);
	for (unsigned n = 0; n < NR_LIVE; n++)
		if (live[n].object)
			give(&a, 0, live[n].object);
	slab_array_shrink(a.s);
	array_check(&a);
	assert_int_equal(a.stats.pages, 0);
	oracle_fini(&oracle);
	array_close(&a);
}

static void test_slab_array_check__random(void **state)
{
	static const struct {
		struct slab_array_config cfg;
		unsigned nr_ops;
	} table[] = {
		{ { .size = 1024, .align = 1024, .nr_cpus = 4 }, 400000 },
		{ { .size = 1024, .align = 1024, .nr_cpus = 1 }, 100000 },
		{ { .size = 1024, .align = 1024, .nr_cpus = 16 }, 100000 },
		{ { .size = 1024,
		    .align = 1024,
		    .nr_cpus = 4,
		    .link = 512,
		    .init_on_free = true },
		  100000 },
		{ { .size = 64, .align = 64, .nr_cpus = 2 }, 100000 },
		{ { .size = 960, .align = 64, .nr_cpus = 2 }, 100000 },
		{ { .size = 960,
		    .align = 64,
		    .nr_cpus = 2,
		    .init_on_free = true },
		  100000 },
		{ { .size = 4096, .align = 4096, .nr_cpus = 3 }, 100000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		random_ops(&table[i].cfg, table[i].nr_ops);
}

/* Takes and frees on two CPUs, to meet every way to need pages. */
enum { SWEEP_OPS = 600, SWEEP_SLOTS = 300 };

struct sweep {
	struct array a;
	struct fault_attr fault;
	char *object[SWEEP_SLOTS];
	unsigned nr_failed;
};

/* A take that may fail, and then leaves no trace; true if it did not. */
static bool try_take(struct sweep *s, unsigned cpu, char **object)
{
	uint64_t fired = s->fault.fired;
	struct slab_array_stats before = s->a.stats;
	void *got = s;
	int err = slab_array_alloc(s->a.s, cpu, GFP_ATOMIC, &got);

	array_check(&s->a);
	if (!err) {
		assert_int_equal(s->fault.fired, fired);
		*object = got;
		return true;
	}
	assert_int_equal(err, -ENOMEM);
	assert_int_equal(s->fault.fired, fired + 1);
	assert_ptr_equal(got, s);
	assert_int_equal(s->a.stats.objects, before.objects);
	assert_int_equal(s->a.stats.free_objects, before.free_objects);
	assert_int_equal(s->a.stats.shared_avail, before.shared_avail);
	assert_int_equal(s->a.stats.slabs, before.slabs);
	assert_int_equal(s->a.stats.free_slabs, before.free_slabs);
	s->nr_failed++;
	return false;
}

/* Page allocations seen, with the nth failing; 0 for none. */
static uint64_t sweep_once(const struct slab_array_config *cfg, uint64_t nth,
			   bool persistent)
{
	struct sweep *s = calloc(1, sizeof(*s));
	uint64_t seed = 7, calls;

	assert_non_null(s);
	s->fault = (struct fault_attr){ .nth = nth, .persistent = persistent };
	array_open_on(&s->a, small_machine(), cfg);
	physmem_set_fault(s->a.pm, &s->fault);
	for (unsigned i = 0; i < SWEEP_OPS; i++) {
		unsigned n = rng_below(&seed, SWEEP_SLOTS), cpu = n % 2;

		if (s->object[n]) {
			give(&s->a, 1 - cpu, s->object[n]);
			s->object[n] = NULL;
		} else if (!try_take(s, cpu, &s->object[n]) && !persistent) {
			assert_true(try_take(s, cpu, &s->object[n]));
		}
		array_check(&s->a);
		if (i == SWEEP_OPS / 2)
			slab_array_shrink(s->a.s);
	}
	array_check(&s->a);
	assert_int_equal(s->nr_failed, s->fault.fired);
	physmem_set_fault(s->a.pm, NULL);
	for (unsigned n = 0; n < SWEEP_SLOTS; n++) {
		if (!s->object[n])
			s->object[n] = take(&s->a, 0);
		give(&s->a, 1, s->object[n]);
	}
	slab_array_shrink(s->a.s);
	array_check(&s->a);
	assert_int_equal(s->a.stats.pages, 0);
	array_close(&s->a);
	calls = s->fault.fired || !nth ? s->fault.calls : 0;
	free(s);
	return calls;
}

static void test_slab_array_check__page_faults(void **state)
{
	struct slab_array_config cfg = array_config(2);

	(void)state;
	for (unsigned init_on_free = 0; init_on_free < 2; init_on_free++) {
		uint64_t nr_sites, n;

		cfg.init_on_free = init_on_free;
		nr_sites = sweep_once(&cfg, 0, false);
		assert_true(nr_sites > 40);
		for (n = 1; n <= nr_sites; n++) {
			assert_true(sweep_once(&cfg, n, false) >= nr_sites);
			assert_true(sweep_once(&cfg, n, true) > 0);
		}
	}
}

/* The arrays when a cache is made, and a freelist when a slab is. */
static void test_slab_array_check__host_faults(void **state)
{
	struct slab_array_config cfg = array_config(2);
	struct slab_array *s = NULL;
	struct physmem *pm = small_machine();
	struct array a;
	void *object = NULL;
	unsigned n;

	(void)state;
	cfg.init_on_free = true;
	for (n = 1;; n++) {
		int err;

		inject_arm(INJECT_FAIL, n, ENOMEM, 0);
		err = slab_array_create(pm, &cfg, &s);
		if (inject_disarm() < n)
			break;
		assert_int_equal(err, -ENOMEM);
		assert_null(s);
	}
	assert_int_equal(n, 4);
	slab_array_destroy(s);
	array_open_on(&a, pm, &cfg);
	inject_arm(INJECT_FAIL, 1, ENOMEM, 0);
	assert_int_equal(slab_array_alloc(a.s, 1, GFP_ATOMIC, &object),
			 -ENOMEM);
	inject_disarm();
	assert_null(object);
	array_check(&a);
	assert_int_equal(a.stats.pages, 0);
	take(&a, 1);
	array_close(&a);
}

/* What check_detects breaks: slabs in three states, the cache, an array. */
struct victims {
	struct page *full, *partial, *empty;
	char *freed; /* of the partial one, in the array */
	struct slab_array *s;
	struct array_cache *ac;
};

static void break_owner(const struct victims *v)
{
	v->full->array_cache = NULL;
}

static void break_head(const struct victims *v)
{
	v->empty->flags = PG_TAIL;
}

static void break_order(const struct victims *v)
{
	v->empty->order = 1;
}

static void break_active(const struct victims *v)
{
	v->empty->active = 1;
}

static void break_full(const struct victims *v)
{
	v->full->active--;
}

static void break_partial(const struct victims *v)
{
	v->partial->active = 0;
}

static void break_count(const struct victims *v)
{
	v->partial->active++;
}

static void break_index(const struct victims *v)
{
	v->partial->index += SIZE;
}

static void break_outside(const struct victims *v)
{
	v->empty->index += PAGE_SIZE;
}

static void break_null(const struct victims *v)
{
	v->empty->index = NULL;
}

static void break_not_null(const struct victims *v)
{
	v->full->index = v->partial->index;
}

/* The freelist is data in a free object: what a write after free hits. */
static void break_range(const struct victims *v)
{
	v->empty->index[0] = NUM;
}

static void break_twice(const struct victims *v)
{
	v->empty->index[0] = v->empty->index[1];
}

static void break_last(const struct victims *v)
{
	v->empty->index[NUM - 1] = 0xff;
}

/* An object in an array that its slab has on its freelist. */
static void break_in_slab(const struct victims *v)
{
	v->partial->index[v->partial->active] =
		(uint8_t)((size_t)(v->freed - v->partial->s_mem) / SIZE);
}

static void break_s_mem(const struct victims *v)
{
	v->full->s_mem += 64;
}

static void break_avail(const struct victims *v)
{
	v->ac->avail = v->ac->limit + 1;
}

static void break_entry_foreign(const struct victims *v)
{
	static char foreign[SIZE];

	v->ac->entry[1] = foreign;
}

static void break_entry_middle(const struct victims *v)
{
	v->ac->entry[1] = v->freed + SIZE / 2;
}

static void break_entry_twice(const struct victims *v)
{
	v->ac->entry[1] = v->ac->entry[v->ac->avail - 1];
}

static void break_total_slabs(const struct victims *v)
{
	v->s->total_slabs++;
}

static void break_free_slabs(const struct victims *v)
{
	v->s->free_slabs--;
}

static void break_objects(const struct victims *v)
{
	cpu_counts(v->s, 0)->nr_objects++;
}

static void break_lost(const struct victims *v)
{
	v->ac->avail--;
}

static void break_free_limit(const struct victims *v)
{
	v->s->g.free_limit = (unsigned)v->s->free_objects - 1;
}

static const struct {
	void (*break_it)(const struct victims *v);
	const char *why;
} breaks[] = {
	{ break_owner, "slab that is no block of this cache" },
	{ break_head, "slab that is no block of this cache" },
	{ break_order, "slab that is no block of this cache" },
	{ break_active, "slab on the wrong list" },
	{ break_full, "slab on the wrong list" },
	{ break_partial, "slab on the wrong list" },
	{ break_count, "free objects do not add up" },
	{ break_index, "freelist of a slab out of place" },
	{ break_outside, "freelist of a slab out of place" },
	{ break_null, "freelist of a slab out of place" },
	{ break_not_null, "freelist of a slab out of place" },
	{ break_range, "freelist of a slab broken" },
	{ break_twice, "freelist of a slab broken" },
	{ break_last, "freelist of a slab out of place" },
	{ break_in_slab, "object free twice" },
	{ break_s_mem, "array entry that is no object" },
	{ break_avail, "array with more entries than its limit" },
	{ break_entry_foreign, "array entry that is no object" },
	{ break_entry_middle, "array entry that is no object" },
	{ break_entry_twice, "object free twice" },
	{ break_total_slabs, "slab counters do not add up" },
	{ break_free_slabs, "slab counters do not add up" },
	{ break_objects, "objects in slabs and objects handed out disagree" },
	{ break_lost, "objects in slabs and objects handed out disagree" },
	{ break_free_limit, "empty slabs kept above the free limit" },
};

static void find_victims(struct array *a, struct victims *v)
{
	enum { N = 60 };
	char *object[N];

	for (unsigned i = 0; i < N; i++)
		object[i] = take(a, 0);
	/* Slab 0 goes whole to the node, of slab 6 all but one object. */
	for (unsigned i = 0; i < 55; i++)
		give(a, 0, object[i]);
	v->empty = physmem_head(a->pm, object[0]);
	v->partial = physmem_head(a->pm, object[26]);
	v->full = physmem_head(a->pm, object[28]);
	v->freed = object[27];
	v->s = a->s;
	v->ac = cpu_cache_get(a->s, 0);
	array_check(a);
	assert_int_equal(v->empty->active, 0);
	assert_int_equal(v->partial->active, 1);
	assert_int_equal(v->full->active, NUM);
}

/* All that a break_ function may change. */
struct saved {
	struct page full, partial, empty;
	uint8_t empty_index[NUM], partial_index[NUM];
	struct slab_array s;
	struct array_counts counts;
	unsigned avail;
	void *entry;
};

static void save(const struct victims *v, struct saved *saved)
{
	saved->full = *v->full;
	saved->partial = *v->partial;
	saved->empty = *v->empty;
	memcpy(saved->empty_index, v->empty->index, NUM);
	memcpy(saved->partial_index, v->partial->index, NUM);
	saved->s = *v->s;
	saved->counts = *cpu_counts(v->s, 0);
	saved->avail = v->ac->avail;
	saved->entry = v->ac->entry[1];
}

static void restore(const struct victims *v, const struct saved *saved)
{
	*v->full = saved->full;
	*v->partial = saved->partial;
	*v->empty = saved->empty;
	memcpy(v->empty->index, saved->empty_index, NUM);
	memcpy(v->partial->index, saved->partial_index, NUM);
	*v->s = saved->s;
	*cpu_counts(v->s, 0) = saved->counts;
	v->ac->avail = saved->avail;
	v->ac->entry[1] = saved->entry;
}

static void test_slab_array_check__detects(void **state)
{
	struct saved saved;
	struct victims v;
	struct array a;

	(void)state;
	array_open(&a, 1);
	find_victims(&a, &v);
	save(&v, &saved);
	for (size_t i = 0; i < ARRAY_SIZE(breaks); i++) {
		const char *why = "";

		breaks[i].break_it(&v);
		assert_int_equal(slab_array_check(a.s, &why), -EUCLEAN);
		assert_string_equal(why, breaks[i].why);
		restore(&v, &saved);
		array_check(&a);
	}
	array_close(&a);
}

/* A freelist outside of objects, too, has one place. */
static void misplaced(const struct slab_array_config *cfg, ptrdiff_t shift)
{
	const char *why = "";
	struct page *slab;
	uint8_t *index;
	struct array a;

	array_open_on(&a, small_machine(), cfg);
	slab = physmem_head(a.pm, take(&a, 0));
	index = slab->index;
	slab->index = shift ? index + shift : NULL;
	assert_int_equal(slab_array_check(a.s, &why), -EUCLEAN);
	assert_string_equal(why, "freelist of a slab out of place");
	slab->index = index;
	array_close(&a);
}

static void test_slab_array_check__detects_misplaced(void **state)
{
	struct slab_array_config cfg = array_config(1);

	(void)state;
	cfg.init_on_free = true;
	misplaced(&cfg, 0);
	cfg.size = 1000;
	cfg.align = 8;
	misplaced(&cfg, 0);
	misplaced(&cfg, -1);
}

/* A free of what is free already, as far apart as may be. */
static void test_slab_array_check__double_free(void **state)
{
	static const unsigned nr_between[] = { 0, 1, 20, 200 };
	char *object[400];

	(void)state;
	for (unsigned k = 0; k < ARRAY_SIZE(nr_between); k++) {
		const char *why = "";
		struct array a;

		array_open(&a, 2);
		for (unsigned i = 0; i < ARRAY_SIZE(object); i++)
			object[i] = take(&a, 0);
		give(&a, 0, object[0]);
		for (unsigned i = 1; i <= nr_between[k]; i++)
			give(&a, 0, object[i]);
		give(&a, 1, object[0]);
		assert_int_equal(slab_array_check(a.s, &why), -EUCLEAN);
		assert_string_equal(why, "object free twice");
		slab_array_destroy(a.s);
		physmem_destroy(a.pm);
	}
}

struct bad_free {
	struct slab_array *s;
	void *object;
};

static void do_bad_free(void *arg)
{
	struct bad_free *f = arg;

	slab_array_free(f->s, 0, f->object);
}

static void test_slab_array_check__bad_free_aborts(void **state)
{
	struct slab_array_config cfg = array_config(1);
	struct slab_array *other;
	struct bad_free f;
	struct page *page;
	struct array a;

	(void)state;
	array_open(&a, 1);
	assert_int_equal(slab_array_create(a.pm, &cfg, &other), 0);
	assert_int_equal(physmem_alloc_pages(a.pm, 0, 0, 1, &page), 0);
	page->array_cache = NULL;
	f = (struct bad_free){ a.s, physmem_page_va(a.pm, page) };
	assert_true(aborts(do_bad_free, &f));
	f.object = physmem_page_va(a.pm, page + 1);
	assert_true(aborts(do_bad_free, &f));
	assert_int_equal(slab_array_alloc(other, 0, 0, &f.object), 0);
	assert_true(aborts(do_bad_free, &f));
	f.s = other;
	assert_false(aborts(do_bad_free, &f));
	physmem_free_pages(a.pm, 0, page, 1);
	slab_array_destroy(other);
	array_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slab_array_check__random),
		cmocka_unit_test(test_slab_array_check__page_faults),
		cmocka_unit_test(test_slab_array_check__host_faults),
		cmocka_unit_test(test_slab_array_check__detects),
		cmocka_unit_test(test_slab_array_check__detects_misplaced),
		cmocka_unit_test(test_slab_array_check__double_free),
		cmocka_unit_test(test_slab_array_check__bad_free_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
