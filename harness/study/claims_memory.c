// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims about what strategies hold: C1 to C5, C10 and C14. Each function runs
 * what the commands of its row in claims.c run. Not here: time.
 * Cost: up to some thousand points of the phase driver each, under a second.
 */
#include <stdio.h>

#include "claim_lab.h"
#include "claims_run.h"

#define FEW_TABLES 30u /* "a few 10s" */
#define LASTING_TABLES 128u
#define MOST_TABLES 256u /* up to which every number is tried */

/* Most tables at which a holds less than b does. */
static unsigned last_less(struct claim_lab *lab, const char *a, const char *b,
			  unsigned cpus, const char *pattern)
{
	unsigned n, last = 0;

	for (n = 1; n <= MOST_TABLES; n++)
		if (lab_held(lab, a, n, cpus, pattern) <
		    lab_held(lab, b, n, cpus, pattern))
			last = n;
	return last;
}

void claim_page_is_waste(struct claim_lab *lab)
{
	static const unsigned cpus[] = { 4, 8 };
	unsigned last[2], i;

	for (i = 0; i < ARRAY_SIZE(cpus); i++) {
		lab_figure(lab,
			   lab_held(lab, "slab_dma32", FEW_TABLES, cpus[i],
				    "1"),
			   "bytes", "slab_dma32, %u tables, %u CPUs",
			   FEW_TABLES, cpus[i]);
		last[i] = last_less(lab, "page", "slab_dma32", cpus[i], "1");
	}
	lab_figure(lab, lab_held(lab, "page", FEW_TABLES, 4, "1"), "bytes",
		   "page, %u tables", FEW_TABLES);
	lab_figure(lab, lab_held(lab, "page", MOST_TABLES, 4, "1"), "bytes",
		   "page, %u tables", MOST_TABLES);
	lab_figure(lab, lab_held(lab, "slab_dma32", MOST_TABLES, 4, "1"),
		   "bytes", "slab_dma32, %u tables, 4 CPUs", MOST_TABLES);
	for (i = 0; i < ARRAY_SIZE(cpus); i++)
		lab_figure(
			lab, last[i], "tables",
			"most at which page holds less than slab_dma32, %u CPUs",
			cpus[i]);
	for (i = 0; i < ARRAY_SIZE(cpus); i++)
		lab_figure(
			lab,
			last_less(lab, "page", "slab_dma32:kernel=4.20",
				  cpus[i], "1"),
			"tables",
			"most at which page holds less than slab_dma32:kernel=4.20, %u CPUs",
			cpus[i]);
	lab_verdict(lab, !last[0] && !last[1],
		    last[0] == MOST_TABLES && last[1] == MOST_TABLES,
		    "more than %u tables are alive with 4 CPUs, %u with 8",
		    last[0], last[1]);
}

void claim_genalloc_4mb(struct claim_lab *lab)
{
	const struct memory_result *m;
	uint64_t one, many, wide;
	unsigned nr_domains;

	m = lab_replay(lab, "x86-drm", "genalloc");
	one = m->held_bytes_start;
	lab_figure(lab, one, "bytes", "one domain, 32 bits of iova");
	m = lab_replay(lab, "arm-mixed", "genalloc");
	many = m->held_bytes_start;
	nr_domains = m->nr_domains;
	lab_figure(lab, many, "bytes", "%u domains", nr_domains);
	lab_figure(lab, m->l2_tables_peak * L2_TABLE_SIZE, "bytes",
		   "tables of these domains at their peak");
	wide = lab_held_ias(lab, 34, "genalloc", 16384, "0");
	lab_figure(lab, wide, "bytes", "one domain, 34 bits of iova");
	lab_verdict(
		lab, one == SZ_4M && many == SZ_4M && wide == SZ_4M,
		one != SZ_4M,
		"there is one domain, with 32 bits of iova: else %llu and %llu bytes",
		(unsigned long long)many, (unsigned long long)wide);
}

