// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints joined with kprobes, by a source of our own: on one CPU and on
 * several, with calls that failed, with events lost on either side, with more
 * kprobes than wait; and against a plain model, on calls drawn at random.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define WINDOW 1024 /* of trace_take.c */

enum { POINT, PROBE };

struct made {
	int probe;
	enum trace_type type;
	uint64_t iova, size, paddr;
	uint16_t cpu;
	const char *domain;
};

struct made_source {
	struct trace_source base;
	const struct made *made;
	size_t nr;
	int error; /* after the last event */
};

static int made_read(struct trace_source *base, struct trace *info,
		     struct trace_sink *sink, char *why)
{
	struct made_source *src = (struct made_source *)base;
	int err = 0;

	for (size_t i = 0; !err && i < src->nr; i++) {
		const struct made *m = &src->made[i];
		int domain = trace_domain(info, m->domain);

		assert_true(domain >= 0);
		info->nr_probes += m->probe;
		info->nr_points += !m->probe;
		*sink->at++ = (struct trace_event){
			.iova = m->iova,
			.paddr = m->paddr,
			.size = m->size,
			.line = (uint32_t)i + 1,
			.domain = (uint16_t)domain,
			.cpu = m->cpu,
			.type = (uint8_t)m->type,
			.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
			.flags = m->probe ? TRACE_PROBE : 0,
		};
		if (sink->at == sink->end)
			err = sink->take(sink);
	}
	info->nr_lost = 5;
	info->nr_other = 6;
	if (!err)
		err = sink->take(sink);
	if (!err && src->error) {
		snprintf(why, TRACE_WHY_SIZE, "made:7: bad");
		err = src->error;
	}
	return err;
}

static void made_close(struct trace_source *src)
{
	free(src);
}

static const struct trace_source_ops made_ops = { made_read, made_close };

static int open_take(enum trace_take take, const struct made *made, size_t nr,
		     size_t keep, int error, struct trace *ret, char *why)
{
	struct made_source *src = calloc(1, sizeof(*src));

	assert_non_null(src);
	*src = (struct made_source){
		{ &made_ops, "made", take }, made, nr, error
	};
	return trace_open(&src->base, keep, ret, why);
}

static int open_made(const struct made *made, size_t nr, size_t keep, int error,
		     struct trace *ret, char *why)
{
	return open_take(TRACE_JOIN, made, nr, keep, error, ret, why);
}

/* The domains of the tracepoints, in their order. */
static void expect(const struct made *made, size_t nr,
		   const char *const *domains, uint64_t unjoined_points,
		   uint64_t unjoined_probes)
{
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE] = "";
	size_t at = 0, nr_points = 0;

	if (open_made(made, nr, SIZE_MAX, 0, &trace, why))
		fail_msg("%s", why);
	for (size_t i = 0; i < nr; i++) {
		const struct trace_event *ev = &trace.event[at];

		if (made[i].probe)
			continue;
		nr_points++;
		assert_int_equal(ev->line, i + 1);
		assert_int_equal(ev->cpu, made[i].cpu);
		assert_int_equal(ev->flags, 0);
		assert_string_equal(trace.domain[ev->domain], domains[at]);
		at++;
	}
	assert_int_equal(trace.nr_events, nr_points);
	assert_int_equal(trace.unjoined_points, unjoined_points);
	assert_int_equal(trace.unjoined_probes, unjoined_probes);
	assert_int_equal(trace.nr_points, nr_points);
	assert_int_equal(trace.nr_probes, nr - nr_points);
	assert_int_equal(trace.nr_lost, 5);
	assert_int_equal(trace.nr_other, 6);
	trace_free(&trace);
}

#define MAP(kind, iova, paddr, cpu, domain)                     \
	{                                                       \
		kind, TRACE_MAP, iova, 4096, paddr, cpu, domain \
	}
#define UNMAP(kind, iova, cpu, domain)                        \
	{                                                     \
		kind, TRACE_UNMAP, iova, 4096, 0, cpu, domain \
	}

static void test_take__one_cpu(void **state)
{
	static const struct made made[] = {
		MAP(PROBE, 0x1000, 0x5000, 0, "a"),
		MAP(POINT, 0x1000, 0x5000, 0, ""),
		UNMAP(PROBE, 0x1000, 0, "b"),
		UNMAP(POINT, 0x1000, 0, ""),
		MAP(PROBE, 0x1000, 0x5000, 0, "b"),
		MAP(POINT, 0x1000, 0x5000, 0, ""),
	};
	static const char *const domains[] = { "a", "b", "b" };

	(void)state;
	expect(made, ARRAY_SIZE(made), domains, 0, 0);
}

