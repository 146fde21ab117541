// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmem_cache where another CPU comes between reading a slab's state and
 * changing it: forced, so that both orders of two events are looked at. The
 * other CPU's call runs inside of ours, in the cache's interleave hook.
 *
 * For each step that exchanges a state: the exchange fails once, the step is
 * done again on what the other left, and nothing is lost or handed out twice.
 */
#include "kmem_fixture.h"

#include "kmem_cache_internal.h"

enum { NR_CPUS = 3, NR_PER_SLAB = 16, NR_TIMES = 1000 };

/* What the other CPU does, at a step's nth call. */
static struct {
	enum slab_step step;
	unsigned nth;
	unsigned cpu;
	void *to_free; /* or NULL: allocates */
	void *taken;
} other;

static void overtake(struct kmem_cache *s, struct page *slab,
		     enum slab_step step)
{
	(void)slab;
	if (step != other.step || !other.nth || --other.nth)
		return;
	if (other.to_free)
		kmem_cache_free(s, other.cpu, other.to_free);
	else
		assert_int_equal(kmem_cache_alloc(s, other.cpu, GFP_ATOMIC,
						  &other.taken),
				 0);
}

/* At the nth time that step is reached, cpu frees an object, or takes one. */
static void arm(struct cache *c, enum slab_step step, unsigned nth,
		unsigned cpu, void *to_free)
{
	other.step = step;
	other.nth = nth;
	other.cpu = cpu;
	other.to_free = to_free;
	other.taken = NULL;
	c->s->interleave = overtake;
	kmem_cache_stats(c->s, &c->stats);
}

/* It has come to that, and this many exchanges have failed since. */
static void assert_overtaken(struct cache *c, uint64_t nr_failed)
{
	uint64_t before = c->stats.cmpxchg_double_fail;

	assert_int_equal(other.nth, 0);
	cache_check(c);
	assert_int_equal(c->stats.cmpxchg_double_fail - before, nr_failed);
}

static void open_threads(struct cache *c, enum kmem_cache_kernel kernel,
			 unsigned debug)
{
	struct kmem_cache_config cfg = {
		.size = SIZE,
		.allocflags = GFP_DMA32,
		.nr_cpus = NR_CPUS,
		.order = 2,
		.kernel = kernel,
		.debug = debug,
	};

	cache_open_as(c, &cfg);
	physmem_set_threads(c->pm, true);
}

static void take_all(struct cache *c, unsigned cpu, void **object, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		object[i] = take(c, cpu);
}

static void give_all(struct cache *c, unsigned cpu, void **object, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		give(c, cpu, object[i]);
}

static struct page *slab_of(const struct cache *c, const void *object)
{
	return physmem_head(c->pm, object);
}

static unsigned inuse_of(const struct page *slab)
{
	return state_inuse(get_state(slab));
}

/* Two frees to a slab that CPU 0 has active; the later is first on its list. */
static void free_to_frozen(struct cache *c, bool forced)
{
	void *object[NR_PER_SLAB];
	struct page *slab;

	take_all(c, 0, object, NR_PER_SLAB);
	slab = slab_of(c, object[0]);
	assert_ptr_equal(c->s->cpu[0].slab, slab);
	if (forced) {
		arm(c, STEP_FREE, 1, 2, object[5]);
	} else {
		arm(c, STEP_FREE, 0, 0, NULL);
		give(c, 2, object[5]);
	}
	give(c, 1, object[4]);
	assert_overtaken(c, forced);
	assert_int_equal(inuse_of(slab), NR_PER_SLAB - 2);
	assert_ptr_equal(state_freelist(get_state(slab)), object[4]);
	assert_ptr_equal(get_link(c->s, object[4]), object[5]);
	assert_null(get_link(c->s, object[5]));
	/* The owner gets both, in that order. */
	assert_ptr_equal(take(c, 0), object[4]);
	assert_ptr_equal(take(c, 0), object[5]);
	give_all(c, 0, object, NR_PER_SLAB);
}

static void test_kmem_interleave__free_to_frozen(void **state)
{
	struct cache c;

	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++) {
		open_threads(&c, kernel, 0);
		for (unsigned i = 0; i < NR_TIMES; i++) {
			free_to_frozen(&c, false);
			free_to_frozen(&c, true);
		}
		assert_int_equal(c.stats.cmpxchg_double_fail, NR_TIMES);
		assert_int_equal(c.stats.slabs, 1);
		cache_close(&c);
	}
}

