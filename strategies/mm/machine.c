// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machine profiles: which RAM a simulated machine has, and in which zones.
 *
 * mt8173 and mt8183 are the boards the 2018 series was written for, with the
 * zones of arm64 Linux 4.20: DMA32 below 4 GiB, NORMAL above. (6.1 calls the
 * same memory ZONE_DMA unless firmware says otherwise; GFP_DMA32 falls back
 * to it, so nothing above sees a difference.) x86-6g and x86-2g are the guests
 * in which tests/golden was recorded, with transparent huge pages. small is an
 * mt8173 without most of its memory, to try many times how little will do.
 *
 * Left out: memory the kernel itself takes at boot, firmware holes, NUMA.
 */
#include "physmem.h"

#include <string.h>

#define MB (1024ull * 1024)

const struct machine_profile machine_profiles[] = {
	{
		.name = "mt8173",
		.summary = "MediaTek MT8173: 4 CPUs, 4 GiB from 1 GiB",
		.nr_cpus = 4,
		.nr_ranges = 2,
		.range = {
			{ 1024 * MB, SZ_4G, ZONE_DMA32 },
			{ SZ_4G, SZ_4G + 1024 * MB, ZONE_NORMAL },
		},
	},
	{
		.name = "mt8173-4.20",
		.summary = "MediaTek MT8173 with the per-CPU page lists of Linux 4.20",
		.kernel = KERNEL_4_20,
		.nr_cpus = 4,
		.nr_ranges = 2,
		.range = {
			{ 1024 * MB, SZ_4G, ZONE_DMA32 },
			{ SZ_4G, SZ_4G + 1024 * MB, ZONE_NORMAL },
		},
	},
	{
		.name = "mt8183",
		.summary = "MediaTek MT8183: 8 CPUs, 4 GiB from 1 GiB",
		.nr_cpus = 8,
		.nr_ranges = 2,
		.range = {
			{ 1024 * MB, SZ_4G, ZONE_DMA32 },
			{ SZ_4G, SZ_4G + 1024 * MB, ZONE_NORMAL },
		},
	},
	{
		.name = "x86-6g",
		.khugepaged = true,
		.summary = "x86-64 guest: 2 CPUs, 6 GiB, 3 of them below 4 GiB",
		.nr_cpus = 2,
		.nr_ranges = 3,
		.range = {
			{ 1 * MB, 16 * MB, ZONE_DMA },
			{ 16 * MB, 3072 * MB, ZONE_DMA32 },
			{ SZ_4G, SZ_4G + 3072 * MB, ZONE_NORMAL },
		},
	},
	{
		.name = "x86-2g",
		.khugepaged = true,
		.summary = "x86-64 guest: 2 CPUs, 2 GiB, all below 4 GiB",
		.nr_cpus = 2,
		.nr_ranges = 2,
		.range = {
			{ 1 * MB, 16 * MB, ZONE_DMA },
			{ 16 * MB, 2048 * MB, ZONE_DMA32 },
		},
	},
	{
		.name = "small",
		.summary = "MT8173 with 256 MiB below 4 GiB: where a hog would take the rest",
		.nr_cpus = 4,
		.nr_ranges = 2,
		.range = {
			{ 1024 * MB, 1280 * MB, ZONE_DMA32 },
			{ SZ_4G, SZ_4G + 1024 * MB, ZONE_NORMAL },
		},
	},
	{ .name = NULL },
};

const struct machine_profile *machine_profile_find(const char *name)
{
	const struct machine_profile *p;

	for (p = machine_profiles; p->name; p++)
		if (!strcmp(p->name, name))
			return p;
	return NULL;
}
