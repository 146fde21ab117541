/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine small enough to be made for each input, and strategies chosen by
 * the input.
 */
#ifndef FUZZ_MACHINE_H
#define FUZZ_MACHINE_H

#include <string.h>

#include "fuzz_bytes.h"
#include "fuzz_target.h"
#include "l2_strategy.h"
#include "physmem.h"

#define FUZZ_NR_CPUS 4

/* A few blocks of MAX_ORDER in each zone, on both sides of 4 GiB. */
static const struct machine_profile fuzz_machine = {
	.name = "fuzz",
	.plain = true,
	.summary = "16 MiB around 4 GiB",
	.nr_cpus = FUZZ_NR_CPUS,
	.nr_ranges = 3,
	.range = {
		{ SZ_4G - 3 * SZ_4M, SZ_4G - 2 * SZ_4M, ZONE_DMA },
		{ SZ_4G - 2 * SZ_4M, SZ_4G, ZONE_DMA32 },
		{ SZ_4G, SZ_4G + SZ_4M, ZONE_NORMAL },
	},
};

static inline uint64_t fuzz_pages_free(const struct physmem *pm)
{
	struct physmem_usage usage;

	physmem_usage(pm, &usage);
	return usage.pages_free;
}

/* Every page is back, and the zones are as they were at the start. */
static inline void fuzz_machine_close(struct physmem *pm)
{
	struct physmem_usage usage;
	const char *why;

	physmem_set_fault(pm, NULL);
	physmem_usage(pm, &usage);
	CHECK(usage.pages_free == usage.pages_total);
	CHECK(!physmem_check(pm, &why));
	for (unsigned zone = 0; zone < NR_ZONES; zone++) {
		uint64_t area[MAX_ORDER + 1];

		physmem_free_area(pm, zone, area);
		CHECK(area[MAX_ORDER] == (zone == ZONE_DMA32 ? 2 : 1));
	}
	physmem_destroy(pm);
}

/* How many values an option has. */
static inline uint64_t fuzz_nr_values(const struct l2_option *opt)
{
	uint64_t nr = 1;

	if (!opt->choices)
		return opt->max - opt->min + 1;
	for (const char *p = opt->choices; *p; p++)
		nr += *p == '|';
	return nr;
}

/* One byte for the strategy, two for each option; 0 is its default. */
static inline void fuzz_take_spec(struct bytes *in, struct l2_spec *ret)
{
	const struct l2_option *opt;
	unsigned nr = 0, row = 0;

	*ret = (struct l2_spec){ 0 };
	while (l2_strategies[nr])
		nr++;
	ret->ops = l2_strategies[take_u8(in) % nr];
	strcpy(ret->label, ret->ops->name);
	for (opt = ret->ops->options; opt && opt->key; opt++, row++) {
		unsigned value = take_u16(in);

		ret->value[row] = opt->def;
		if (value)
			ret->value[row] = (opt->choices ? 0 : opt->min) +
					  (value - 1) % fuzz_nr_values(opt);
	}
}

#endif /* FUZZ_MACHINE_H */