/* Each key must be equal. */
static void test_take__not_the_same_call(void **state)
{
	static const struct made made[] = {
		MAP(PROBE, 0x1000, 0x5000, 0, "a"),
		MAP(POINT, 0x2000, 0x5000, 0, ""),
		MAP(POINT, 0x1000, 0x6000, 0, ""),
		{ POINT, TRACE_MAP, 0x1000, 8192, 0x5000, 0, "" },
		MAP(PROBE, 0x3000, 0, 0, "a"),
		UNMAP(POINT, 0x3000, 0, ""),
	};
	static const char *const domains[] = { "", "", "", "" };

	(void)state;
	expect(made, ARRAY_SIZE(made), domains, 4, 2);
}

/* Of thousands some share a bucket with the kprobe. */
static void test_take__other_memory(void **state)
{
	enum { NR = 8192 };
	struct made *made = calloc(1 + NR, sizeof(*made));
	const char **domains = calloc(NR, sizeof(*domains));

	(void)state;
	assert_non_null(made);
	assert_non_null(domains);
	made[0] = (struct made)MAP(PROBE, 0x1000, 0, 0, "a");
	for (unsigned i = 0; i < NR; i++) {
		uint64_t paddr = (i + 1ull) << 12;

		made[1 + i] = (struct made)MAP(POINT, 0x1000, paddr, 0, "");
		domains[i] = "";
	}
	expect(made, 1 + NR, domains, NR, 1);
	free(domains);
	free(made);
}

static void test_take__interleaved_cpus(void **state)
{
	static const struct made made[] = {
		MAP(PROBE, 0x1000, 0x5000, 0, "a"),
		MAP(PROBE, 0x1000, 0x5000, 1, "b"),
		MAP(PROBE, 0x1000, 0x5000, 2, "c"),
		MAP(POINT, 0x1000, 0x5000, 2, ""),
		MAP(POINT, 0x1000, 0x5000, 0, ""),
		MAP(POINT, 0x1000, 0x5000, 1, ""),
		/* The task has moved to CPU 9: the oldest is taken. */
		UNMAP(PROBE, 0x1000, 3, "d"),
		UNMAP(PROBE, 0x1000, 4, "e"),
		UNMAP(POINT, 0x1000, 9, ""),
		UNMAP(POINT, 0x1000, 4, ""),
		/* The oldest of the same CPU. */
		UNMAP(PROBE, 0x1000, 0, "f"),
		UNMAP(PROBE, 0x1000, 1, "g"),
		UNMAP(PROBE, 0x1000, 1, "h"),
		UNMAP(POINT, 0x1000, 1, ""),
		UNMAP(POINT, 0x1000, 1, ""),
		UNMAP(POINT, 0x1000, 1, ""),
	};
	static const char *const domains[] = { "c", "a", "b", "d",
					       "e", "g", "h", "f" };

	(void)state;
	expect(made, ARRAY_SIZE(made), domains, 0, 0);
}

/* Names that no event uses do not appear, and keep no number. */
static void test_take__failed_and_lost(void **state)
{
	static const struct made made[] = {
		MAP(PROBE, 0x1000, 0x5000, 0, "failed"),
		MAP(POINT, 0x9000, 0x5000, 0, ""),
		MAP(PROBE, 0x2000, 0x5000, 0, "a"),
		MAP(POINT, 0x2000, 0x5000, 0, ""),
		MAP(POINT, 0x3000, 0x5000, 0, "own"),
	};
	static const char *const domains[] = { "", "a", "own" };
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE] = "";

	(void)state;
	expect(made, ARRAY_SIZE(made), domains, 2, 1);
	assert_int_equal(
		open_made(made, ARRAY_SIZE(made), SIZE_MAX, 0, &trace, why), 0);
	assert_int_equal(trace.nr_domains, 3);
	assert_string_equal(trace.domain[1], "a");
	trace_free(&trace);
}