/* Two frees to a full slab that nobody has: the first CPU gets it. */
static void free_to_full(struct cache *c, bool forced)
{
	void *object[2 * NR_PER_SLAB];
	unsigned first = forced ? 2 : 1, second = forced ? 1 : 2;
	uint64_t nr_frozen;
	struct page *slab;

	take_all(c, 0, object, 2 * NR_PER_SLAB);
	slab = slab_of(c, object[0]);
	assert_false(state_frozen(get_state(slab)));
	arm(c, STEP_FREE, forced, 2, object[5]);
	give(c, 1, object[4]);
	if (!forced)
		give(c, 2, object[5]);
	nr_frozen = c->stats.free_frozen;
	assert_overtaken(c, forced);
	assert_int_equal(c->stats.free_frozen, nr_frozen + 1);
	assert_true(state_frozen(get_state(slab)));
	assert_int_equal(inuse_of(slab), NR_PER_SLAB - 2);
	assert_ptr_equal(c->s->cpu[first].partial, slab);
	assert_null(c->s->cpu[second].partial);
	object[4] = take(c, first);
	object[5] = take(c, first);
	assert_ptr_equal(slab_of(c, object[4]), slab);
	assert_ptr_equal(slab_of(c, object[5]), slab);
	give_all(c, 0, object, 2 * NR_PER_SLAB);
	kmem_cache_shrink(c->s);
}

static void test_kmem_interleave__free_to_full(void **state)
{
	struct cache c;

	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++) {
		open_threads(&c, kernel, 0);
		free_to_full(&c, false);
		free_to_full(&c, true);
		cache_close(&c);
	}
}

/* Slabs on the node's list, keep objects used in each: object[NR_PER_SLAB * i]
 * and the next are of the ith on the list. */
enum { NR_SLABS = 7 };

static void order_as_listed(const struct cache *c, void **object)
{
	const size_t row = NR_PER_SLAB * sizeof(object[0]);
	void *unordered[NR_SLABS * NR_PER_SLAB];
	const struct page *slab;

	memcpy(unordered, object, NR_SLABS * row);
	TAILQ_FOREACH(slab, &c->s->node.partial, slab_list) {
		unsigned i = 0;

		while (slab_of(c, unordered[i * NR_PER_SLAB]) != slab)
			i++;
		memcpy(object, unordered + i * NR_PER_SLAB, row);
		object += NR_PER_SLAB;
	}
}

static void fill_node(struct cache *c, void **object, unsigned keep)
{
	take_all(c, 0, object, NR_SLABS * NR_PER_SLAB);
	for (unsigned i = 0; i < NR_SLABS; i++)
		give_all(c, 0, object + i * NR_PER_SLAB + keep,
			 NR_PER_SLAB - keep);
	kmem_cache_shrink(c->s);
	cache_check(c);
	assert_int_equal(c->stats.partial, NR_SLABS);
	order_as_listed(c, object);
}

static void empty_node(struct cache *c, void **object, unsigned keep,
		       unsigned from)
{
	for (unsigned i = from; i < NR_SLABS; i++)
		give_all(c, 0, object + i * NR_PER_SLAB, keep);
	kmem_cache_shrink(c->s);
	cache_check(c);
	assert_int_equal(c->stats.pages, 0);
}

/* The last two objects of a slab on the node's list: the later free finds
 * that it empties the slab, though it began as one that does not. */
static void test_kmem_interleave__free_empties(void **state)
{
	void *object[NR_SLABS * NR_PER_SLAB];
	struct cache c;

	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++)
		for (unsigned forced = 0; forced < 2; forced++) {
			uint64_t nr_removed;

			open_threads(&c, kernel, 0);
			fill_node(&c, object, 2);
			nr_removed = c.stats.free_remove_partial;
			arm(&c, STEP_FREE, forced, 2, object[1]);
			give(&c, 1, object[0]);
			if (!forced)
				give(&c, 2, object[1]);
			assert_overtaken(&c, forced);
			assert_int_equal(c.stats.free_remove_partial,
					 nr_removed + 1);
			assert_int_equal(c.stats.slabs, NR_SLABS - 1);
			empty_node(&c, object, 2, 1);
			cache_close(&c);
		}
}

/* A free that would empty a slab takes list_lock; but meanwhile another CPU
 * has taken the slab, which then stays. */
