// SPDX-License-Identifier: GPL-2.0-only
/*
 * Figures of traces: a table of small ones, and the live map beside a plain
 * model that has a byte for each page.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "trace_stat.h"

#define SZ_1M ((uint64_t)1 << 20)

/* "m DOMAIN IOVA SIZE" in KiB and "u ...", one a line, one a microsecond. */
static void make_trace(const char *text, struct trace *ret)
{
	struct trace trace = { 0 };
	unsigned long long iova, size;
	char type, name[8];
	int used;

	while (sscanf(text, " %c %7s %llu %llu%n", &type, name, &iova, &size,
		      &used) == 4) {
		struct trace_event ev = {
			.iova = iova * 1024,
			.paddr = type == 'm' ? iova * 1024 : 0,
			.size = size * 1024,
			.time_ns = 1000 * (trace.nr_events + 1),
			.line = (uint32_t)trace.nr_events + 1,
			.type = type == 'm' ? TRACE_MAP : TRACE_UNMAP,
		};
		int domain =
			trace_domain(&trace, strcmp(name, "-") ? name : "");

		assert_true(domain >= 0);
		ev.domain = (uint16_t)domain;
		assert_int_equal(trace_append(&trace, &ev), 0);
		text += used;
	}
	assert_int_equal(strspn(text, " \n"), strlen(text));
	*ret = trace;
}

static void run(const struct trace *trace, struct trace_stat *ret)
{
	char why[TRACE_WHY_SIZE] = "";

	if (trace_stat_run(trace, ret, why))
		fail_msg("%s", why);
}

static const struct {
	const char *text;
	uint64_t merging, merged_most, parts, over, nothing, less;
	uint64_t peak_slots, end_slots, end_kib;
	bool ambiguous;
} small[] = {
	{ "m - 0 4 u - 0 4", 0, 0, 0, 0, 0, 0, 1, 0, 0, false },
	/* Three maps, one unmap; two domains with the same iovas. */
	{ "m a 0 4 m a 4 4 m a 8 8 m b 0 4 u a 0 16", 1, 3, 0, 0, 0, 0, 2, 1, 4,
	  false },
	/* Part of a map, then the two pieces that are left of it, as one. */
	{ "m - 0 64 u - 16 16 u - 0 64", 0, 0, 1, 0, 0, 1, 1, 0, 0, false },
	/* Between its pieces another map; and one piece without the other. */
	{ "m - 0 64 u - 16 16 m - 16 4 u - 0 64", 1, 2, 1, 0, 0, 1, 1, 0, 0,
	  false },
	{ "m - 0 12 u - 4 4 u - 0 4 u - 8 4", 0, 0, 2, 0, 0, 0, 1, 0, 0,
	  false },
	{ "m - 0 8 m - 4 8", 0, 0, 0, 1, 0, 0, 1, 1, 12, true },
	{ "m a 0 8 m a 4 8", 0, 0, 0, 1, 0, 0, 1, 1, 12, false },
	{ "u - 0 4 m - 0 4 u - 0 8 u - 0 4", 0, 0, 0, 0, 2, 1, 1, 0, 0, false },
	/* Slots: 2 MiB and a page on either side. */
	{ "m - 1020 2056", 0, 0, 0, 0, 0, 0, 4, 4, 2056, false },
	{ "m - 0 4 m - 1020 4 u - 0 4 m - 1024 4 u - 1020 8", 1, 2, 0, 0, 0, 0,
	  2, 0, 0, false },
};

static void test_stat__small(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(small) / sizeof(small[0]); i++) {
		struct trace trace;
		struct trace_stat s;

		make_trace(small[i].text, &trace);
		run(&trace, &s);
		if (s.merging_unmaps != small[i].merging ||
		    s.merged_most != small[i].merged_most ||
		    s.part_unmaps != small[i].parts ||
		    s.maps_over_live != small[i].over ||
		    s.unmaps_of_nothing != small[i].nothing ||
		    s.unmaps_of_less != small[i].less ||
		    s.peak.slots != small[i].peak_slots ||
		    s.end.slots != small[i].end_slots ||
		    s.end.bytes != small[i].end_kib * 1024)
			fail_msg("%s", small[i].text);
		assert_int_equal(trace_stat_ambiguous(&trace, &s),
				 small[i].ambiguous);
		if (small[i].over)
			assert_int_equal(s.first_over_live_line, 2);
		assert_int_equal(s.duration_ns, 1000 * (trace.nr_events - 1));
		trace_free(&trace);
	}
}

