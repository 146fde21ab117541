// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rows of replays: map and unmap events through the IOMMU core, as `v7sbench
 * replay` plays them, on both paths and two strategies; and the same loop
 * without the calls.
 *
 * Events: a ring of REPLAY_BUFFERS buffers of REPLAY_PAGES pages, of which half
 * are mapped: the next is mapped, the oldest unmapped. An IOVA allocator aligns
 * a buffer of 26 pages to 32, and so does the buddy allocator its memory: a 64K
 * page and ten of 4K, two calls each way. In the rows "scattered", memory is a
 * page off, so that one call of 4K pages maps all. In those "random order", a
 * buffer at random is mapped if it is not, else unmapped, which no branch
 * predictor and no prefetcher foresees. Level-2 tables stay once they are
 * there, as in 6.1: the strategy is asked for each once, and that is all.
 *
 * Cost: nr_rounds replays, 0.3 s each with a million events. Events are 48
 * bytes and come from memory, not from caches. Invariant: between replays
 * nothing is mapped. Concurrency: none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "iommu.h"
#include "l2_strategy.h"
#include "mapbench.h"
#include "physmem.h"
#include "program.h"
#include "sequence.h"
#include "stats.h"
#include "trace.h"

#define REPLAY_BUFFERS 1024u
#define BUFFER_SPACE (32 * SZ_4K) /* of a buffer, in iova and in memory */
#define SEGMENT 1024u		  /* events that are timed together */
#define BASE (1024 * SZ_1M)	  /* of iova and of memory */

enum order { RING, SCATTERED, RANDOM, NR_ORDERS };

static const char *const order_name[NR_ORDERS] = { "", ", scattered",
						   ", random order" };

struct player {
	const char *strategy; /* NULL: the loop alone */
	enum order order;
	enum v7s_path path;
	double figure_ns;
	struct physmem *pm;
	struct l2_strategy *l2;
	struct v7s *table;
	double *sample; /* [segment][round] */
};

static const struct player players[] = {
	{ .figure_ns = 2 },
	{ .strategy = "null", .path = V7S_PATH_KERNEL },
	{ .strategy = "null", .path = V7S_PATH_BATCH, .figure_ns = 20 },
	{ .strategy = "slab_dma32", .path = V7S_PATH_KERNEL },
	{ .strategy = "slab_dma32", .path = V7S_PATH_BATCH },
	{ .strategy = "null", .order = SCATTERED, .path = V7S_PATH_KERNEL },
	{ .strategy = "null", .order = SCATTERED, .path = V7S_PATH_BATCH },
	{ .strategy = "null", .order = RANDOM, .path = V7S_PATH_KERNEL },
	{ .strategy = "null", .order = RANDOM, .path = V7S_PATH_BATCH },
};

struct bench {
	const struct map_plan *plan;
	struct trace trace[NR_ORDERS];
	unsigned nr_segments;
	struct player player[ARRAY_SIZE(players)];
	uint64_t random;
};

static int add_event(struct trace *trace, uint32_t buffer, bool map,
		     uint64_t paddr)
{
	struct trace_event ev = {
		.iova = BASE + buffer * BUFFER_SPACE,
		.paddr = map ? paddr : 0,
		.size = REPLAY_PAGES * SZ_4K,
		.type = map ? TRACE_MAP : TRACE_UNMAP,
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
	};

	return trace_append(trace, &ev);
}

struct ring {
	bool mapped[REPLAY_BUFFERS];
	uint32_t nr_mapped, newest, oldest;
};

/* Which buffer's turn it is; with left events to come, none may stay mapped. */
static uint32_t next_buffer(struct ring *ring, enum order order, uint32_t left,
			    uint64_t *random)
{
	bool drain = left <= ring->nr_mapped;
	uint32_t buffer;

	if (order != RANDOM)
		return (drain || ring->nr_mapped == REPLAY_BUFFERS / 2
				? ring->oldest++
				: ring->newest++) %
		       REPLAY_BUFFERS;
	buffer = sequence_below(random, REPLAY_BUFFERS);
	while (drain && !ring->mapped[buffer])
		buffer = (buffer + 1) % REPLAY_BUFFERS;
	return buffer;
}

static int make_events(struct trace *trace, uint32_t nr, enum order order,
		       uint64_t seed)
{
	struct ring ring = { .nr_mapped = 0 };
	int err = 0;

	for (uint32_t i = 0; i < nr && !err; i++) {
		uint32_t buffer = next_buffer(&ring, order, nr - i, &seed);
		uint64_t place = sequence_below(&seed, 4096);
		bool map = !ring.mapped[buffer];

		ring.mapped[buffer] = map;
		ring.nr_mapped += map ? 1 : -1u;
		err = add_event(trace, buffer, map,
				BASE + place * BUFFER_SPACE +
					(order == SCATTERED ? SZ_4K : 0));
	}
	return err;
}

/* What an event asks for: as in harness/replay/system.c. */
static inline struct iommu_range range_of(const struct trace_event *ev)
{
	struct iommu_range range = {
		.iova = ev->iova,
		.paddr = ev->paddr,
		.size = ev->size,
		.cpu = ev->cpu,
		.gfp = GFP_ATOMIC,
	};

	range.prot = (ev->prot & TRACE_PROT_READ ? IOMMU_READ : 0) |
		     (ev->prot & TRACE_PROT_WRITE ? IOMMU_WRITE : 0);
	return range;
}

static __attribute__((noinline)) bool iterate(const struct trace_event *ev,
					      size_t nr)
{
	for (; nr; nr--, ev++) {
		struct iommu_range range = range_of(ev);

		/* It is made, as if for a call. */
		__asm__ volatile(""
				 :
				 : "r"(range.iova), "r"(range.paddr),
				   "r"(range.size), "r"(range.prot),
				   "r"((unsigned)ev->type));
	}
	return false;
}

static __attribute__((noinline)) bool
play(struct v7s *table, const struct trace_event *ev, size_t nr)
{
	bool failed = false;

	for (; nr; nr--, ev++) {
		struct iommu_range range = range_of(ev);

		if (ev->type == TRACE_UNMAP)
			failed |= iommu_unmap(table, &range) != ev->size;
		else
			failed |= iommu_map(table, &range) != 0;
	}
	return failed;
}

/* All events of a player; samples of each segment go to place round. */
static int replay(const struct bench *b, const struct player *p, unsigned round)
{
	const struct trace *trace = &b->trace[p->order];
	bool failed = false;

	for (unsigned i = 0; i < b->nr_segments; i++) {
		size_t from = (size_t)i * SEGMENT;
		size_t nr = trace->nr_events - from;
		uint64_t start;

		nr = nr < SEGMENT ? nr : SEGMENT;
		start = clock_ns();
		failed |= p->table ? play(p->table, &trace->event[from], nr)
				   : iterate(&trace->event[from], nr);
		p->sample[(size_t)i * b->plan->nr_rounds + round] =
			(double)(clock_ns() - start);
	}
	return failed ? -EUCLEAN : 0;
}

/* Both paths in the middle of the events: the same, entry by entry. */
static int compare_paths(const struct bench *b, const struct player *kernel,
			 const struct player *batch)
{
	const struct trace *trace = &b->trace[kernel->order];
	const struct player *player[2] = { kernel, batch };
	size_t half = trace->nr_events / 2;
	uint64_t digest[2];
	bool failed = false;

	for (unsigned i = 0; i < 2; i++) {
		failed |= play(player[i]->table, trace->event, half);
		digest[i] = v7s_digest(player[i]->table, V7S_DIGEST_INIT);
		failed |= play(player[i]->table, trace->event + half,
			       trace->nr_events - half);
	}
	failed |= digest[0] != digest[1] ||
		  memcmp(v7s_stats(kernel->table), v7s_stats(batch->table),
			 sizeof(struct v7s_stats)) != 0;
	return failed ? -EUCLEAN : 0;
}

static int prepare_player(struct bench *b, struct player *p)
{
	struct v7s_config cfg = {
		.ias = 32,
		.oas = 32,
		.pgsizes = V7S_PGSIZES,
		.path = p->path,
	};
	struct l2_env env = { .nr_cpus = 1,
			      .max_tables = 4096,
			      .zone_gfp = GFP_DMA32 };
	struct v7s_env table_env;
	struct l2_spec spec;
	char why[160];
	int err;

	p->sample = calloc((size_t)b->nr_segments * b->plan->nr_rounds,
			   sizeof(*p->sample));
	if (!p->sample)
		return -ENOMEM;
	if (!p->strategy)
		return 0;
	err = l2_spec_parse(p->strategy, &spec, why, sizeof(why));
	if (!err)
		err = physmem_create(machine_profile_find("mt8173"), &p->pm);
	env.pm = p->pm;
	if (!err)
		err = l2_create(&spec, &env, &p->l2);
	table_env = (struct v7s_env){ .pm = p->pm, .l2 = p->l2 };
	if (!err)
		err = v7s_create(&cfg, &table_env, 0, &p->table);
	return err;
}

static int prepare(struct bench *b)
{
	int err = 0;

	memcpy(b->player, players, sizeof(players));
	b->nr_segments = (b->plan->nr_events + SEGMENT - 1) / SEGMENT;
	for (unsigned i = 0; i < NR_ORDERS && !err; i++)
		err = make_events(&b->trace[i], b->plan->nr_events, i,
				  b->plan->seed);
	for (unsigned i = 0; i < ARRAY_SIZE(players) && !err; i++)
		err = prepare_player(b, &b->player[i]);
	for (unsigned i = 1; i < ARRAY_SIZE(players) && !err; i += 2)
		err = compare_paths(b, &b->player[i], &b->player[i + 1]);
	return err;
}

static void finish(struct bench *b)
{
	for (unsigned i = 0; i < ARRAY_SIZE(players); i++) {
		struct player *p = &b->player[i];

		v7s_destroy(p->table, 0);
		l2_destroy(p->l2);
		physmem_destroy(p->pm);
		free(p->sample);
	}
	for (unsigned i = 0; i < NR_ORDERS; i++)
		trace_free(&b->trace[i]);
	free(b);
}

static int add_row(const struct bench *b, const struct player *p,
		   struct map_rows *rows)
{
	struct map_row *row = &rows->row[rows->nr++];
	unsigned nr = b->plan->nr_rounds;
	double sum = 0, low;

	row->path = p->table ? map_path_name(p->path) : "";
	row->unit = "event";
	row->figure_ns = p->figure_ns;
	if (p->table)
		snprintf(row->name, sizeof(row->name), "replay, %s%s",
			 p->strategy, order_name[p->order]);
	else
		snprintf(row->name, sizeof(row->name), "replay, no calls");
	for (unsigned i = 0; i < b->nr_segments; i++) {
		int err = stats_quantile(p->sample + (size_t)i * nr, nr,
					 LOW_QUANTILE, &low);

		if (err)
			return err;
		sum += low;
	}
	row->ns = sum / b->plan->nr_events;
	return 0;
}

int replay_measure(const struct map_plan *plan, struct map_rows *rows,
		   char *ret_why, size_t why_size)
{
	struct bench *b = calloc(1, sizeof(*b));
	uint32_t turn[ARRAY_SIZE(players)];
	int err;

	snprintf(ret_why, why_size, "replay");
	if (!b)
		return -ENOMEM;
	b->plan = plan;
	b->random = plan->seed;
	err = prepare(b);
	for (unsigned round = 0; round < plan->nr_rounds && !err; round++) {
		for (unsigned i = 0; i < ARRAY_SIZE(players); i++)
			turn[i] = i;
		sequence_shuffle(turn, ARRAY_SIZE(players), &b->random);
		for (unsigned i = 0; i < ARRAY_SIZE(players) && !err; i++)
			err = replay(b, &b->player[turn[i]], round);
	}
	for (unsigned i = 0; i < ARRAY_SIZE(players) && !err; i++)
		err = add_row(b, &b->player[i], rows);
	finish(b);
	return err;
}