static void test_kmem_interleave__free_loses_slab(void **state)
{
	void *object[NR_SLABS * NR_PER_SLAB];
	struct page *slab;
	struct cache c;

	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++)
		for (unsigned forced = 0; forced < 2; forced++) {
			open_threads(&c, kernel, 0);
			fill_node(&c, object, 1);
			slab = TAILQ_FIRST(&c.s->node.partial);
			assert_ptr_equal(slab, slab_of(&c, object[0]));
			arm(&c, STEP_FREE, forced, 2, NULL);
			give(&c, 1, object[0]);
			if (!forced)
				other.taken = take(&c, 2);
			assert_overtaken(&c, forced);
			assert_int_equal(c.stats.slabs, NR_SLABS - !forced);
			assert_int_equal(c.s->cpu[2].slab == slab, forced);
			assert_int_equal(c.stats.free_remove_partial, !forced);
			give(&c, 0, other.taken);
			empty_node(&c, object, 1, 1);
			cache_close(&c);
		}
}

/* A free to the slab that is being taken from the node's list. If the first
 * fails, it is a new slab; if a later one does, there are fewer for later. */
static void acquire(enum kmem_cache_kernel kernel, unsigned nth)
{
	/* Enough, so that what is free lets 4.20 take more than one slab. */
	const unsigned keep = NR_PER_SLAB - 1;
	void *object[NR_SLABS * NR_PER_SLAB], *taken;
	uint64_t nr_new;
	struct cache c;

	open_threads(&c, kernel, 0);
	fill_node(&c, object, keep);
	nr_new = c.stats.alloc_slab;
	if (!nth)
		give(&c, 2, object[0]);
	arm(&c, STEP_ACQUIRE, nth, 2,
	    nth ? object[(nth - 1) * NR_PER_SLAB] : NULL);
	taken = take(&c, 1);
	assert_overtaken(&c, nth != 0);
	assert_int_equal(c.stats.alloc_slab - nr_new, nth == 1);
	assert_int_equal(c.stats.alloc_from_partial, nth != 1);
	if (nth) {
		assert_int_equal(c.stats.partial, NR_SLABS - (nth - 1));
		assert_int_equal(c.stats.cpu_partial_node,
				 nth == 1 ? 0 : nth - 2);
	}
	if (nth != 1)
		assert_ptr_equal(slab_of(&c, taken), slab_of(&c, object[0]));
	give(&c, 0, taken);
	object[(nth ? nth - 1 : 0) * NR_PER_SLAB] = take(&c, 0);
	empty_node(&c, object, keep, 0);
	cache_close(&c);
}

static void test_kmem_interleave__acquire(void **state)
{
	(void)state;
	for (unsigned nth = 0; nth < 3; nth++) {
		acquire(KMEM_CACHE_6_1, nth);
		acquire(KMEM_CACHE_4_20, nth);
	}
}

/* A free to an active slab that has just been found empty: it is found after
 * all; or it comes too late, and the slab is the freeing CPU's. */
static void test_kmem_interleave__get_freelist(void **state)
{
	void *object[NR_PER_SLAB], *taken;
	struct cache c;

	(void)state;
	for (unsigned kernel = 0; kernel < KMEM_CACHE_KERNELS; kernel++)
		for (unsigned forced = 0; forced < 2; forced++) {
			open_threads(&c, kernel, 0);
			take_all(&c, 0, object, NR_PER_SLAB);
			arm(&c, STEP_GET_FREELIST, forced, 1, object[7]);
			taken = take(&c, 0);
			if (!forced)
				give(&c, 1, object[7]);
			assert_overtaken(&c, forced);
			assert_int_equal(taken == object[7], forced);
			assert_int_equal(c.stats.alloc_refill, forced);
			assert_int_equal(c.stats.deactivate_bypass, !forced);
			assert_int_equal(c.stats.slabs, 2 - forced);
			assert_int_equal(c.s->cpu[1].partial ==
						 slab_of(&c, object[0]),
					 !forced);
			object[7] = taken;
			give_all(&c, 0, object, NR_PER_SLAB);
			kmem_cache_shrink(c.s);
			cache_close(&c);
		}
}

/* A free to a slab that is leaving a full per-CPU list for the node's. */
static void unfreeze(enum kmem_cache_kernel kernel, bool forced)
{
	enum { NR = 64 };
	void *object[NR * NR_PER_SLAB];
	struct page *slab;
	unsigned i;
	struct cache c;

	open_threads(&c, kernel, 0);
	take_all(&c, 0, object, NR * NR_PER_SLAB);
	slab = slab_of(&c, object[0]);
	arm(&c, STEP_UNFREEZE, 0, 0, NULL);
	for (i = 0; i < NR && !c.stats.cpu_partial_drain; i++) {
		/* The oldest is unfrozen last. */
		arm(&c, STEP_UNFREEZE, forced ? i : 0, 2, object[1]);
		give(&c, 1, object[i * NR_PER_SLAB]);
		kmem_cache_stats(c.s, &c.stats);
	}
	if (!forced)
		give(&c, 2, object[1]);
	assert_true(i > 1 && i < NR);
	assert_int_equal(other.nth, 0);
	cache_check(&c);
	assert_int_equal(c.stats.cmpxchg_double_fail, forced);
	assert_int_equal(c.stats.free_add_partial, i - 1);
	assert_true(slab->on_node_list);
	assert_false(state_frozen(get_state(slab)));
	assert_int_equal(inuse_of(slab), NR_PER_SLAB - 2);
	give_all(&c, 0, object + 2, NR_PER_SLAB - 2);
	for (unsigned k = 1; k < NR; k++)
		give_all(&c, 0, object + k * NR_PER_SLAB + (k < i),
			 NR_PER_SLAB - (k < i));
	kmem_cache_shrink(c.s);
	cache_close(&c);
}

