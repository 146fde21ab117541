// SPDX-License-Identifier: GPL-2.0-only
/*
 * The iova allocator against Linux itself: what recorded kernels took and gave
 * back, in their order and on their CPUs, must get the iova that they got; and
 * no two maps of a buffer are neighbours in memory, as dma.c has it.
 *
 * An unmap names the range that it frees, so all maps in it are one buffer,
 * taken just before the first of them. Buffers that stay have no unmap: of
 * those, maps that follow each other are one if the device may read and write
 * them (coherent memory), else several (pages of a ring). Traces that do not
 * say what a device may do tell the rings of networks not apart; those domains
 * have no row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "iova.h"
#include "workload.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PFN_4G ((uint64_t)1 << 20)

static const struct row {
	const char *name;
	unsigned domain; /* in order of appearance */
	unsigned nr;	 /* buffers */
	unsigned nr_equal;
	unsigned nr_hits; /* of them from magazines */
} rows[] = {
	{ "x86-desktop", 0, 1039, 1039, 745 },
	{ "x86-desktop", 1, 2745, 2745, 2276 },
	{ "x86-desktop", 2, 3455, 3455, 2813 },
	{ "arm-desktop", 0, 757, 757, 542 },
	{ "arm-desktop", 1, 4462, 4462, 3873 },
	{ "arm-desktop", 2, 771, 771, 468 },
	{ "x86-drm", 0, 6739, 6739, 6118 },
	{ "arm-drm", 0, 3163, 3163, 2755 },
	{ "x86-mixed", 0, 1021, 1021, 996 },
	{ "x86-mixed", 2, 50034, 50034, 48538 },
	{ "x86-mixed", 3, 208, 208, 151 },
	{ "x86-mixed", 4, 535, 535, 417 },
	{ "x86-mixed", 5, 2611, 2611, 2505 },
	{ "x86-mixed", 6, 10, 10, 0 },
	{ "arm-mixed", 0, 2162, 2162, 2135 },
	/* The last 25, still mapped at the end: pages that follow by chance. */
	{ "arm-mixed", 3, 71867, 71842, 70724 },
	{ "arm-mixed", 4, 400, 400, 170 },
	{ "arm-mixed", 5, 842, 842, 283 },
	{ "arm-mixed", 6, 2450, 2450, 2126 },
	{ "arm-mixed", 7, 11, 11, 0 },
	/* A range is taken before its map is told, and free after its unmap is.
	 * In between came the other CPU or an interrupt: all would be equal
	 * with seven events, and three, up to three places from where they are.
	 */
	{ "arm-nvme-aged", 0, 3008, 2996, 2029 },
	{ "x86-nvme-fresh", 0, 2084, 2075, 1166 },
};

/* What an event is, of those of one domain. */
struct step {
	uint64_t lo, nr;	 /* pages; nr 0: no first map of a buffer */
	const struct step *from; /* an unmap: the step that it undoes */
	struct iova *iova;
};

static uint64_t pfn_of(uint64_t addr)
{
	return addr >> IOVA_PAGE_SHIFT;
}

/*
 * at: by page, the event that maps it first and is not undone yet, + 1.
 * Returns how many are undone.
 */
static unsigned undo(struct step *step, size_t n, const struct trace *trace,
		     uint32_t *at)
{
	const struct trace_event *ev = &trace->event[n];
	uint64_t pfn = pfn_of(ev->iova), end = pfn + pfn_of(ev->size);
	const struct trace_event *last = NULL;
	uint32_t first = UINT32_MAX;
	unsigned nr = 0;

	for (; pfn < end && at[pfn]; pfn += pfn_of(last->size), nr++) {
		const struct trace_event *map = &trace->event[at[pfn] - 1];

		if (at[pfn] - 1 < first)
			first = at[pfn] - 1;
		at[pfn] = 0;
		assert_true(!last || map->paddr != last->paddr + last->size);
		last = map;
	}
	if (!nr)
		return 0;
	step[first].lo = pfn_of(ev->iova);
	step[first].nr = pfn_of(ev->size);
	step[n].from = &step[first];
	return nr;
}