/* The last WINDOW kprobes wait, no others. */
static void test_take__window(void **state)
{
	enum { NR = 2 * WINDOW };
	struct made *made = calloc(2 * NR, sizeof(*made));
	const char **domains = calloc(NR, sizeof(*domains));

	(void)state;
	assert_non_null(made);
	assert_non_null(domains);
	for (unsigned i = 0; i < NR; i++) {
		made[i] = (struct made)UNMAP(PROBE, (uint64_t)i << 12, 0, "a");
		made[NR + i] =
			(struct made)UNMAP(POINT, (uint64_t)i << 12, 0, "");
		domains[i] = i < NR - WINDOW ? "" : "a";
	}
	expect(made, 2 * NR, domains, NR - WINDOW, NR - WINDOW);
	free(domains);
	free(made);
}

/* Kprobes alone are the events, and nothing tells them from others. */
static void test_take__only_kprobes(void **state)
{
	static const struct made made[] = {
		MAP(PROBE, 0x1000, 0x5000, 0, "a"),
		UNMAP(PROBE, 0x1000, 0, "b"),
	};
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE] = "";

	(void)state;
	assert_int_equal(
		open_take(TRACE_AUTO, made, 2, SIZE_MAX, 0, &trace, why), 0);
	assert_int_equal(trace.nr_events, 2);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(trace.event[i].flags, 0);
	assert_string_equal(trace.domain[trace.event[1].domain], "b");
	trace_free(&trace);
}

/* What trace_take.c does, by looking at all kprobes from the oldest on. */
static int model_find(const struct made *made, const bool *used, int at)
{
	int found = -1, seen = 0, first = 0;

	for (first = at; first > 0 && seen < WINDOW; first--)
		seen += made[first - 1].probe;
	for (int i = first; i < at; i++) {
		if (!made[i].probe || used[i] ||
		    made[i].type != made[at].type ||
		    made[i].iova != made[at].iova ||
		    made[i].paddr != made[at].paddr)
			continue;
		if (made[i].cpu == made[at].cpu)
			return i;
		if (found < 0)
			found = i;
	}
	return found;
}

static void test_take__model(void **state)
{
	enum { NR = 20000 };
	static const char *const names[] = { "a", "b", "c", "d", "e" };
	struct made *made = calloc(NR, sizeof(*made));
	const char **domains = calloc(NR, sizeof(*domains));
	bool *used = calloc(NR, sizeof(*used));
	unsigned nr_points = 0, nr_joined = 0, nr_probes = 0, drawn = 1;

	(void)state;
	assert_non_null(made);
	assert_non_null(domains);
	assert_non_null(used);
	for (int i = 0; i < NR; i++) {
		struct made *m = &made[i];
		int probe;

		drawn = drawn * 1664525 + 1013904223;
		m->probe = drawn >> 31;
		m->type = drawn >> 30 & 1 ? TRACE_MAP : TRACE_UNMAP;
		m->iova = (uint64_t)(drawn >> 20 & 1023) << 12;
		m->paddr = m->type == TRACE_MAP ? (drawn >> 19 & 1) << 12 : 0;
		m->size = 4096;
		m->cpu = drawn >> 16 & 3;
		m->domain = m->probe ? names[(drawn >> 8) % 5] : "";
		if (m->probe) {
			nr_probes++;
			continue;
		}
		probe = model_find(made, used, i);
		domains[nr_points++] = probe < 0 ? "" : made[probe].domain;
		if (probe >= 0) {
			used[probe] = true;
			nr_joined++;
		}
	}
	assert_true(nr_joined > 1000 && nr_joined < nr_points);
	expect(made, NR, domains, nr_points - nr_joined, nr_probes - nr_joined);
	free(used);
	free(domains);
	free(made);
}

static void test_take__errors(void **state)
{
	static const struct made made[] = { MAP(PROBE, 0, 0, 0, "a") };
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE] = "";

	(void)state;
	assert_int_equal(open_made(made, 1, SIZE_MAX, -EINVAL, &trace, why),
			 -EINVAL);
	assert_string_equal(why, "made:7: bad");
	assert_int_equal(open_made(made, 1, SIZE_MAX, 0, &trace, why), -EINVAL);
	assert_string_equal(why, "made: no map or unmap event");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_take__one_cpu),
		cmocka_unit_test(test_take__not_the_same_call),
		cmocka_unit_test(test_take__other_memory),
		cmocka_unit_test(test_take__interleaved_cpus),
		cmocka_unit_test(test_take__failed_and_lost),
		cmocka_unit_test(test_take__window),
		cmocka_unit_test(test_take__only_kprobes),
		cmocka_unit_test(test_take__model),
		cmocka_unit_test(test_take__errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