/* As the IOMMU core cuts them: up to a boundary, then the larger page. */
static void test_stat__pages(void **state)
{
	struct trace trace;
	struct trace_stat s;

	(void)state;
	make_trace("m - 4 64 m - 16384 17408 u - 0 68 u - 16384 17472", &trace);
	run(&trace, &s);
	assert_int_equal(s.map.page[STAT_4K], 16);
	assert_int_equal(s.map.page[STAT_64K], 0);
	assert_int_equal(s.map.page[STAT_1M], 1);
	assert_int_equal(s.map.page[STAT_16M], 1);
	assert_int_equal(s.unmap.page[STAT_4K], 1);
	assert_int_equal(s.unmap.page[STAT_64K], 2);
	assert_int_equal(s.unmap.page[STAT_1M], 1);
	assert_int_equal(s.unmap.page[STAT_16M], 1);
	assert_int_equal(s.map.bytes, (64 + 17408) * 1024);
	assert_int_equal(s.map.size[16], 1);
	assert_int_equal(s.map.size[24], 1);
	assert_int_equal(s.unmap.size[16], 1);
	trace_free(&trace);
}

/* In blocks from a text, as from memory. */
static void test_stat__streamed(void **state)
{
	enum { NR = 50000 };
	struct trace trace = { 0 }, again = { 0 };
	struct trace_stat s[2];
	struct trace_source *src;
	char why[TRACE_WHY_SIZE] = "";
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	assert_int_equal(trace_domain(&trace, "a"), 0);
	for (unsigned i = 0; i < NR; i++) {
		const struct trace_event ev = {
			.iova = (uint64_t)i * 7919 % 5000 << 12,
			.size = 4096 << i % 4,
			.time_ns = i * 1000u,
			.type = i % 3 ? TRACE_MAP : TRACE_UNMAP,
			.prot = TRACE_PROT_READ,
		};

		assert_int_equal(trace_append(&trace, &ev), 0);
	}
	assert_int_equal(trace_write(&trace, out, why), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(trace_source_text("t", text, size, &src), 0);
	if (trace_open(src, 1, &again, why))
		fail_msg("%s", why);
	assert_null(again.event);
	run(&trace, &s[0]);
	run(&again, &s[1]);
	assert_memory_equal(&s[0].map, &s[1].map, sizeof(s[0].map));
	assert_memory_equal(&s[0].unmap, &s[1].unmap, sizeof(s[0].unmap));
	assert_memory_equal(&s[0].peak, &s[1].peak, sizeof(s[0].peak));
	assert_memory_equal(&s[0].end, &s[1].end, sizeof(s[0].end));
	assert_int_equal(s[0].merging_unmaps, s[1].merging_unmaps);
	assert_int_equal(trace_stat_anomalies(&s[0]),
			 trace_stat_anomalies(&s[1]));
	assert_int_equal(s[0].nr_points, s[1].nr_points);
	assert_memory_equal(s[0].point, s[1].point,
			    s[0].nr_points * sizeof(s[0].point[0]));
	assert_true(s[0].maps_over_live > 1000);
	trace_free(&trace);
	trace_free(&again);
	free(text);
}

/* Whole sizes of the 64-bit space, and memory that is not said. */
static void test_stat__edges(void **state)
{
	static const struct trace_event events[] = {
		{ .size = UINT64_MAX - 4095 },
		{ .iova = UINT64_MAX - 4095, .size = 4096, .time_ns = 5 },
		{ .iova = 1 << 24,
		  .size = 4096,
		  .time_ns = 3,
		  .type = TRACE_UNMAP },
		{ .iova = 1 << 24, .size = 8192, .flags = TRACE_ANY },
	};
	struct trace trace = { 0 };
	struct trace_stat s;

	(void)state;
	assert_int_equal(trace_domain(&trace, ""), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(trace_append(&trace, &events[i]), 0);
	run(&trace, &s);
	assert_int_equal(s.peak.slots, (uint64_t)1 << 44);
	assert_int_equal(s.map.page[STAT_16M], ((uint64_t)1 << 40) - 1);
	/* The rest of the first map, and the last page. */
	assert_int_equal(s.map.page[STAT_4K], 255 - 240 + 1);
	assert_int_equal(s.part_unmaps, 1);
	assert_int_equal(s.maps_over_live, 1);
	assert_int_equal(s.first_over_live_line, 0);
	assert_int_equal(s.duration_ns, 5);
	trace_free(&trace);
}

/* Points at equal distances, from half of them to all, and the last event. */
static void test_stat__points(void **state)
{
	(void)state;
	for (uint64_t nr = 1; nr < 400; nr++) {
		struct trace trace = { 0 };
		struct trace_stat s;

		assert_int_equal(trace_domain(&trace, ""), 0);
		for (uint64_t i = 0; i < nr; i++) {
			const struct trace_event ev = {
				.iova = i << 20,
				.size = 4096,
				.time_ns = 100 + i,
			};

			assert_int_equal(trace_append(&trace, &ev), 0);
		}
		run(&trace, &s);
		assert_true(s.nr_points <= TRACE_STAT_POINTS);
		assert_true(nr < TRACE_STAT_POINTS
				    ? s.nr_points == nr
				    : s.nr_points >= TRACE_STAT_POINTS / 2);
		for (unsigned i = 0; i < s.nr_points; i++) {
			const struct trace_stat_point *p = &s.point[i];

			if (i + 1 < s.nr_points)
				assert_int_equal(p->events,
						 s.point[0].events * (i + 1));
			assert_int_equal(p->live.slots, p->events);
			assert_int_equal(p->time_ns, p->events - 1);
		}
		assert_int_equal(s.point[s.nr_points - 1].events, nr);
		trace_free(&trace);
	}
}

/* CPUs' clocks differ: what is before the first is not later. */
static void test_stat__earlier_than_the_first(void **state)
{
	static const struct trace_event events[] = {
		{ .size = 4096, .time_ns = 5 },
		{ .size = 4096, .time_ns = 3, .type = TRACE_UNMAP },
	};
	struct trace trace = { 0 };
	struct trace_stat s;

	(void)state;
	assert_int_equal(trace_domain(&trace, ""), 0);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(trace_append(&trace, &events[i]), 0);
	run(&trace, &s);
	assert_int_equal(s.nr_points, 2);
	assert_int_equal(s.point[1].time_ns, 0);
	assert_int_equal(s.duration_ns, 2);
	trace_free(&trace);
}

enum { DOMAINS = 2, PAGES = 1024, STEPS = 20000 }; /* 4 slots */

struct model {
	uint32_t map[DOMAINS][PAGES]; /* which, from 1; 0: unmapped */
	uint32_t nr_maps;
	uint32_t pages[STEPS + 1]; /* left of each map */
	uint32_t seen[STEPS + 1];  /* by which removal, from 1 */
	uint32_t nr_removals;
};

static struct live_total model_total(const struct model *m)
{
	struct live_total t = { 0 };

	for (unsigned d = 0; d < DOMAINS; d++)
		for (unsigned slot = 0; slot < PAGES / 256; slot++) {
			unsigned nr = 0;

			for (unsigned i = 0; i < 256; i++)
				nr += m->map[d][slot * 256 + i] != 0;
			t.bytes += nr * 4096u;
			t.slots += nr != 0;
		}
	for (unsigned d = 0; d < DOMAINS; d++)
		for (unsigned i = 0; i < PAGES; i++)
			t.ranges += m->map[d][i] &&
				    (!i || m->map[d][i] != m->map[d][i - 1]);
	return t;
}

static struct live_removed model_remove(struct model *m, unsigned d,
					unsigned first, unsigned last)
{
	struct live_removed r = { 0 };

	m->nr_removals++;
	for (unsigned i = first; i <= last; i++) {
		uint32_t map = m->map[d][i];

		if (!map)
			continue;
		r.bytes += 4096;
		r.maps += m->seen[map] != m->nr_removals;
		m->seen[map] = m->nr_removals;
		m->pages[map]--;
	}
	for (unsigned i = first; i <= last; i++)
		r.cut |= m->map[d][i] && m->pages[m->map[d][i]];
	memset(&m->map[d][first], 0, (last - first + 1) * sizeof(m->map[0][0]));
	return r;
}

struct walk {
	const struct model *m;
	uint64_t nr;
	uint64_t at; /* domain and page behind the last range */
};

static int check_range(void *ctx, const struct live_range *range)
{
	struct walk *w = ctx;
	uint64_t base = (uint64_t)range->domain * PAGES;

	assert_true(base + range->start / 4096 >= w->at);
	for (uint64_t i = range->start / 4096; i <= range->last / 4096; i++) {
		uint32_t map = w->m->map[range->domain][i];

		assert_int_equal(map, range->map + 1);
		/* A map's paddr is its iova plus its number in MiB. */
		assert_int_equal(range->paddr - range->start, map * SZ_1M);
	}
	w->at = base + range->last / 4096 + 1;
	w->nr++;
	return 0;
}

static uint32_t draw(uint32_t *drawn)
{
	*drawn ^= *drawn << 13;
	*drawn ^= *drawn >> 17;
	*drawn ^= *drawn << 5;
	return *drawn;
}

static void step(struct live_map *live, struct model *m, uint32_t *drawn)
{
	unsigned domain = draw(drawn) % DOMAINS;
	unsigned first = draw(drawn) % PAGES;
	unsigned last = first + draw(drawn) % (draw(drawn) % 8 ? 16 : 600);
	struct live_removed got, expected;
	struct live_total total, model;
	struct trace_event ev;

	if (last >= PAGES)
		last = PAGES - 1;
	ev = (struct trace_event){
		.iova = first * UINT64_C(4096),
		.size = (last - first + 1) * UINT64_C(4096),
		.paddr = first * UINT64_C(4096) + (m->nr_maps + 1) * SZ_1M,
		.domain = (uint16_t)domain,
	};
	assert_int_equal(live_map_remove(live, &ev, &got), 0);
	expected = model_remove(m, domain, first, last);
	assert_int_equal(got.bytes, expected.bytes);
	assert_int_equal(got.maps, expected.maps);
	assert_int_equal(got.cut, expected.cut);
	if (draw(drawn) % 2) {
		assert_int_equal(live_map_add(live, &ev), 0);
		m->nr_maps++;
		m->pages[m->nr_maps] = last - first + 1;
		for (unsigned i = first; i <= last; i++)
			m->map[domain][i] = m->nr_maps;
	}
	total = live_map_total(live);
	model = model_total(m);
	assert_int_equal(total.bytes, model.bytes);
	assert_int_equal(total.slots, model.slots);
	assert_int_equal(total.ranges, model.ranges);
}

static void test_live_map__model(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	struct live_map *live;
	uint32_t drawn = 1;

	(void)state;
	assert_non_null(m);
	assert_int_equal(live_map_create(DOMAINS, &live), 0);
	for (unsigned i = 0; i < STEPS; i++) {
		struct walk w = { .m = m };

		step(live, m, &drawn);
		if (i % 16)
			continue;
		assert_int_equal(live_map_each(live, check_range, &w), 0);
		assert_int_equal(w.nr, live_map_total(live).ranges);
	}
	assert_true(m->nr_maps > 9000);
	live_map_destroy(live);
	live_map_destroy(NULL);
	free(m);
}

/* More ranges than there was room for at first; all of them go again. */
static void test_live_map__many(void **state)
{
	struct live_map *live;
	struct live_removed got;
	struct trace_event ev = { .size = 4096 };

	(void)state;
	assert_int_equal(live_map_create(1, &live), 0);
	for (unsigned i = 0; i < 100000; i++) {
		ev.iova = (uint64_t)i * 7919 % 100000 * 8192;
		assert_int_equal(live_map_add(live, &ev), 0);
	}
	assert_int_equal(live_map_total(live).ranges, 100000);
	ev.iova = 0;
	ev.size = 100000 * 8192ull;
	assert_int_equal(live_map_remove(live, &ev, &got), 0);
	assert_int_equal(got.maps, 100000);
	assert_int_equal(live_map_total(live).ranges, 0);
	assert_int_equal(live_map_total(live).bytes, 0);
	assert_int_equal(live_map_total(live).slots, 0);
	live_map_destroy(live);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat__small),
		cmocka_unit_test(test_stat__pages),
		cmocka_unit_test(test_stat__streamed),
		cmocka_unit_test(test_stat__edges),
		cmocka_unit_test(test_stat__points),
		cmocka_unit_test(test_stat__earlier_than_the_first),
		cmocka_unit_test(test_live_map__model),
		cmocka_unit_test(test_live_map__many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