/* Buffers of maps that are never undone. */
static void keep(struct step *step, const struct trace *trace,
		 const uint32_t *at)
{
	const struct trace_event *last = NULL;
	struct step *buf = NULL;

	for (size_t n = 0; n < trace->nr_events; n++) {
		const struct trace_event *ev = &trace->event[n];

		if (ev->type != TRACE_MAP || at[pfn_of(ev->iova)] != n + 1)
			continue;
		if (last && last->iova + last->size == ev->iova &&
		    last->cpu == ev->cpu &&
		    ev->prot == (TRACE_PROT_READ | TRACE_PROT_WRITE)) {
			buf->nr += pfn_of(ev->size);
		} else {
			buf = &step[n];
			buf->lo = pfn_of(ev->iova);
			buf->nr = pfn_of(ev->size);
		}
		last = ev;
	}
}

static struct step *steps_of(const struct trace *trace, unsigned domain,
			     unsigned *nr_undone)
{
	struct step *step = calloc(trace->nr_events, sizeof(*step));
	uint32_t *at = calloc(PFN_4G, sizeof(*at));

	assert_true(step && at);
	for (size_t n = 0; n < trace->nr_events; n++) {
		const struct trace_event *ev = &trace->event[n];

		if (ev->domain != domain)
			continue;
		assert_true(ev->iova + ev->size <= PFN_4G << IOVA_PAGE_SHIFT);
		if (ev->type == TRACE_MAP)
			at[pfn_of(ev->iova)] = (uint32_t)n + 1;
		else
			*nr_undone += undo(step, n, trace, at);
	}
	keep(step, trace, at);
	free(at);
	return step;
}

static struct iova *take(struct iova_domain *iovad, unsigned cpu, uint64_t size,
			 uint64_t limit_pfn)
{
	struct iova *iova = NULL;

	assert_int_equal(iova_alloc(iovad, cpu, size, limit_pfn, &iova), 0);
	return iova;
}

/* reserve_iova(), in pieces that are aligned to their size; from the top. */
static void reserve(struct iova_domain *iovad, uint64_t lo, uint64_t hi)
{
	while (lo <= hi) {
		uint64_t size = 1;

		while (!((hi + 1) % (2 * size)) && hi + 1 >= lo + 2 * size)
			size *= 2;
		assert_true(take(iovad, 0, size, hi)->pfn_hi == hi);
		hi -= size;
	}
}

/* What iova_reserve_iommu_regions() finds: interrupts, and the windows of the
 * host bridge with 2 GiB of memory. The next search begins at the top. */
static void reserve_x86(struct iova_domain *iovad)
{
	struct iova *top = take(iovad, 0, 64, PFN_4G - 1);

	reserve(iovad, 0xfee00, 0xfeeff);
	reserve(iovad, 0xc0000, 0xfebff);
	reserve(iovad, 0x80000, 0xaffff);
	iova_free(iovad, 0, top, 64);
}

/* Returns how many maps were undone. */
static unsigned play(const struct row *row, const struct trace *trace)
{
	unsigned nr_undone = 0;
	struct step *step = steps_of(trace, row->domain, &nr_undone);
	unsigned nr = 0, nr_equal = 0;
	struct iova_domain *iovad;
	uint64_t nr_hits;

	assert_int_equal(iova_domain_create(trace->nr_cpus, 1, &iovad), 0);
	if (!strncmp(row->name, "x86", 3))
		reserve_x86(iovad);
	for (size_t n = 0; n < trace->nr_events; n++) {
		struct step *s = &step[n];
		unsigned cpu = trace->event[n].cpu;

		if (s->nr) {
			s->iova = take(iovad, cpu, s->nr, PFN_4G - 1);
			nr++;
			nr_equal += s->iova->pfn_lo == s->lo;
		} else if (s->from) {
			iova_free(iovad, cpu, s->from->iova, s->from->nr);
		}
	}
	nr_hits = iova_stats(iovad).nr_hits;
	if (nr != row->nr || nr_equal != row->nr_equal ||
	    nr_hits != row->nr_hits)
		fail_msg("%s, domain %u: %u of %u equal, %u from magazines",
			 row->name, row->domain, nr_equal, nr,
			 (unsigned)nr_hits);
	if (iova_check(iovad))
		fail_msg("%s", iova_check(iovad));
	iova_domain_destroy(iovad);
	free(step);
	return nr_undone;
}

static void test_iova_recorded(void **state)
{
	unsigned nr_undone = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct trace trace = { 0 };
		char why[TRACE_WHY_SIZE];

		if (workload_load(workload_find(rows[i].name), &trace, why))
			fail_msg("%s", why);
		nr_undone += play(&rows[i], &trace);
		trace_free(&trace);
	}
	assert_int_equal(nr_undone, 372997);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iova_recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