static void test_kmem_interleave__unfreeze(void **state)
{
	(void)state;
	for (unsigned forced = 0; forced < 2; forced++) {
		unfreeze(KMEM_CACHE_6_1, forced);
		unfreeze(KMEM_CACHE_4_20, forced);
	}
}

/* A free to an active slab whose CPU is being flushed: at its nth exchange,
 * of which 4.20 makes one for each object. */
static void deactivate(enum kmem_cache_kernel kernel, unsigned nth)
{
	void *object[NR_PER_SLAB];
	struct page *slab;
	struct cache c;

	open_threads(&c, kernel, 0);
	take_all(&c, 0, object, NR_PER_SLAB);
	give_all(&c, 0, object + 4, NR_PER_SLAB - 4);
	slab = slab_of(&c, object[0]);
	arm(&c, STEP_DEACTIVATE, nth, 1, object[3]);
	kmem_cache_flush_cpu(c.s, 0);
	if (!nth)
		give(&c, 1, object[3]);
	assert_overtaken(&c, nth != 0);
	assert_int_equal(inuse_of(slab), 3);
	assert_true(slab->on_node_list);
	give_all(&c, 1, object, 3);
	kmem_cache_shrink(c.s);
	cache_close(&c);
}

static void test_kmem_interleave__deactivate(void **state)
{
	(void)state;
	for (unsigned nth = 0; nth <= NR_PER_SLAB - 4; nth++)
		deactivate(KMEM_CACHE_4_20, nth);
	deactivate(KMEM_CACHE_6_1, 0);
	deactivate(KMEM_CACHE_6_1, 1);
}

/* In a debug cache of 4.20: a slab is frozen while one object is taken off it,
 * and a free to a full one finds that another has put it on a list. */
static void test_kmem_interleave__debug(void **state)
{
	const unsigned debug = SLAB_STORE_USER;
	void *object[NR_PER_SLAB], *taken;
	unsigned nr;
	struct cache c;

	(void)state;
	for (unsigned forced = 0; forced < 2; forced++) {
		open_threads(&c, KMEM_CACHE_4_20, debug);
		nr = (unsigned)c.stats.objs_per_slab;
		assert_in_range(nr, 4, NR_PER_SLAB);
		take_all(&c, 0, object, nr);
		assert_false(TAILQ_EMPTY(&c.s->node.full));
		arm(&c, STEP_FREE, forced, 2, object[0]);
		give(&c, 1, object[1]);
		if (!forced)
			give(&c, 2, object[0]);
		assert_overtaken(&c, forced);
		assert_true(TAILQ_EMPTY(&c.s->node.full));
		assert_int_equal(c.stats.partial, 1);
		assert_int_equal(c.stats.free_add_partial, 1);

		arm(&c, STEP_DEACTIVATE, forced, 2, object[2]);
		taken = take(&c, 1);
		if (!forced)
			give(&c, 2, object[2]);
		assert_overtaken(&c, forced);
		assert_int_equal(c.stats.free_frozen, forced);
		assert_int_equal(c.stats.alive, nr - 2);
		assert_int_equal(c.stats.partial, 1);
		give(&c, 0, taken);
		give_all(&c, 0, object + 3, nr - 3);
		kmem_cache_shrink(c.s);
		cache_close(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kmem_interleave__free_to_frozen),
		cmocka_unit_test(test_kmem_interleave__free_to_full),
		cmocka_unit_test(test_kmem_interleave__free_empties),
		cmocka_unit_test(test_kmem_interleave__free_loses_slab),
		cmocka_unit_test(test_kmem_interleave__acquire),
		cmocka_unit_test(test_kmem_interleave__get_freelist),
		cmocka_unit_test(test_kmem_interleave__unfreeze),
		cmocka_unit_test(test_kmem_interleave__deactivate),
		cmocka_unit_test(test_kmem_interleave__debug),
	};

	alarm(10); /* a lock that is not dropped would hang it */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