void claim_page_frag_16mb(struct claim_lab *lab)
{
	const uint64_t claimed = SZ_16M;
	uint64_t trace, worst, wide;

	trace = lab_replay(lab, "adv_frag_pin", "page_frag")->held_bytes_end;
	lab_figure(lab, trace, "bytes", "adv_frag_pin through the page table");
	worst = lab_held(lab, "page_frag", 4096, 1, "pin32");
	lab_figure(lab, worst, "bytes", "1 of 32 stays, 4096 tables");
	lab_figure(lab, lab_held(lab, "page_frag:order=0", 4096, 1, "pin4"),
		   "bytes", "refills of one page, 1 of 4 stays, 4096 tables");
	wide = lab_held_ias(lab, 34, "page_frag", 16384, "pin32");
	lab_figure(lab, wide, "bytes", "34 bits of iova, 16384 tables");
	lab_figure(lab, lab_held(lab, "slab_dma32", 4096, 1, "pin32"), "bytes",
		   "slab_dma32 there, 32 bits");
	lab_verdict(lab,
		    trace <= claimed && worst <= claimed && wide <= claimed,
		    worst > claimed, "iova has 32 bits");
}

void claim_page_frag_inefficient(struct claim_lab *lab)
{
	static const char *const pattern[] = { "0", "10" };
	unsigned more[2] = { 0 }, points = 0, i, n;
	char unreplaced[16] = "never";

	for (n = 10; n <= 100; n += 10) {
		points += 2;
		for (i = 0; i < 4; i++) {
			const char *p = pattern[i / 2];
			unsigned cpus = i % 2 ? 8 : 4;

			more[i / 2] += lab_held(lab, "page_frag", n, cpus, p) >
				       lab_held(lab, "slab_dma32", n, cpus, p);
		}
	}
	lab_figure(lab, points, "points",
		   "10, 20 ... 100 tables, 4 and 8 CPUs");
	for (i = 0; i < 2; i++) {
		lab_figure(lab, more[i], "points",
			   "page_frag holds more than slab_dma32, churn %s",
			   pattern[i]);
		lab_figure(lab,
			   lab_held(lab, "page_frag", FEW_TABLES, 4,
				    pattern[i]),
			   "bytes", "page_frag, %u tables, 4 CPUs, churn %s",
			   FEW_TABLES, pattern[i]);
		lab_figure(lab,
			   lab_held(lab, "slab_dma32", FEW_TABLES, 4,
				    pattern[i]),
			   "bytes", "slab_dma32, %u tables, 4 CPUs, churn %s",
			   FEW_TABLES, pattern[i]);
	}
	if (more[0])
		snprintf(unreplaced, sizeof(unreplaced), "at %u", more[0]);
	lab_verdict(
		lab, more[0] == points && more[1] == points,
		!more[0] && !more[1],
		"tables are replaced: at %u points of %u if 10 times; %s if none is",
		more[1], points, unreplaced);
}

/* The strategies that the discussion compared. */
static const char *const discussed[] = { "slab_dma32", "genalloc", "page_frag",
					 "page" };

static bool slab_holds_least(struct claim_lab *lab, unsigned tables,
			     unsigned cpus, const char *pattern)
{
	uint64_t slab = lab_held(lab, discussed[0], tables, cpus, pattern);
	unsigned i;

	for (i = 1; i < ARRAY_SIZE(discussed); i++)
		if (lab_held(lab, discussed[i], tables, cpus, pattern) < slab)
			return false;
	return true;
}

/* Most tables at which page or page_frag holds less, as figures. */
static unsigned last_rival(struct claim_lab *lab, const char *slab,
			   unsigned cpus, const char *pattern)
{
	static const char *const rival[] = { "page", "page_frag" };
	unsigned most = 0, r;

	for (r = 0; r < ARRAY_SIZE(rival); r++) {
		unsigned last = last_less(lab, rival[r], slab, cpus, pattern);

		most = last > most ? last : most;
		lab_figure(
			lab, last, "tables",
			"most up to %u at which %s holds less than %s, %u CPUs, churn %s",
			MOST_TABLES, rival[r], slab, cpus, pattern);
	}
	return most;
}

/* Of a recorded trace, at peak: the slab cache holds least. */
static bool recorded_least(struct claim_lab *lab)
{
	uint64_t slab = 0;
	bool least = true;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(discussed); i++) {
		uint64_t peak = lab_replay(lab, "x86-drm", discussed[i])
					->held_bytes_peak;

		lab_figure(lab, peak, "bytes", "%s, x86-drm, at peak",
			   discussed[i]);
		slab = i ? slab : peak;
		least &= slab <= peak;
	}
	return least;
}

