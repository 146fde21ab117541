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

/* Destroys l2; what it leaks by a declared defect is not missed. */
static inline void fuzz_destroy(struct physmem *pm, struct l2_strategy *l2)
{
	bool defective = l2->defective;

	l2_destroy(l2);
	if (defective)
		physmem_reclaim(pm);
}

static inline uint64_t fuzz_nr_words(const struct l2_option *opt)
{
	uint64_t nr = opt->choices != NULL;

	for (const char *p = opt->choices; p && *p; p++)
		nr += *p == '|';
	return nr;
}

/* Numbers above would ask for a pool that this machine cannot hold. */
#define FUZZ_MAX_NUMBER 4096u

/* The value of an option that a number stands for: words come first. */
static inline uint64_t fuzz_value(const struct l2_option *opt, unsigned number)
{
	uint64_t max = opt->max < FUZZ_MAX_NUMBER ? opt->max : FUZZ_MAX_NUMBER;
	uint64_t nr_words = fuzz_nr_words(opt), nr = nr_words;

	if (!opt->choices || opt->max)
		nr += max - opt->min + 1;
	number = (unsigned)(number % nr);
	return number < nr_words ? number : opt->min + (number - nr_words);
}

static inline void fuzz_set_defaults(struct l2_spec *spec)
{
	const struct l2_option *opt = spec->ops->options;

	for (unsigned row = 0; opt && opt->key; opt++)
		spec->value[row++] = opt->def;
}

/* One byte for the strategy, two for each option; 0 is its default, as are all
 * of them where some exclude each other. */
static inline void fuzz_take_spec(struct bytes *in, struct l2_spec *ret)
{
	const struct l2_option *opt;
	unsigned nr = 0, row = 0;

	*ret = (struct l2_spec){ 0 };
	while (l2_strategies[nr])
		nr++;
	ret->ops = l2_strategies[take_u8(in) % nr];
	strcpy(ret->label, ret->ops->name);
	fuzz_set_defaults(ret);
	for (opt = ret->ops->options; opt && opt->key; opt++, row++) {
		unsigned value = take_u16(in);

		if (value)
			ret->value[row] = fuzz_value(opt, value - 1);
	}
	if (ret->ops->conflict && ret->ops->conflict(ret->value))
		fuzz_set_defaults(ret);
}

#endif /* FUZZ_MACHINE_H */
