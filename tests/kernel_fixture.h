/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of harness/kernel share: traces made by hand, cases, text in
 * memory.
 */
#ifndef KERNEL_FIXTURE_H
#define KERNEL_FIXTURE_H

#include "mm_fixture.h"

#include <stdio.h>

#include "expect.h"
#include "system.h"

#define KERNEL_RW (TRACE_PROT_READ | TRACE_PROT_WRITE)

static inline void add(struct trace *trace, const struct trace_event *ev)
{
	assert_int_equal(trace_append(trace, ev), 0);
}

static inline void add_map(struct trace *trace, unsigned domain, unsigned cpu,
			   uint64_t iova, uint64_t paddr, uint64_t size)
{
	const struct trace_event ev = {
		.iova = iova,
		.paddr = paddr,
		.size = size,
		.domain = (uint16_t)domain,
		.cpu = (uint16_t)cpu,
		.type = TRACE_MAP,
		.prot = KERNEL_RW,
	};

	add(trace, &ev);
}

static inline void add_unmap(struct trace *trace, unsigned domain, unsigned cpu,
			     uint64_t iova, uint64_t size)
{
	const struct trace_event ev = {
		.iova = iova,
		.size = size,
		.domain = (uint16_t)domain,
		.cpu = (uint16_t)cpu,
		.type = TRACE_UNMAP,
	};

	add(trace, &ev);
}

static inline struct trace new_trace(unsigned nr_domains)
{
	struct trace trace = { 0 };
	char name[16];

	for (unsigned i = 0; i < nr_domains; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		assert_int_equal(trace_domain(&trace, name), i);
	}
	return trace;
}

static inline struct l2_spec spec_of(const char *text)
{
	struct l2_spec spec;
	char why[200];

	if (l2_spec_parse(text, &spec, why, sizeof(why)))
		fail_msg("%s", why);
	return spec;
}

/* As the run has it: any trace fits. */
static const struct replay_config replay_mtk = {
	.pgtable = {
		.ias = 34,
		.oas = 35,
		.quirks = V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS,
		.pgsizes = V7S_PGSIZES,
	},
};

static const struct replay_config replay_plain = {
	.nr_cpus = 2,
	.pgtable = {
		.ias = 32,
		.oas = 32,
		.pgsizes = V7S_PGSIZES,
	},
};

/* The script of a case, to be freed. */
static inline void make_script(const struct kernel_case *c, char **ret)
{
	char why[KERNEL_WHY_SIZE] = "";
	size_t size;
	FILE *out = open_memstream(ret, &size);

	assert_non_null(out);
	if (kernel_script_run(c, out, why))
		fail_msg("%s", why);
	assert_int_equal(fclose(out), 0);
}

#endif /* KERNEL_FIXTURE_H */