void claim_slab_most_efficient(struct claim_lab *lab)
{
	static const char *const pattern[] = { "0", "1", "10" };
	static const unsigned cpus[] = { 4, 8 };
	unsigned nr = 0, least = 0, last[2] = { 0 }, c, n, p;
	bool recorded;

	for (c = 0; c < ARRAY_SIZE(cpus); c++) {
		for (p = 0; p < ARRAY_SIZE(pattern); p++) {
			unsigned most = last_rival(lab, discussed[0], cpus[c],
						   pattern[p]);

			for (n = 1; n <= 4096; n *= 2, nr++)
				least += slab_holds_least(lab, n, cpus[c],
							  pattern[p]);
			if (p && most > last[c])
				last[c] = most;
		}
	}
	for (c = 0; c < ARRAY_SIZE(cpus); c++)
		last_rival(lab, "slab_dma32:kernel=4.20", cpus[c], "1");
	lab_figure(lab, nr, "points",
		   "1, 2, 4 ... 4096 tables, 4 and 8 CPUs, churn 0, 1, 10");
	lab_figure(lab, least, "points",
		   "slab_dma32 holds least of the four, ties included");
	lab_figure(lab, lab_held(lab, "slab_dma32", 4096, 8, "10"), "bytes",
		   "slab_dma32, 4096 tables, 8 CPUs, churn 10");
	lab_figure(lab, lab_held(lab, "genalloc", 4096, 8, "10"), "bytes",
		   "genalloc, 4096 tables, 8 CPUs, churn 10");
	recorded = recorded_least(lab);
	lab_verdict(
		lab, recorded && least == nr, !recorded && !least,
		"tables are replaced, and more than %u are alive with 4 CPUs, %u with 8: %u points of %u",
		last[0], last[1], least, nr);
}

static uint64_t lifetimes(struct claim_lab *lab, const char *strategy,
			  const char *kind, unsigned k)
{
	char pattern[16];
	uint64_t held;

	snprintf(pattern, sizeof(pattern), "%s%u", kind, k);
	held = lab_held(lab, strategy, LASTING_TABLES, 1, pattern);
	lab_figure(lab, held, "bytes", "%s, 1 of %u stays, %s", strategy, k,
		   *kind == 'g' ? "taken in a row" : "scattered");
	return held;
}

void claim_similar_lifetimes(struct claim_lab *lab)
{
	const uint64_t needed = LASTING_TABLES * L2_TABLE_SIZE;
	uint64_t grouped = 0, scattered = 0;
	unsigned k;

	for (k = 2; k <= 32; k *= 4) {
		lifetimes(lab, "slab_dma32", "group", k);
		lifetimes(lab, "slab_dma32", "shrink", k);
		lifetimes(lab, "pte_frag", "group", k);
		lifetimes(lab, "pte_frag", "shrink", k);
		grouped = lifetimes(lab, "page_frag", "group", k);
		scattered = lifetimes(lab, "page_frag", "shrink", k);
	}
	lab_verdict(
		lab, scattered <= 2 * needed, grouped > 2 * needed,
		"tables that stay are taken in a row; scattered, page_frag holds %llu times their size",
		(unsigned long long)(scattered / needed));
}

void claim_genalloc_fixed(struct claim_lab *lab)
{
	static const char *const strategy[] = { "genalloc:tables=4096",
						"genalloc:ondemand=1" };
	bool grows = false, gives_back = false;
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(strategy); i++) {
		bool full = lab_fails(lab, 34, strategy[i], 4096, "0");
		bool next = lab_fails(lab, 34, strategy[i], 4097, "0");
		const struct memory_result *m =
			lab_replay(lab, "adv_one_slot", strategy[i]);

		lab_figure(lab, full, "failures", "%s, 4096 tables",
			   strategy[i]);
		lab_figure(lab, next, "failures", "%s, 4097 tables",
			   strategy[i]);
		lab_figure(lab, m->held_bytes_start, "bytes",
			   "%s, before the first table", strategy[i]);
		lab_figure(lab, m->held_bytes_end, "bytes",
			   "%s, %llu tables freed, %llu alive", strategy[i],
			   (unsigned long long)m->l2_frees,
			   (unsigned long long)m->l2_tables_end);
		if (i)
			continue;
		grows = full || !next;
		gives_back = m->l2_tables_end ||
			     m->held_bytes_end < m->held_bytes_start;
	}
	lab_verdict(lab, !grows && !gives_back, grows && gives_back, "%s",
		    grows ? "memory is to be given back"
			  : "memory is to be taken");
}
