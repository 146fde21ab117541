/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Machine profiles: which RAM a simulated machine has, and in which zones.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include "mm_types.h"

enum zone_type { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, NR_ZONES };

/* [start, end), page aligned, inside one zone. */
struct machine_range {
	phys_addr_t start;
	phys_addr_t end;
	enum zone_type zone;
};

#define MACHINE_MAX_RANGES 4

enum kernel_release { KERNEL_6_1, KERNEL_4_20 };

/*
 * plain: a buddy allocator and nothing else; no per-CPU lists, no grouping by
 * mobility, no marks or reserves. For tests that count every page.
 *
 * khugepaged: transparent huge pages are on, so that the kernel keeps room for
 * every type of pageblock free: min_free_kbytes is several times larger.
 */
struct machine_profile {
	const char *name;
	const char *summary;
	bool plain;
	bool khugepaged;
	unsigned nr_cpus;
	enum kernel_release kernel; /* whose per-CPU page lists */
	unsigned nr_ranges;
	struct machine_range range[MACHINE_MAX_RANGES]; /* ascending */
};

/* All profiles, ended by a NULL name. */
extern const struct machine_profile machine_profiles[];

/* NULL when there is no profile of that name. */
const struct machine_profile *machine_profile_find(const char *name);

#endif /* MACHINE_H */
