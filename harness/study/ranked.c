// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asks a strategy whether it is ranked; see ranked.h.
 * Cost: builds a machine and an instance, some ms. Invariant: leaves nothing
 * behind. Concurrency: each call on its own.
 */
#include "ranked.h"

#include "physmem.h"

bool strategy_ranked(const struct l2_spec *spec)
{
	struct l2_env env = {
		.nr_cpus = 1,
		.max_tables = 4096,
		.zone_gfp = GFP_DMA32,
	};
	struct l2_strategy *l2;
	bool defective = false;

	if (spec->ops->baseline)
		return false;
	if (physmem_create(machine_profile_find("small"), &env.pm))
		return true;
	if (!l2_create(spec, &env, &l2)) {
		defective = l2->defective;
		l2_destroy(l2);
	}
	physmem_destroy(env.pm);
	return !defective;
}

bool strategy_any_ranked(const struct l2_spec *spec, unsigned nr)
{
	while (nr)
		if (strategy_ranked(&spec[--nr]))
			return true;
	return false;
}
