/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configurations that random tests of the page table go through: each quirk,
 * odd numbers of bits. page sizes are for the IOMMU core and left out.
 */
#ifndef V7S_CONFIGS_H
#define V7S_CONFIGS_H

#include "v7s_config.h"

#define QUIRKS_MTK (V7S_QUIRK_MTK_EXT | V7S_QUIRK_NO_PERMS)
#define QUIRKS_MTK_4_20 (V7S_QUIRK_MTK_4GB | V7S_QUIRK_NO_PERMS)

static const struct v7s_config configs_6_1[] = {
	{ .ias = 32, .oas = 32 },
	{ .ias = 32, .oas = 32, .quirks = V7S_QUIRK_ARM_NS },
	{ .ias = 26, .oas = 30, .quirks = V7S_QUIRK_NO_PERMS },
	{ .ias = 32, .oas = 35, .quirks = QUIRKS_MTK },
	{ .ias = 34, .oas = 34, .quirks = QUIRKS_MTK | V7S_QUIRK_ARM_NS },
	{ .ias = 34,
	  .oas = 35,
	  .quirks = QUIRKS_MTK | V7S_QUIRK_MTK_TTBR_EXT | V7S_QUIRK_ARM_NS },
	{ .ias = 30, .oas = 32 },
};

#endif /* V7S_CONFIGS_H */
